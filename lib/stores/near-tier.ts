import { type Clock, systemClock } from '../base/clock.js';
import { Age } from './age.js';
import { type Findable, findableOf } from './findable.js';
import { InvalidationMarks, slotOf } from './invalidation-marks.js';
import type { Kept } from './memory-record.js';
import { Plain } from './plain.js';
import { recordWith, type StateRecord } from './record.js';
import type { Invalidation, Lead, StateStore, StoreHost } from './store.js';
import type { KeyScope, StoreKey } from './store-key.js';
import type { InvalidatedEvent, StoreEvent } from './watchable-store.js';

/** What was known when the far store was asked: its answer is as good as that, and no better. */
export interface Glimpse {
  /** See {@link Age}. */
  readonly stamp: number;
  /** Invalidations and arrivals up to here were known. */
  readonly heeded: number;
  readonly arrived: number;
  readonly epoch: object;
}

const FILL = { mode: 'refresh', token: 'fill', leaseMs: 0 } as const;

/**
 * The near side of a tiered store: which of its entries are believed. One is for `maxAgeMs` after the far store was asked, unless
 * an invalidation that may be its own was heard since, or events may have been missed. What is not believed is not served: the
 * far store is asked, and where it still has the same record, the entry is believed again.
 */
export class NearTier implements Findable {
  readonly #store: StateStore;
  readonly #findable: Findable | undefined;
  readonly #age: Age;
  readonly #voids = new InvalidationMarks();
  /** Values that came in: an older one that was asked for before does not come after. */
  readonly #arrivals = new InvalidationMarks();
  #host: StoreHost | undefined;
  /** Changes when events may have been missed; entries of another one are believed no more. */
  #epoch: object = {};
  #closed = false;

  constructor(store: StateStore, maxAgeMs: number) {
    this.#store = store;
    this.#findable = findableOf(store);
    this.#age = new Age(() => this.clock, maxAgeMs);
  }

  attach(host: StoreHost): void {
    this.#host ??= host;
    this.#store.attach?.(host);
  }

  get clock(): Clock {
    return this.#host?.clock ?? systemClock;
  }

  /** The record of this key, where it is believed. */
  get(key: StoreKey): StateRecord | undefined {
    const entry = this.#store.get(key) as NearRecord | undefined;
    return entry !== undefined && this.#believes(entry) ? entry.record : undefined;
  }

  /** As {@link get}, for a hit that has no key yet; none where the value has to be brought back first. */
  find(scope: KeyScope, text: string): Kept | undefined {
    const entry = this.#findable?.find(scope, text) as NearRecord | undefined;
    return entry?.isLive && this.#believes(entry) ? entry : undefined;
  }

  share(record: Kept, promise: Promise<unknown>): void {
    this.#findable?.share(record, promise);
  }

  #believes({ epoch, stamp, slot, heeded, record }: NearRecord): boolean {
    return epoch === this.#epoch && !this.#age.isOld(stamp) && !this.#voids.voided(slot, heeded, record.generation);
  }

  /** Taken before the far store is asked. */
  glimpse(): Glimpse {
    return { stamp: this.#age.stamp(), heeded: this.#voids.now, arrived: this.#arrivals.now, epoch: this.#epoch };
  }

  /** Keeps what the far store gave, unless it may be void by now. Answers with what is newest: generations never go back. */
  fill(key: StoreKey, record: StateRecord, glimpse: Glimpse): StateRecord {
    if (this.#closed) return record;
    const own = this.#own(key);
    if (own !== undefined && own.record.generation > record.generation)
      return this.#believes(own) ? own.record : record;
    if (!this.#isGood(key, record, glimpse)) return record;
    this.#arrived(key, record);
    if (own !== undefined && isSame(own.record, record)) {
      this.#believe(own, glimpse);
      return own.record;
    }
    try {
      this.#keep(key, record, glimpse);
    } catch {
      // a `sizeOf` of the user's: the value is there all the same, and the write of it has told of the fault
    }
    return record;
  }

  /** Keeps what the far store has just taken. Throws what the near store throws. */
  written(key: StoreKey, record: StateRecord, glimpse: Glimpse): void {
    if (this.#closed) return;
    const own = this.#own(key);
    if (own !== undefined && isSame(own.record, record)) return; // a write that was repeated changes nothing
    const good = this.#isGood(key, record, glimpse);
    this.#arrived(key, record);
    if (good && (own === undefined || own.record.generation < record.generation)) this.#keep(key, record, glimpse);
    else this.forget(key); // the far store knows which is the one
  }

  #own(key: StoreKey): NearRecord | undefined {
    const entry = this.#store.get(key) as NearRecord | undefined;
    return entry?.tier === this ? entry : undefined;
  }

  forget(key: StoreKey): void {
    if (this.#closed || this.#store.get(key) === undefined) return;
    void this.#store.invalidate({ namespace: key.scope.namespace, keys: [key] });
  }

  /** The far store has taken a value that has expired meanwhile: what is older must not come back after it. */
  outdated(key: StoreKey, record: StateRecord): void {
    if (this.#closed) return;
    this.#arrived(key, record);
    this.forget(key);
  }

  /**
   * Forgets, and keeps what is being read from the far store right now from coming back. What expires is forgotten too: an expired
   * value is asked of the far store anyway.
   */
  invalidate({ expire: _, ...what }: Invalidation): void {
    if (this.#closed) return;
    void this.#store.invalidate(what);
    const digests = what.keys?.map((key) => key.digest);
    this.#mark({ ...what, digests }, undefined);
  }

  heard(event: StoreEvent): void {
    if (this.#closed) return;
    if (event.kind === 'distrust') {
      this.#epoch = {};
      return;
    }
    const { namespace, identities = [], tags = [], all } = event;
    if (all) void this.#store.invalidate({ namespace, all });
    else if (identities.length + tags.length > 0) void this.#store.invalidate({ namespace, identities, tags });
    this.#mark(event, event.generation);
  }

  close(): void {
    this.#closed = true;
    this.#epoch = {};
    this.#age.close();
    void this.#store.close();
  }

  /** Whether nothing that was heard since the far store was asked voids its answer. */
  #isGood(key: StoreKey, { generation, tags }: StateRecord, { heeded, arrived }: Glimpse): boolean {
    if (heeded === this.#voids.now && arrived === this.#arrivals.now) return true;
    if (this.#arrivals.voided(slotOf(key.digest), arrived, generation)) return false;
    const { identity, namespace } = key.scope;
    const voided = (slot: number): boolean => this.#voids.voided(slot, heeded, generation);
    if (voided(slotOf(key.digest)) || voided(slotOf(namespace, 'all')) || voided(slotOf(identity, 'task')))
      return false;
    return !tags?.some((tag) => voided(slotOf(tag, 'tag')));
  }

  #arrived(key: StoreKey, { generation }: StateRecord): void {
    this.#arrivals.mark(slotOf(key.digest), generation - 1);
  }

  #believe(entry: NearRecord, glimpse: Glimpse): void {
    entry.epoch = glimpse.epoch; // of before a distrust that came meanwhile: then it is not believed after all
    entry.stamp = glimpse.stamp;
    entry.heeded = this.#voids.now;
  }

  #keep(key: StoreKey, record: StateRecord, glimpse: Glimpse): void {
    const lead = this.#store.lead(key, FILL) as Lead;
    if (lead.status !== 'lead') return;
    const { epoch, stamp } = glimpse;
    const kept = record.plain === undefined ? record : recordWith(record, { plain: undefined }); // that is for stores of bytes
    const entry = new NearRecord(this, key, kept, lead.generation, { heeded: this.#voids.now, epoch, stamp });
    void this.#store.commit(key, FILL.token, entry);
  }

  #mark({ namespace, digests, identities, tags, all }: Marked, upTo: number | undefined): void {
    for (const digest of digests ?? []) this.#voids.mark(slotOf(digest), upTo);
    for (const identity of identities ?? []) this.#voids.mark(slotOf(identity, 'task'), upTo);
    for (const tag of tags ?? []) this.#voids.mark(slotOf(tag, 'tag'), upTo);
    if (all) this.#voids.mark(slotOf(namespace ?? '', 'all'), upTo);
  }
}

type Marked = {
  readonly [K in Exclude<keyof InvalidatedEvent, 'kind' | 'generation'>]?: InvalidatedEvent[K] | undefined;
};

/** Up to where an entry is believed. */
interface Belief {
  readonly heeded: number;
  readonly epoch: object;
  readonly stamp: number;
}

/** A record as the near store keeps it: with that store's own generation, and what it is believed by. */
class NearRecord implements Kept {
  readonly schema: number;
  readonly value: unknown;
  readonly message: string | undefined;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly renewForMs: number;
  readonly errorForMs: number;
  readonly computeMs: number;
  readonly tags: readonly string[] | undefined;
  readonly async: boolean;
  readonly frozen: boolean;
  readonly from: StateRecord['from'];
  promise: Promise<unknown> | undefined = undefined;
  placed = 0;
  shelf = -1;
  /** Whether the value is what callers get, not the data of an instance. */
  readonly isLive: boolean;
  readonly slot: number;
  heeded: number;
  epoch: object;
  stamp: number;

  constructor(
    /** Whose it is: a near store may serve several. */
    readonly tier: NearTier,
    readonly key: StoreKey,
    /** What hits are given. */
    readonly record: StateRecord,
    readonly generation: number,
    belief: Belief,
  ) {
    this.schema = record.schema;
    this.value = record.value;
    this.message = record.message;
    this.storedAt = record.storedAt;
    this.expiresAt = record.expiresAt;
    this.renewForMs = record.renewForMs;
    this.errorForMs = record.errorForMs;
    this.computeMs = record.computeMs;
    this.tags = record.tags;
    this.async = record.async;
    this.frozen = record.frozen;
    this.from = record.from;
    this.isLive = !Plain.is(record.value);
    this.slot = slotOf(key.digest);
    this.heeded = belief.heeded;
    this.epoch = belief.epoch;
    this.stamp = belief.stamp;
  }
}

/** Generations tell a key's records apart, but not across a far store that was lost and began anew. */
function isSame(one: StateRecord, other: StateRecord): boolean {
  return one.generation === other.generation && one.storedAt === other.storedAt;
}
