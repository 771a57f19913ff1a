import { systemClock } from '../base/clock.js';
import { type Deadline, Deadlines } from '../base/deadlines.js';
import type { ErrorCleaner } from './clean-error.js';
import { isLost } from './clean-error.js';
import type { Commands, RedisClient } from './clients.js';

/** Said by every call after `close()`. */
export const CLOSED = 'store closed';

/** One question. `isWanted` says whether its caller still waits: nothing is sent for one who was told that it failed. */
export type Command<T> = (commands: Commands, isWanted: () => boolean) => Promise<T>;

interface Waiting {
  readonly ready: () => void;
  readonly never: (error: Error) => void;
}

/**
 * The connection for commands. Every call ends by its deadline: an answer, the server's error, or why there is no connection. A
 * connection that has just gone is waited for, one that has been gone for longer than a deadline is not. What was lost on the way
 * is asked once more, so commands must be such that twice does no harm.
 */
export class Connection {
  readonly commands: Commands;
  readonly isCluster: boolean;
  readonly #client: RedisClient;
  readonly #timeoutMs: number;
  readonly #cleaner: ErrorCleaner;
  readonly #deadlines = new Deadlines(systemClock);
  readonly #waiting = new Set<Waiting>();
  /** Runs while there is no connection. */
  #down: Deadline | undefined;
  /** There has been no connection for longer than a deadline. */
  #gone = false;
  #lastError: Error | undefined;
  #closed = false;
  /** How many answers have come. */
  #answers = 0;

  constructor(client: RedisClient, timeoutMs: number, cleaner: ErrorCleaner) {
    this.#client = client;
    this.commands = client as unknown as Commands;
    this.isCluster = client.isCluster;
    this.#timeoutMs = timeoutMs;
    this.#cleaner = cleaner;
    client.on('ready', () => this.#up());
    client.on('close', () => this.#lost());
    client.on('end', () => this.#lost());
    client.on('error', (error: unknown) => {
      this.#lastError = cleaner.clean(error);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Begins to connect, if it has not. */
  open(): void {
    const { status } = this.#client;
    if (this.#closed || (status !== 'wait' && status !== 'end')) return;
    this.#lost();
    this.#client.connect().catch((error: unknown) => {
      this.#lastError ??= this.#cleaner.clean(error);
    });
  }

  ask<T>(command: Command<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let wanted = true;
      let again = true;
      let leave: (() => void) | undefined;
      const isWanted = (): boolean => wanted;
      const heard = this.#answers;
      const deadline: Deadline = this.#deadlines.start(this.#timeoutMs, () => {
        leave?.();
        end(this.#tooLate());
        if (this.#answers === heard) this.#giveUp();
      });
      const end = (error: Error): void => {
        wanted = false;
        deadline.end();
        reject(error);
      };
      const send = (): void => {
        try {
          command(this.commands, isWanted).then((answer) => {
            this.#answers++;
            deadline.end();
            resolve(answer);
          }, failed);
        } catch (error) {
          failed(error); // a cluster that is changing its shape
        }
      };
      const failed = (error: unknown): void => {
        const clean = this.#cleaner.clean(error);
        if (wanted && again && isLost(error)) {
          again = false;
          this.#lastError ??= clean;
          leave = this.#whenReady(send, end);
        } else {
          end(clean);
        }
      };
      if (this.#client.status === 'ready' && !this.#closed) send();
      else leave = this.#whenReady(send, end);
    });
  }

  close(): void {
    this.#closed = true;
    this.#down?.end();
    this.#client.disconnect();
    this.#settle(new Error(CLOSED));
  }

  /** Calls one of them, when there is a connection or it is clear that there will be none for a while. Answers with how to leave. */
  #whenReady(ready: () => void, never: (error: Error) => void): (() => void) | undefined {
    if (this.#closed) {
      never(new Error(CLOSED));
      return undefined;
    }
    this.open();
    if (this.#gone) {
      never(this.#notConnected());
      return undefined;
    }
    const waiting: Waiting = { ready, never };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Nothing has come for a whole deadline: the connection may be half open. */
  #giveUp(): void {
    if (!this.isCluster && this.#client.status === 'ready') this.#client.disconnect(true);
  }

  #up(): void {
    this.#down?.end();
    this.#down = undefined;
    this.#gone = false;
    this.#lastError = undefined;
    this.#settle();
  }

  #lost(): void {
    if (this.#closed) return;
    this.#down ??= this.#deadlines.start(this.#timeoutMs, () => {
      this.#gone = true;
    });
  }

  #settle(error?: Error): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { ready, never } of waiting) {
      if (error === undefined) ready();
      else never(error);
    }
  }

  #tooLate(): Error {
    return this.#client.status === 'ready'
      ? Object.assign(new Error(`no answer within ${this.#timeoutMs} ms`), { code: 'ETIMEDOUT' })
      : this.#notConnected();
  }

  #notConnected(): Error {
    const why = this.#lastError === undefined ? '' : `: ${this.#lastError.message}`;
    return Object.assign(new Error(`not connected${why}`), { code: 'ENOTCONN' });
  }
}
