import { type Duration, positiveDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import { andThen, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { type Read, readOptions } from '../base/option-reader.js';
import { FINDABLE, type Findable } from './findable.js';
import { type Glimpse, NearTier } from './near-tier.js';
import type { StateRecord } from './record.js';
import {
  type Commit,
  type Invalidation,
  isStateStore,
  type Lead,
  type LeadRequest,
  type Miss,
  type Revival,
  type StateStore,
  type StoreHost,
  type StoreStats,
} from './store.js';
import type { StoreKey } from './store-key.js';
import { Undelivered } from './undelivered.js';
import { isWatchable } from './watchable-store.js';

/** What {@link tieredStore} takes. */
export interface TieredStoreOptions {
  /**
   * How long a near entry is believed without asking the far store: the hard bound of how long changes by other processes may go
   * unseen. Default 30 s.
   */
  readonly nearMaxAge?: Duration | undefined;
}

const NEAR_MAX_AGE_MS = 30_000;

const schema = { nearMaxAge: positiveDuration as Read<number> };

/**
 * A near store in front of a far one. A near hit costs what a hit of the near store costs, and is there at once even where the
 * far store answers later. Who computes, writes and is refused is the far store's matter. Where that fails, near entries are
 * served while they are believed, and its errors are passed on; invalidations that it failed to take are told to it again once it
 * answers, values never are. Expired values are kept by the far store alone, and as long as that keeps them.
 *
 * @param near A synchronous store that gives back the very objects it was given: `memoryStore()`. Only for this.
 * @param far Any store. Of one that tells of invalidations (`WatchableStore`) they are applied at once; of any other, changes by
 * other processes are seen within `nearMaxAge`.
 */
export function tieredStore(near: StateStore, far: StateStore, options: TieredStoreOptions = {}): StateStore {
  for (const [option, value] of [
    ['near', near],
    ['far', far],
  ] as const) {
    if (!isStateStore(value)) refuse(option, value, 'is no store');
  }
  if (!near.sync) refuse('near', near.name, 'answers later');
  if (near === far) refuse('near', near.name, 'is the far store too');
  const { nearMaxAge = NEAR_MAX_AGE_MS } = readOptions(schema, options, 'tieredStore');
  return new TieredStore(near, far, nearMaxAge);
}

function refuse(option: string, value: unknown, problem: string): never {
  const remedy = 'Give tieredStore(memoryStore(), far).';
  throw new InvalidOptionsError({ where: 'tieredStore', option, value, problem, remedy });
}

class TieredStore implements StateStore {
  readonly name: string;
  readonly sync: boolean;
  readonly revival?: Revival;
  readonly #near: NearTier;
  readonly #nearStore: StateStore;
  readonly #far: StateStore;
  readonly #undelivered = new Undelivered();
  #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(near: StateStore, far: StateStore, maxAgeMs: number) {
    this.name = `${near.name}+${far.name}`;
    this.sync = far.sync;
    if (far.revival !== undefined) this.revival = far.revival;
    this.#near = new NearTier(near, maxAgeMs);
    this.#nearStore = near;
    this.#far = far;
  }

  get [FINDABLE](): Findable {
    return this.#near;
  }

  attach(host: StoreHost): void {
    this.#near.attach(host);
    this.#far.attach?.(host);
  }

  get(key: StoreKey): MaybePromise<StateRecord | undefined> {
    return this.#near.get(key) ?? this.#ask(key);
  }

  #ask(key: StoreKey): MaybePromise<StateRecord | undefined> {
    const glimpse = this.#glimpse();
    return andThen(this.#far.get(key), (record) => {
      this.#answered();
      return record ? this.#near.fill(key, record, glimpse) : undefined; // null is what Redis clients say
    });
  }

  lead(key: StoreKey, request: LeadRequest): MaybePromise<Lead> {
    const glimpse = this.#glimpse();
    return andThen(this.#far.lead(key, request), (lead) => {
      this.#answered();
      if (lead.status === 'hit') return { status: 'hit', record: this.#near.fill(key, lead.record, glimpse) };
      // Whatever is kept here of this key, the far store has it no more.
      if (lead.status === 'lead' && request.mode === 'normal') this.#near.forget(key);
      return lead;
    });
  }

  renew(key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean> {
    this.#open();
    return this.#far.renew(key, token, leaseMs);
  }

  commit(key: StoreKey, token: string, record: StateRecord): MaybePromise<Commit> {
    const glimpse = this.#glimpse();
    return andThen(this.#far.commit(key, token, record), (commit) => {
      this.#answered();
      if (commit.expiredAt !== undefined) this.#near.outdated(key, record);
      else if (commit.committed) this.#near.written(key, record, glimpse);
      else if (commit.current !== undefined) this.#near.fill(key, commit.current, glimpse);
      return commit;
    });
  }

  abandon(key: StoreKey, token: string, notBeforeMs?: number, miss?: Miss): MaybePromise<void> {
    this.#open();
    return this.#far.abandon(key, token, notBeforeMs, miss);
  }

  /** Near first, and again at the end: what was read from the far store before it knew must not stay. */
  invalidate(what: Invalidation): MaybePromise<void> {
    this.#open();
    this.#near.invalidate(what);
    const failed = (error: unknown): never => {
      this.#undelivered.add(what);
      throw error;
    };
    let answer: MaybePromise<void>;
    try {
      answer = this.#far.invalidate(what);
    } catch (error) {
      return failed(error);
    }
    if (isThenable(answer)) return (answer as Promise<void>).then(() => this.#near.invalidate(what), failed);
    this.#near.invalidate(what);
  }

  close(): MaybePromise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#stopWatching?.();
      this.#near.close();
    } catch (error) {
      return andThen(this.#far.close(), () => {
        throw error;
      });
    }
    return this.#far.close();
  }

  /** Of the far store where it can tell, else of the near one. */
  stats(): StoreStats {
    return this.#far.stats?.() ?? this.#nearStore.stats?.() ?? { entries: 0 };
  }

  #open(): void {
    if (this.#closed) throw new Error('store closed');
  }

  /** Whoever fills the near store must have been listening since before the far store was asked. */
  #glimpse(): Glimpse {
    this.#open();
    if (this.#stopWatching === undefined && isWatchable(this.#far)) {
      this.#stopWatching = this.#far.watch((event) => this.#near.heard(event));
    }
    return this.#near.glimpse();
  }

  /** The far store has answered: what it failed to take before is told to it now. */
  #answered(): void {
    if (this.#undelivered.empty || this.#closed) return;
    this.#undelivered.deliver(this.#near.clock.monotonic(), (what) =>
      andThen(this.#far.invalidate(what), () => this.#near.invalidate(what)),
    );
  }
}
