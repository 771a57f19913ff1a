import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, isUp } from './redis.js';

/** A sentinel that watches one master by itself. */
export interface Sentinel {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a sentinel for the master at a port, under this name; it takes a master for dead after half a second. */
export async function startSentinel(name: string, masterPort: number): Promise<Sentinel> {
  const program = await findProgram();
  if (program === undefined) throw new Error('no redis-server to run as a sentinel');
  const folder = await mkdtemp(join(tmpdir(), 'flowpond-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf'); // it writes there what it learns
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  await writeFile(file, lines.join('\n'));
  const child: ChildProcess = spawn(program.path, [file, '--sentinel'], { stdio: 'ignore', env: program.env });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  if (!(await isUp(child, port))) throw new Error(`${program.path} --sentinel did not start on port ${port}`);
  return {
    port,
    async stop() {
      process.off('exit', kill);
      const gone = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      if (kill()) await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
