import { spawn } from 'node:child_process';
import { startRedis } from '../servers/redis.js';

// npm run test:faults: the long rounds, one after the other, each in a process of its own. Ends with 1 where one of them does, or where
// all together take longer than their limit.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const LIMIT_MS = 25 * 60_000; // against hanging: they take 5 min on a machine of their own
const LOADER = ['--disable-warning=DEP0205', '--import', '@swc-node/register/esm-register'];
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

interface Part {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const program = (name: string, ...args: string[]): Part => ({ args: [...LOADER, `spec/faults/${name}.ts`, ...args] });
const specs = (path: string, env: NodeJS.ProcessEnv): Part => ({
  args: [...JEST, path, '--maxWorkers=1', '--testTimeout=300000'],
  env,
});

const PARTS: readonly Part[] = [
  program('sqlite-kill'),
  program('sqlite-flight'),
  program('redis-flight'),
  program('redis-restarts'),
  program('redis-weather'),
  specs('spec/sqlite/faults', { FAULTS: '10' }),
  specs('spec/keys/encode-properties', { FLOWPOND_LONG: '1' }), // 100,000 values
  specs('spec/redis/redis-store', { FAULT_ROUNDS: '1' }), // 10,000 changed records
];

const redis = await startRedis();
await redis?.stop();
if (redis === undefined) {
  process.stdout.write('########## WITHOUT REDIS: its rounds are skipped. ##########\n');
}
const began = performance.now();
const failed: string[] = [];
for (const { args, env } of PARTS) {
  const name = args.find((arg) => arg.startsWith('spec/')) as string;
  const partBegan = performance.now();
  const ending = await ended(args, env, LIMIT_MS - (partBegan - began));
  process.stdout.write(`-- ${name}: ${ending ?? 'ok'}, ${seconds(partBegan)} s\n`);
  if (ending !== undefined) failed.push(name);
}
const held = redis === undefined ? 'all held that could be tried, WITHOUT REDIS' : 'all held';
const verdict = failed.length === 0 ? held : `FAILED: ${failed.join(', ')}`;
process.stdout.write(`faults: ${verdict}, ${seconds(began)} s of ${LIMIT_MS / 1_000} s\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs a part; undefined where it ended well, else how it ended. */
function ended(
  args: readonly string[],
  env: NodeJS.ProcessEnv | undefined,
  leftMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env }, detached: true });
    const kill = (): void => {
      process.kill(-(child.pid as number), 'SIGKILL'); // its servers and workers too
    };
    let outlasted = false;
    const timer = setTimeout(
      () => {
        outlasted = true;
        kill();
      },
      Math.max(0, leftMs),
    );
    const interrupted = (): void => {
      kill();
      process.exit(1);
    };
    for (const name of SIGNALS) process.once(name, interrupted);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      for (const name of SIGNALS) process.off(name, interrupted);
      if (outlasted) resolve(`stopped: all together take longer than ${LIMIT_MS / 1_000} s`);
      else resolve(code === 0 ? undefined : `ended with ${code ?? signal}`);
    });
  });
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}
