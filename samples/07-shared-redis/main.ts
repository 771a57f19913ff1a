import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { clear, isThere } from './server.js';
import type { Message, Outcome } from './worker.js';

if (await isThere()) {
  const prefix = `flowpond-sample-${randomUUID()}`;
  try {
    await killTheFirst(prefix);
  } finally {
    await clear(prefix);
  }
}

/** Worker 1 computes, 2 and 3 wait for it, and it is killed. */
async function killTheFirst(prefix: string): Promise<void> {
  const takesMs = [60_000, 1_000, 1_000]; // the first is not to be done before it is killed
  const workers = takesMs.map((ms) => fork(new URL('worker.ts', import.meta.url), [prefix, `${ms}`]));
  const [first, ...others] = workers as [ChildProcess, ...ChildProcess[]];
  const ends = workers.map((worker) => once(worker, 'exit'));
  await Promise.all(workers.map(next)); // ready

  first.send('go');
  await next(first); // computing
  for (const worker of others) worker.send('go');
  console.log('Worker 1 computes, workers 2 and 3 ask for the same and wait.');

  const takenOver = Promise.race(others.map(next)).then(() => performance.now()); // computing
  await sleep(1_200);
  first.kill('SIGKILL');
  const killedAt = performance.now();
  console.log('Worker 1 is killed after 1.2 s: it has held on to its lease of 1 s by renewing it.');

  console.log(`Another one takes over ${Math.round((await takenOver) - killedAt)}ms later.`);

  const outcomes = (await Promise.all(others.map(next))) as Outcome[];
  await Promise.all(ends);
  const [ran, waited] = outcomes.sort((a, b) => b.state.localeCompare(a.state));
  console.log(`\nThe one that took over: ${ran?.state} ${ran?.status}, ${ran?.value}`);
  console.log(`The other:              ${waited?.state} ${waited?.status}, ${waited?.value}`);
}

async function next(worker: ChildProcess): Promise<Message> {
  const [message] = await once(worker, 'message');
  return message as Message;
}
