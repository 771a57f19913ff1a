import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './worker.js';

const PROCESSES = 4;
const CALLERS = 1_000;

const folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
try {
  const args = [join(folder, 'states.db'), `${CALLERS}`];
  const workers = Array.from({ length: PROCESSES }, () => fork(new URL('worker.ts', import.meta.url), args));
  const ends = workers.map((worker) => once(worker, 'exit'));
  await Promise.all(workers.map((worker) => once(worker, 'message'))); // each says that it is ready

  for (const worker of workers) worker.send('go');
  await Promise.all(workers.map((worker) => once(worker, 'message'))); // each says that all its callers wait
  for (const worker of workers) worker.send('all wait');
  const reports = await Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(ends);
  show(reports.map(([report]) => report as Report));
} finally {
  await rm(folder, { recursive: true });
}

function show(reports: readonly Report[]): void {
  console.log(`${PROCESSES} processes, ${CALLERS} callers in each, one key that is missing\n`);
  console.log('process      ran   joined      hit   longest wait');
  const sorted = [...reports].sort((a, b) => b.ran - a.ran); // any of them may have come first
  for (const [index, { ran, joined, hit, longestWaitMs }] of sorted.entries()) {
    const cells = [ran, joined, hit].map((cell) => `${cell}`.padStart(9)).join('');
    console.log(`${index + 1}      ${cells}   ${Math.round(longestWaitMs)}ms`);
  }
  const runs = reports.reduce((sum, { ran }) => sum + ran, 0);
  const answers = new Set(reports.flatMap((report) => report.answers));
  console.log(`\n${PROCESSES * CALLERS} callers, ${runs} run, ${answers.size} answer`);
}
