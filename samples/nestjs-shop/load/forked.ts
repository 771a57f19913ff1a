import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Counts } from './process.js';

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url));

/** A supplier or a shop in a process of its own. */
export class Forked {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(role: string, ...args: readonly string[]): Promise<Forked> {
    const child = fork(PROCESS, [role, ...args]);
    const { url } = await answerOf<{ readonly url: string }>(child, role);
    return new Forked(url, child);
  }

  /** Ends it, and gives what it counted. */
  stop(): Promise<Counts> {
    this.#child.send('stop');
    return answerOf<Counts>(this.#child, this.url);
  }
}

async function answerOf<T>(child: ChildProcess, role: string): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The process of ${role} ended with ${code}.`);
  });
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [T];
  ended.catch(() => {}); // it may end now
  return answer;
}
