import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BENCH = join(ROOT, 'bench');

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The folder of a package as another folder's code would find it. */
function find(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) throw new Error(`${name} is not installed (from ${from})`);
  }
}

/** Bytes of a folder's files, packages inside it left out: they are counted by name. */
function bytesOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : bytesOf(path);
    else if (entry.isFile()) bytes += statSync(path).size;
  }
  return bytes;
}

function closure(names, from, seen = new Map()) {
  for (const name of names) {
    const folder = find(name, from);
    if (seen.has(folder)) continue;
    seen.set(folder, bytesOf(folder));
    closure(Object.keys(manifest(folder).dependencies ?? {}), folder, seen);
  }
  return seen;
}

const total = (seen) => [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);

/** Bytes and packages that installing a peer brings. */
export function peerSize(names) {
  const seen = closure(names, BENCH);
  return { bytes: total(seen), packages: seen.size };
}

/** The same of Flowpond, from what `npm pack` would publish of the build that is there. */
export function ownSize() {
  const options = { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options));
  const dependencies = closure(Object.keys(manifest(ROOT).dependencies), ROOT);
  return {
    tarball: packed.size,
    own: packed.unpackedSize,
    bytes: packed.unpackedSize + total(dependencies),
    packages: dependencies.size + 1,
  };
}

export function versionOf(name) {
  return manifest(find(name, BENCH)).version;
}
