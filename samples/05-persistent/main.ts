import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
try {
  console.log('First process');
  await runProgram(join(folder, 'states.db'));

  console.log('\nSecond process, the same program');
  await runProgram(join(folder, 'states.db'));
} finally {
  await rm(folder, { recursive: true });
}

/** Starts program.ts as a process of its own, and waits for its end. */
async function runProgram(database: string): Promise<void> {
  const child = fork(new URL('program.ts', import.meta.url), [database]);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('program.ts failed');
}
