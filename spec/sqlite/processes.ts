import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A program over a store, in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that begins so. */
  line(start: string): Promise<string>;
  /** Resolves when it has ended, with its exit code; null where it was killed. */
  readonly ended: Promise<number | null>;
  say(text: string): void;
}

/** Bundles `child.ts` once, so that processes start fast; `remove` deletes the bundle. */
export function bundle(): { readonly file: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'flowpond-child-'));
  const file = join(directory, 'child.mjs');
  const options = ['--bundle', '--platform=node', '--format=esm', '--log-level=error', `--outfile=${file}`];
  execFileSync(join('node_modules', '.bin', 'esbuild'), [join('spec', 'sqlite', 'child.ts'), ...options]);
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const running = new Set<ChildProcess>();

/** Ends what a failed test has left running. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export function start(file: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  child.stdin.on('error', () => {}); // it was killed
  const lines: string[] = [];
  const waiting = new Set<{ readonly start: string; readonly resolve: (line: string) => void }>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const one of waiting) {
      if (!line.startsWith(one.start)) continue;
      waiting.delete(one);
      one.resolve(line);
    }
  });
  return {
    process: child,
    lines,
    line: (begin) =>
      new Promise((resolve) => {
        const found = lines.find((line) => line.startsWith(begin));
        if (found === undefined) waiting.add({ start: begin, resolve });
        else resolve(found);
      }),
    ended: new Promise((resolve) => {
      reader.on('close', () =>
        child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(child.exitCode),
      );
    }),
    say: (text) => {
      child.stdin.write(`${text}\n`);
    },
  };
}
