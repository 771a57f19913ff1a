import { setImmediate } from 'node:timers'; // not the global one, which specs of users replace
import type { Clock } from '../base/clock.js';
import { isBusy } from './faults.js';
import type { Statements } from './statements.js';

/** What is done in a transaction. */
export type Work<T> = (statements: Statements, now: number) => T;

/** Does it in a transaction of its own. Throws what SQLite throws. */
export type Transact = <T>(work: Work<T>) => T;

/** Most writes in one transaction: other processes wait meanwhile, and so does this one's event loop. */
const MOST = 200;
/** How long a write tries again while others have the file; less than a store is given to answer. */
const PATIENCE_MS = 800;
/** The pause between tries doubles up to this. */
const MAX_PAUSE_MS = 25;

interface Job {
  readonly work: Work<unknown>;
  readonly since: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes that can wait: those of one turn of the event loop go into one transaction, and their callers are answered when it is
 * committed. While another process has the file they are tried again by timer.
 */
export class WriteQueue {
  readonly #transact: Transact;
  readonly #explained: (error: unknown) => unknown;
  readonly #clock: () => Clock;
  #jobs: Job[] = [];
  #stop: (() => void) | undefined;
  #tries = 0;

  constructor(transact: Transact, explained: (error: unknown) => unknown, clock: () => Clock) {
    this.#transact = transact;
    this.#explained = explained;
    this.#clock = clock;
  }

  /** Does this with the next transaction. */
  push<T>(work: Work<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ work, since: this.#clock().monotonic(), resolve, reject });
      this.#schedule();
    });
  }

  /** Tries what waits once more, and rejects what cannot be done now. */
  close(error: Error): void {
    this.#stop?.();
    this.#stop = undefined;
    while (this.#jobs.length > 0 && this.#stop === undefined) this.#flush();
    (this.#stop as (() => void) | undefined)?.();
    for (const job of this.#jobs.splice(0)) job.reject(error);
  }

  #schedule(): void {
    if (this.#stop !== undefined) return;
    const immediate = setImmediate(() => {
      this.#stop = undefined;
      this.#flush();
      if (this.#jobs.length > 0) this.#schedule();
    });
    this.#stop = () => clearImmediate(immediate);
  }

  #flush(): void {
    const jobs = this.#jobs.splice(0, MOST);
    if (jobs.length > 0) this.#perform(jobs);
  }

  #perform(jobs: readonly Job[]): void {
    let results: readonly unknown[];
    try {
      results = this.#transact((statements, now) => jobs.map((job) => job.work(statements, now)));
    } catch (error) {
      if (isBusy(error)) this.#later(jobs, error);
      else if (jobs.length === 1) jobs[0]?.reject(this.#explained(error));
      else for (const job of jobs) this.#perform([job]); // one value that is too large is not the others' fault
      return;
    }
    this.#tries = 0;
    jobs.forEach((job, i) => {
      job.resolve(results[i] as never);
    });
  }

  #later(jobs: readonly Job[], error: unknown): void {
    const clock = this.#clock();
    const latest = clock.monotonic() - PATIENCE_MS;
    for (const job of jobs) if (job.since <= latest) job.reject(this.#explained(error));
    this.#jobs.unshift(...jobs.filter((job) => job.since > latest));
    if (this.#jobs.length === 0 || this.#stop !== undefined) return;
    this.#stop = clock.after(Math.min(2 ** this.#tries++, MAX_PAUSE_MS), () => {
      this.#stop = undefined;
      this.#flush();
      if (this.#jobs.length > 0) this.#schedule();
    });
  }
}
