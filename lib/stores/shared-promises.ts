import type { Kept } from './memory-record.js';

/** A promise costs more than the record it is kept on: 168 bytes on Node 20. So many are kept in a store. */
const MOST = 4_096;

/** The promises that hits share, of the records last asked for. */
export class SharedPromises {
  readonly #records: (Kept | undefined)[] = [];
  #next = 0;

  /** Keeps a record's promise, and lets go of the oldest. */
  keep(record: Kept, promise: Promise<unknown>): void {
    const oldest = this.#records[this.#next];
    if (oldest !== undefined) letGo(oldest);
    record.promise = promise;
    record.shelf = this.#next;
    this.#records[this.#next] = record;
    this.#next = (this.#next + 1) % MOST;
  }

  /** Forgets a record that the store no longer has. */
  drop(record: Kept): void {
    if (record.shelf < 0 || this.#records[record.shelf] !== record) return;
    this.#records[record.shelf] = undefined;
    letGo(record);
  }

  clear(): void {
    this.#records.length = 0;
    this.#next = 0;
  }
}

function letGo(record: Kept): void {
  record.promise = undefined;
  record.shelf = -1;
}
