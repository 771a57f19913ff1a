import type { MaybePromise } from '../base/maybe-promise.js';
import type { Commands } from './clients.js';
import type { Connection } from './connection.js';

/** Most keys asked for at once: more would make the first wait for the last. */
const MAX_BATCH = 64;

/** What a value comes to. Never throws. */
type Judge<T> = (value: Buffer | null) => MaybePromise<T>;

interface Read {
  readonly answer: (value: Buffer | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Plain reads. Those of one turn of the event loop go together: one MGET costs a client half of what as many GETs in a pipeline do
 * (docs/decisions/0009-redis.md).
 */
export class Reads {
  readonly #connection: Connection;
  #names: string[] = [];
  #reads: Read[] = [];
  readonly #flush = (): void => this.#send();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param judge called with the value that was read; in here, as a promise more costs a hit a tenth */
  get<T>(name: string, judge: Judge<T>): Promise<T> {
    // Keys of a cluster live on different nodes: the client's own pipelines sort them.
    if (this.#connection.isCluster) return this.#connection.ask((commands) => commands.getBuffer(name)).then(judge);
    return new Promise((resolve, reject) => {
      if (this.#names.push(name) === 1) setImmediate(this.#flush);
      this.#reads.push({ answer: (value) => resolve(judge(value)), reject });
      if (this.#names.length === MAX_BATCH) this.#send();
    });
  }

  #send(): void {
    const names = this.#names;
    const reads = this.#reads;
    if (names.length === 0) return;
    this.#names = [];
    this.#reads = [];
    this.#connection
      .ask((commands) => fetch(commands, names))
      .then(
        (values) => {
          for (let i = 0; i < reads.length; i++) reads[i]?.answer(values[i] ?? null);
        },
        (error: unknown) => {
          for (const read of reads) read.reject(error);
        },
      );
  }
}

async function fetch(commands: Commands, names: readonly string[]): Promise<readonly (Buffer | null)[]> {
  const [first] = names as readonly [string];
  return names.length === 1 ? [await commands.getBuffer(first)] : commands.mgetBuffer(...names);
}
