import { systemClock } from '../base/clock.js';
import { fn, readOptions, whole } from '../base/option-reader.js';
import { type Drawer, endLease, endLeases, endOf, expireDrawer, newDrawer, voidDrawer } from './drawer.js';
import { estimateBytes } from './estimate-bytes.js';
import { expiredSince } from './expiry-marks.js';
import { FailureRecord } from './failure.js';
import { FINDABLE, type Findable } from './findable.js';
import type { Kept } from './memory-record.js';
import { MissMemory } from './miss-memory.js';
import { expiredAgo, invalidatedBy, storedUnder } from './miss-reasons.js';
import { RecentRecords } from './recent-records.js';
import { expiredCopy, type StateRecord, staleUntil } from './record.js';
import { SharedPromises } from './shared-promises.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StateStore, StoreHost, StoreStats } from './store.js';
import { type KeyScope, type StoreKey, scopeText } from './store-key.js';
import { TagMarks } from './tag-marks.js';

/** What {@link memoryStore} takes. */
export interface MemoryStoreOptions {
  /** Most entries kept; the least recently used goes first. Default 10,000. */
  readonly maxEntries?: number | undefined;
  /** Most bytes kept, estimated, what an entry costs beside its value included. Default: no bound but `maxEntries`. */
  readonly maxBytes?: number | undefined;
  /** Bytes of a value, where the estimate is not good enough. */
  readonly sizeOf?: ((value: unknown) => number) | undefined;
}

const DEFAULT_MAX_ENTRIES = 10_000;
const TOO_LARGE = 'the value is larger than the store may grow';
/** V8 copies what makes no longer text, and refers to the parts of what does. */
const SHORT = 12;

const schema = {
  maxEntries: whole(1, 2 ** 24),
  maxBytes: whole(1),
  sizeOf: fn<(value: unknown) => number>('of the value, in bytes'),
};

/**
 * States in this process: an lru-cache bounded by entries and, if asked, by bytes. Values are kept as they are, so hits share
 * them unless `resultCopy` says otherwise. Synchronous. An expired state is kept until it is replaced, or goes to make room.
 */
export function memoryStore(options: MemoryStoreOptions = {}): StateStore {
  return new MemoryStore(options);
}

/** See {@link memoryStore}. */
export class MemoryStore implements StateStore, Findable {
  readonly name = 'memory';
  readonly sync = true;
  readonly #recent: RecentRecords;
  readonly #promises = new SharedPromises();
  readonly #drawers = new Map<string, Drawer>();
  readonly #misses = new MissMemory();
  readonly #tags = new TagMarks();
  /** Asked for its clock each time: a pond may be given another. */
  #host: StoreHost = { clock: systemClock };
  #attached = false;
  /** Orders every computation and every invalidation in this store. */
  #generation = 0;

  constructor(given: MemoryStoreOptions) {
    const options = readOptions(schema, given, 'memoryStore');
    const { sizeOf = estimateBytes, maxEntries = DEFAULT_MAX_ENTRIES, maxBytes } = options;
    this.#recent = new RecentRecords({ maxEntries, maxBytes, sizeOf, evicted: (record) => this.#evicted(record) });
  }

  get [FINDABLE](): Findable {
    return this;
  }

  attach(host: StoreHost): void {
    if (!this.#attached) this.#host = host;
    this.#attached = true;
  }

  get(key: StoreKey): StateRecord | undefined {
    return this.#valid(this.#drawerOf(key.scope), key.text);
  }

  /**
   * The record of a key function's text as it is, without a key being made. None in a scope that ever held a remembered failure: there `get` is
   * asked.
   */
  find(scope: KeyScope, text: string): Kept | undefined {
    const drawer = scope.home as Drawer | undefined;
    if (drawer === undefined || drawer.store !== this || drawer.gone || drawer.holdsFailures) return undefined;
    // Digested keys begin so. Reading a character also joins the parts of a long text that was put together: that is cheaper now than while
    // it is hashed and compared. A short one has no parts.
    if (text.length > SHORT && text.charCodeAt(0) === 0) return undefined;
    return this.#valid(drawer, text);
  }

  /** Keeps the promise that hits of a record share. */
  share(record: Kept, promise: Promise<unknown>): void {
    this.#promises.keep(record, promise);
  }

  #valid(drawer: Drawer, text: string): Kept | undefined {
    const record = drawer.records.get(text);
    if (record === undefined) return undefined;
    if (record.generation <= drawer.passedAt) return undefined;
    if (record.lasts !== true && !this.#stillHolds(drawer, record)) return undefined;
    this.#recent.used(record);
    return record;
  }

  #stillHolds({ namespace }: Drawer, { expiresAt, tags, generation }: StateRecord): boolean {
    if (expiresAt !== Number.POSITIVE_INFINITY && expiresAt <= this.#host.clock.now()) return false;
    return tags === undefined || !this.#tags.passed(namespace, tags, generation);
  }

  lead(key: StoreKey, request: LeadRequest): Lead {
    const drawer = this.#drawerOf(key.scope);
    const held = drawer.leases.get(key.text);
    let expired: StateRecord | undefined;
    if (request.mode === 'normal') {
      const record = this.get(key);
      if (record !== undefined) return { status: 'hit', record };
      expired = this.#expired(drawer, key);
      if (expired !== undefined && this.#isHeldBack(drawer, expired)) return { status: 'stale', record: expired };
      if (held?.held && request.leaseMs > 0) {
        const leaseLeftMs = Number.POSITIVE_INFINITY;
        return { status: 'wait', leaseLeftMs, woken: endOf(held), ...(expired && { stale: expired }) };
      }
    }
    const generation = ++this.#generation;
    endLease(drawer, key.text);
    drawer.leases.set(key.text, { token: request.token, generation, held: request.leaseMs > 0, expiredAt: undefined });
    const miss = this.#why(drawer, key, expired);
    return { status: 'lead', generation, miss, ...(expired && { stale: expired }) };
  }

  renew(key: StoreKey, token: string): boolean {
    return this.#drawerOf(key.scope).leases.get(key.text)?.token === token;
  }

  commit(key: StoreKey, token: string, record: StateRecord): Commit {
    const drawer = this.#drawerOf(key.scope);
    const held = drawer.leases.get(key.text);
    if (held?.token !== token) {
      const current = this.get(key);
      return current === undefined ? { committed: false } : { committed: false, current };
    }
    try {
      if (this.#tags.voided(drawer.namespace, record.tags, held.generation)) {
        this.#misses.bury(key, this.#tags.whoVoided(drawer.namespace, record.tags, held.generation));
        return { committed: false };
      }
      const { expiredAt = Number.POSITIVE_INFINITY } = held;
      const commit = this.#write(drawer, key, expiredAt < record.expiresAt ? expiredCopy(record, expiredAt) : record);
      const since = Math.min(expiredAt, this.#expiredSince(drawer, record));
      return commit.committed && since < record.expiresAt ? { ...commit, expiredAt: since } : commit;
    } finally {
      endLease(drawer, key.text);
      this.#sweep(drawer, key.scope.text);
    }
  }

  abandon(key: StoreKey, token: string, notBeforeMs = 0, miss?: Miss): void {
    const drawer = this.#drawerOf(key.scope);
    const held = drawer.leases.get(key.text);
    if (held?.token !== token) return;
    const stored = drawer.records.has(key.text);
    if (miss !== undefined && !stored) this.#misses.bury(key, miss);
    if (notBeforeMs > 0 && stored) {
      drawer.heldBack ??= new Map();
      drawer.heldBack.set(key.text, this.#host.clock.now() + notBeforeMs);
    }
    endLease(drawer, key.text);
    this.#sweep(drawer, key.scope.text);
  }

  invalidate(what: Invalidation): void {
    const generation = ++this.#generation;
    const { namespace = '', by = 'invalidate()', keys = [], identities } = what;
    const expiredAt = what.expire ? this.#host.clock.now() : undefined;
    for (const key of keys) {
      if (expiredAt === undefined) this.#invalidateKey(key, by);
      else this.#expireKey(key, expiredAt);
    }
    if (what.all || identities !== undefined) {
      const named = new Set(identities);
      for (const [text, drawer] of this.#drawers) {
        if (drawer.namespace !== namespace) continue;
        if (!what.all && !named.has(drawer.identity)) continue;
        if (expiredAt === undefined) voidDrawer(drawer, generation, by);
        else expireDrawer(drawer, generation, expiredAt);
        this.#sweep(drawer, text);
      }
    }
    this.#tags.mark(what, generation, expiredAt);
  }

  close(): void {
    this.#recent.clear();
    this.#promises.clear();
    for (const drawer of this.#drawers.values()) {
      endLeases(drawer);
      drawer.gone = true;
    }
    this.#drawers.clear();
  }

  stats(): StoreStats {
    return this.#recent.stats();
  }

  #drawerOf(scope: KeyScope): Drawer {
    const home = scope.home as Drawer | undefined;
    if (home !== undefined && home.store === this && !home.gone) return home;
    let drawer = this.#drawers.get(scope.text);
    if (drawer === undefined) {
      drawer = newDrawer(this, scope);
      this.#drawers.set(scope.text, drawer);
    }
    scope.home = drawer;
    return drawer;
  }

  #write(drawer: Drawer, key: StoreKey, given: StateRecord): Commit {
    this.#drop(drawer, key.text);
    const record = given as Kept;
    record.shelf = -1;
    // First, so that a drawer from which all else goes to make room is not swept.
    drawer.records.set(key.text, record);
    let added = false;
    try {
      added = this.#recent.add(record); // throws what a sizeOf of the user's throws
    } finally {
      if (!added) drawer.records.delete(key.text);
    }
    if (!added) {
      this.#misses.bury(key, { reason: 'not-stored', detail: TOO_LARGE });
      return { committed: false, refused: TOO_LARGE };
    }
    drawer.holdsFailures ||= FailureRecord.is(record.value);
    drawer.heldBack?.delete(key.text);
    this.#misses.unbury(key);
    this.#misses.sawVersion(key.scope.identity, key.scope.version);
    return { committed: true };
  }

  /** The LRU has dropped a record to make room: forget it here too, and remember why. */
  #evicted(record: Kept): void {
    this.#promises.drop(record);
    const drawer = this.#drawerOf(record.key.scope);
    if (drawer.records.get(record.key.text) !== record) return;
    drawer.records.delete(record.key.text);
    drawer.heldBack?.delete(record.key.text);
    this.#misses.bury(record.key, { reason: 'evicted', detail: 'evicted to make room' });
    this.#sweep(drawer, record.key.scope.text);
  }

  #invalidateKey(key: StoreKey, by: string): void {
    const drawer = this.#drawerOf(key.scope);
    const dropped = this.#drop(drawer, key.text);
    if (dropped || drawer.leases.has(key.text)) {
      this.#misses.bury(key, invalidatedBy(by));
    }
    endLease(drawer, key.text);
    this.#sweep(drawer, key.scope.text);
  }

  #expireKey(key: StoreKey, at: number): void {
    const drawer = this.#drawerOf(key.scope);
    const lease = drawer.leases.get(key.text);
    if (lease !== undefined) lease.expiredAt ??= at;
    const record = drawer.records.get(key.text);
    if (record !== undefined && record.expiresAt > at) {
      // Hits that were given the record go on saying what was so.
      const expired = expiredCopy(record, at);
      const until = drawer.heldBack?.get(key.text);
      try {
        this.#write(drawer, key, expired);
        if (until !== undefined) drawer.heldBack?.set(key.text, until);
      } catch {
        // a `sizeOf` of the user's: it is no longer there, which is more than was asked
      }
    }
    this.#sweep(drawer, key.scope.text);
  }

  /** Forgets a record. Whether there was one. */
  #drop(drawer: Drawer, text: string): boolean {
    const record = drawer.records.get(text);
    if (record === undefined) return false;
    drawer.records.delete(text);
    drawer.heldBack?.delete(text);
    this.#recent.delete(record);
    this.#promises.drop(record);
    return true;
  }

  /** Since when an invalidation that only expires has reached the record; `Infinity`: none has. */
  #expiredSince(drawer: Drawer, { generation, tags }: StateRecord): number {
    return Math.min(
      expiredSince(drawer.expiries, generation),
      this.#tags.expiredSince(drawer.namespace, tags, generation),
    );
  }

  /** A copy of the record of a key that has expired, unless it is void. */
  #expired(drawer: Drawer, key: StoreKey): StateRecord | undefined {
    const record = drawer.records.get(key.text);
    if (record === undefined || record.generation <= drawer.voidAt) return undefined;
    if (this.#tags.voided(drawer.namespace, record.tags, record.generation)) return undefined;
    return expiredCopy(record, this.#expiredSince(drawer, record));
  }

  #isHeldBack(drawer: Drawer, expired: StateRecord): boolean {
    const until = drawer.heldBack?.get(expired.key.text);
    if (until === undefined) return false;
    const now = this.#host.clock.now();
    return until > now && staleUntil(expired) > now;
  }

  /** Drops a drawer that holds nothing, so that versions and namespaces that come and go leave nothing behind. */
  #sweep(drawer: Drawer, scopeText: string): void {
    if (drawer.records.size > 0 || drawer.leases.size > 0 || drawer.gone) return;
    drawer.gone = true;
    this.#drawers.delete(scopeText);
  }

  #why(drawer: Drawer, key: StoreKey, expired: StateRecord | undefined): Miss {
    const record = expired ?? drawer.records.get(key.text);
    if (record === undefined) return this.#whyAbsent(key);
    if (record.generation <= drawer.voidAt) return invalidatedBy(drawer.voidBy);
    if (expired === undefined && this.#tags.voided(drawer.namespace, record.tags, record.generation))
      return this.#tags.whoVoided(drawer.namespace, record.tags, record.generation);
    const ago = this.#host.clock.now() - record.expiresAt;
    return ago < 0 ? { reason: 'refresh' } : expiredAgo(ago);
  }

  #whyAbsent(key: StoreKey): Miss {
    const buried = this.#misses.recall(key);
    if (buried !== undefined) return buried;
    const { identity, version, namespace } = key.scope;
    for (const other of this.#misses.otherVersions(identity, version)) {
      const drawer = this.#drawers.get(scopeText(identity, other, namespace));
      if (drawer?.records.has(key.text)) return storedUnder(other);
    }
    return this.#misses.unknown;
  }
}
