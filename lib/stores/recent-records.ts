import { LRUCache } from 'lru-cache';
import type { Kept } from './memory-record.js';
import type { StoreStats } from './store.js';

/** What bounds {@link RecentRecords}. */
export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number | undefined;
  readonly sizeOf: (value: unknown) => number;
  /** Told of a record that went to make room. */
  readonly evicted: (record: Kept) => void;
}

/** An entry beside its value and key, with an expiry and once hit: record, two map entries, list links, origin (measured in bench/). */
const ENTRY_BYTES = 320;
/**
 * Order matters to eviction alone. In a store of at least this size a hit moves a record to the young end only where as many moves
 * as half of the store holds have come since the last one: up to then it is in the younger half, and half the store has to be
 * filled anew before it can go.
 */
const LAZY_FROM = 1_000;

/** Records in the order of their use, bounded: the least recently used goes first. An lru-cache, which most hits need not ask. */
export class RecentRecords {
  readonly #lru: LRUCache<Kept, Kept>;
  /** For so many moves a record stays young. */
  readonly #youth: number;
  /** Moves to the young end so far; wraps around at 2^31. */
  #moves = 0;

  constructor({ maxEntries, maxBytes, sizeOf, evicted }: Bounds) {
    const bySize = {
      maxSize: maxBytes as number,
      sizeCalculation: (record: Kept) =>
        Math.max(1, Math.ceil(ENTRY_BYTES + 2 * record.key.text.length + sizeOf(record.value))),
    };
    // How many records fit into so many bytes is not known before: there the order is exact.
    this.#youth = maxBytes === undefined && maxEntries >= LAZY_FROM ? maxEntries / 2 : 0;
    this.#lru = new LRUCache<Kept, Kept>({
      max: maxEntries,
      ...(maxBytes === undefined ? {} : bySize),
      dispose: (record, _key, why) => {
        if (why === 'evict') evicted(record);
      },
    });
  }

  /** Notes that a record was used. */
  used(record: Kept): void {
    if (((this.#moves - record.placed) | 0) < this.#youth) return;
    this.#lru.get(record);
    this.#place(record);
  }

  /** Takes a record in; false where it is larger than all may be together. Throws what `sizeOf` throws. */
  add(record: Kept): boolean {
    this.#place(record);
    this.#lru.set(record, record);
    return this.#lru.maxSize === 0 || this.#lru.has(record);
  }

  delete(record: Kept): void {
    this.#lru.delete(record);
  }

  clear(): void {
    this.#lru.clear();
  }

  stats(): StoreStats {
    const entries = this.#lru.size;
    return this.#lru.maxSize > 0 ? { entries, bytes: this.#lru.calculatedSize } : { entries };
  }

  #place(record: Kept): void {
    this.#moves = (this.#moves + 1) | 0;
    record.placed = this.#moves;
  }
}
