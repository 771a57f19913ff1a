// Installs the benchmark's own dependencies, and nothing where they are as the lock file says.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (name) => new URL(name, import.meta.url);
const MARK = 'node_modules/.package-lock.json';

/** The installed versions, by folder, as one of npm's two lock files has them. */
function versions(name) {
  if (!existsSync(file(name))) return undefined;
  const { packages } = JSON.parse(readFileSync(file(name), 'utf8'));
  const folders = Object.keys(packages).filter(
    (folder) => folder.startsWith('node_modules/') && !packages[folder].link,
  );
  return JSON.stringify(folders.sort().map((folder) => [folder, packages[folder].version]));
}

if (versions(MARK) !== versions('package-lock.json')) {
  const cwd = fileURLToPath(file('.'));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd, stdio: 'inherit' });
}
