// Packs the package and runs the applications of fixtures/ with it, as users install it: `npm ci` of what their lock files say, then the
// tarball. Names as arguments choose those that begin so.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Installing and compiling fill a core each. */
const AT_ONCE = 2;
/** What the first three share. */
const NEST_APP = 'nest-app';
/** Against hanging: a registry that is slow, a machine that is busy. */
const LONGEST_MS = 600_000;
const TRIES = 3;
/** In a `node_modules`, once it is whole: the lock file that it was installed by. One whose installation was cut off has none. */
const STAMP = '.fixture-lock.json';

const root = resolve('fixtures');
const work = join(root, '.work');
const run = promisify(execFile);
const npm = (cwd, ...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env,
    maxBuffer: 1e8,
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
/** Without what npm tells a script it runs, and without colours. */
const env = Object.fromEntries(
  Object.entries({ ...process.env, NO_COLOR: '1', CI: '1' }).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local)/.test(name),
  ),
);
const seconds = (since) => `${((performance.now() - since) / 1_000).toFixed(1)} s`;

const began = performance.now();
mkdirSync(work, { recursive: true });
for (const name of readdirSync(work)) if (name.endsWith('.tgz')) rmSync(join(work, name));
const packed = await npm('.', 'pack', '--pack-destination', work);
const tarball = join(work, packed.stdout.trim().split('\n').at(-1));
console.log(`packed in ${seconds(began)}`);

const wanted = process.argv.slice(2);
const names = readdirSync(root).filter(
  (name) =>
    existsSync(join(root, name, 'package.json')) &&
    (wanted.length === 0 || wanted.some((begin) => name.startsWith(begin))),
);
const left = [...names];
let failed = names.length === 0 ? 1 : 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const since = performance.now();
      try {
        const told = await test(name);
        console.log(`✓ ${name.padEnd(20)} ${seconds(since).padStart(7)}  ${told}`);
      } catch (error) {
        failed++;
        console.error(`✗ ${name}\n${error.stdout ?? ''}${error.stderr ?? error.stack}`);
      }
    }
  }),
);
console.log(`fixtures: ${names.length - failed} passed, ${failed} failed, ${seconds(began)}`);
process.exitCode = failed === 0 ? 0 : 1;

async function test(name) {
  const from = join(root, name);
  const to = join(work, name);
  const lock = 'package-lock.json';
  const stamp = join(to, 'node_modules', STAMP);
  const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === read(from, lock);
  if (!installed) rmSync(to, { recursive: true, force: true });
  for (const old of existsSync(to) ? readdirSync(to) : []) {
    if (old !== 'node_modules') rmSync(join(to, old), { recursive: true });
  }
  if (name.startsWith('nest')) cpSync(join(root, NEST_APP), to, { recursive: true });
  cpSync(from, to, { recursive: true });
  if (!installed) {
    await fetched(to, 'ci');
    mkdirSync(join(to, 'node_modules'), { recursive: true }); // plain-js has nothing to install
    writeFileSync(stamp, read(from, lock));
  }
  // As a file, so that its dependencies are installed with it; what the lock file says stays.
  rmSync(join(to, 'node_modules', 'flowpond'), { recursive: true, force: true });
  await fetched(to, 'install', tarball, '--no-save', '--no-package-lock');
  const { stdout, stderr } = await npm(to, 'test');
  return counts(`${stdout}\n${stderr}`);
}

/** From npm's cache where it has it; a network that fails is asked again, by npm for each package and here for the whole. */
async function fetched(to, ...args) {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await npm(
        to,
        ...args,
        '--prefer-offline',
        '--ignore-scripts',
        '--fetch-retries=4',
        '--fetch-timeout=60000',
      );
    } catch (error) {
      if (left === 0 || !isOfTheNetwork(error)) throw error;
      console.error(`npm ${args[0]} in ${to} is tried again:\n${error.stderr}`);
    }
  }
}

/** Not what npm has found wrong: a lock file that does not fit, a digest, a peer. */
function isOfTheNetwork({ stderr, killed }) {
  return (
    killed || /\b(?:E(?:CONN\w+|TIMEDOUT|AI_AGAIN|NOTFOUND|PIPE|NETUNREACH|429|5\d\d)|network|socket)\b/i.test(stderr)
  );
}

function read(folder, name) {
  return readFileSync(join(folder, name), 'utf8');
}

/** What the runner said of its tests: Vitest, Jest or node. */
function counts(output) {
  const found = /Tests[:\s]+.*?(\d+) passed/.exec(output) ?? /^(?:#|ℹ) pass (\d+)/m.exec(output);
  if (found === null || Number(found[1]) === 0) throw new Error(`no test has run:\n${output}`);
  return `${found[1]} tests`;
}
