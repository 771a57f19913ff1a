// Packs the package and runs the applications of fixtures/ with it, as users install it: `npm ci` of what their lock files say, then the
// tarball. Names as arguments choose those that begin so.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Installing and compiling fill a core each. */
const AT_ONCE = 2;
/** What the first three share. */
const NEST_APP = 'nest-app';

const root = resolve('fixtures');
const work = join(root, '.work');
const run = promisify(execFile);
const npm = (cwd, ...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env, maxBuffer: 1e8 });
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
  const installed =
    existsSync(join(to, 'node_modules')) && existsSync(join(to, lock)) && read(to, lock) === read(from, lock);
  if (!installed) rmSync(to, { recursive: true, force: true });
  for (const old of existsSync(to) ? readdirSync(to) : []) {
    if (old !== 'node_modules') rmSync(join(to, old), { recursive: true });
  }
  if (name.startsWith('nest')) cpSync(join(root, NEST_APP), to, { recursive: true });
  cpSync(from, to, { recursive: true });
  if (!installed) await npm(to, 'ci', '--prefer-offline', '--ignore-scripts');
  // As a file, so that its dependencies are installed with it; what the lock file says stays.
  rmSync(join(to, 'node_modules', 'flowpond'), { recursive: true, force: true });
  await npm(to, 'install', tarball, '--no-save', '--no-package-lock', '--prefer-offline', '--ignore-scripts');
  const { stdout, stderr } = await npm(to, 'test');
  return counts(`${stdout}\n${stderr}`);
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
