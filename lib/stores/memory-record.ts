import type { Plain } from './plain.js';
import { RECORD_SCHEMA, type RecordOrigin, type StateRecord } from './record.js';
import { type KeyScope, StoreKey } from './store-key.js';

/** What the memory store notes on a record that it keeps. */
export interface Kept extends StateRecord {
  /** Set where it neither expires nor has tags: a hit need not look whether it still holds. */
  readonly lasts?: boolean | undefined;
  /** Number of the move that last put it at the young end of the LRU order. */
  placed: number;
  /** Its place among the {@link SharedPromises}; -1 for none. */
  shelf: number;
}

/** What a record seldom has, and nearly all have in common: held once, by all that are alike. */
type Traits = Pick<StateRecord, 'plain' | 'message' | 'renewForMs' | 'errorForMs' | 'tags' | 'async' | 'frozen'>;

/**
 * A record as the memory store keeps it by the hundred thousand: what is its own, and a reference to what it has in common with others.
 * What a hit reads is set first, all of it in the constructor: V8 lays fields out in the order in which they are set, and a second cache
 * line costs a hit 6 ns. A number that is no small integer costs 16 bytes more, so a record that never expires has none for that.
 */
export class MemoryRecord implements Kept {
  /** Undefined where it never expires and has no tags. */
  private readonly until: number | undefined;
  readonly generation: number;
  private readonly traits: Traits;
  placed: number;
  promise: Promise<unknown> | undefined;
  readonly value: unknown;
  readonly computeMs: number;
  private readonly text: string;
  private readonly scope: KeyScope;
  shelf: number;
  readonly storedAt: number;
  readonly from: RecordOrigin;

  constructor(record: StateRecord) {
    const lasts = record.expiresAt === Number.POSITIVE_INFINITY && record.tags === undefined;
    this.until = lasts ? undefined : record.expiresAt;
    this.generation = record.generation;
    this.traits = traitsOf(record);
    this.placed = 0;
    this.promise = undefined;
    this.value = record.value;
    this.computeMs = record.computeMs;
    this.text = record.key.text;
    this.scope = record.key.scope;
    this.shelf = -1;
    this.storedAt = record.storedAt;
    this.from = record.from;
  }

  get schema(): number {
    return RECORD_SCHEMA;
  }

  get key(): StoreKey {
    return StoreKey.again(this.scope, this.text);
  }

  get lasts(): boolean {
    return this.until === undefined;
  }

  get expiresAt(): number {
    return this.until ?? Number.POSITIVE_INFINITY;
  }

  get plain(): Plain | undefined {
    return this.traits.plain;
  }

  get message(): string | undefined {
    return this.traits.message;
  }

  get renewForMs(): number {
    return this.traits.renewForMs;
  }

  get errorForMs(): number {
    return this.traits.errorForMs;
  }

  get tags(): readonly string[] | undefined {
    return this.traits.tags;
  }

  get async(): boolean {
    return this.traits.async;
  }

  get frozen(): boolean {
    return this.traits.frozen;
  }
}

let last: Traits | undefined;

/** Those of the record before, where they are the same: records of one task nearly always are. */
function traitsOf(record: StateRecord): Traits {
  const { plain, message, renewForMs, errorForMs, tags, async, frozen } = record;
  if (
    last !== undefined &&
    last.async === async &&
    last.tags === tags &&
    last.message === message &&
    last.renewForMs === renewForMs &&
    last.errorForMs === errorForMs &&
    last.frozen === frozen &&
    last.plain === plain
  )
    return last;
  last = { plain, message, renewForMs, errorForMs, tags, async, frozen };
  return last;
}
