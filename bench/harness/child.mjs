import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));

/** Runs a module of the benchmark in a process of its own; answers with the JSON that it prints. */
export function inChild(module, args = [], { expose = true } = {}) {
  return new Promise((resolve, reject) => {
    const flags = expose ? ['--expose-gc'] : [];
    const child = spawn(process.execPath, [...flags, module, ...args], {
      cwd: BENCH,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${module} ${args.join(' ')} ended with ${code}: ${text}`));
    });
  });
}
