import { LRUCache } from 'lru-cache';
import { systemClock } from '../base/clock.js';
import { formatMs } from '../base/duration.js';
import { fn, readOptions, whole } from '../base/option-reader.js';
import { estimateBytes } from './estimate-bytes.js';
import { MissMemory } from './miss-memory.js';
import type { StateRecord } from './record.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StateStore, StoreHost, StoreStats } from './store.js';
import { type KeyScope, type StoreKey, scopeText } from './store-key.js';

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
/** An entry beside its value and key: record, two map entries, list links, origin (measured in bench/). */
const ENTRY_BYTES = 400;
/**
 * Order matters to eviction alone. While a store of at least this size is not half full, a hit does not touch it (60 ns in an
 * awaiting loop); before anything can be evicted, half the store is filled anew, and all that is used meanwhile is touched.
 */
const CALM_FROM = 1_000;
/** Invalidated tags that are remembered one by one; older ones are remembered as one point in time. */
const MAX_TAGS = 10_000;

const TOO_LARGE = 'the value is larger than the store may grow';
const INVALIDATED_BY_TAG: Miss = { reason: 'invalidated', detail: 'invalidated by tag' };

const schema = {
  maxEntries: whole(1, 2 ** 24),
  maxBytes: whole(1),
  sizeOf: fn<(value: unknown) => number>('of the value, in bytes'),
};

/**
 * States in this process: an lru-cache bounded by entries and, if asked, by bytes. Values are kept as they are, so hits share
 * them unless `resultCopy` says otherwise. Synchronous.
 */
export function memoryStore(options: MemoryStoreOptions = {}): StateStore {
  return new MemoryStore(options);
}

interface Lease {
  readonly token: string;
  readonly generation: number;
  /** False where only the fence was taken. */
  readonly held: boolean;
  /** Resolves when the lease ends; made when somebody waits. */
  ended?: { readonly promise: Promise<void>; readonly resolve: () => void };
}

/** One scope's part of the store: looked up once, then found through the scope itself. */
interface Drawer {
  readonly store: object;
  readonly identity: string;
  readonly namespace: string;
  readonly records: Map<string, StateRecord>;
  readonly leases: Map<string, Lease>;
  /** Records of this generation or an older one are void. */
  voidAt: number;
  voidBy: string;
  gone: boolean;
}

class MemoryStore implements StateStore {
  readonly name = 'memory';
  readonly sync = true;
  readonly #lru: LRUCache<StateRecord, StateRecord>;
  /** With fewer entries a hit leaves the order alone: see {@link CALM_FROM}. */
  readonly #calmBelow: number;
  readonly #drawers = new Map<string, Drawer>();
  readonly #misses = new MissMemory();
  /** Generation of each tag's last invalidation. */
  readonly #tags = new Map<string, number>();
  #tagsFloor = 0;
  /** Asked for its clock each time: a pond may be given another. */
  #host: StoreHost = { clock: systemClock };
  #attached = false;
  /** Orders every computation and every invalidation in this store. */
  #generation = 0;

  constructor(given: MemoryStoreOptions) {
    const options = readOptions(schema, given, 'memoryStore');
    const { sizeOf = estimateBytes, maxEntries = DEFAULT_MAX_ENTRIES } = options;
    this.#calmBelow = options.maxBytes === undefined && maxEntries >= CALM_FROM ? maxEntries / 2 : 0;
    this.#lru = new LRUCache<StateRecord, StateRecord>({
      max: maxEntries,
      ...(options.maxBytes === undefined
        ? {}
        : {
            maxSize: options.maxBytes,
            sizeCalculation: (record: StateRecord) =>
              Math.max(1, Math.ceil(ENTRY_BYTES + 2 * record.key.text.length + sizeOf(record.value))),
          }),
      dispose: (record, _key, why) => {
        if (why === 'evict') this.#evicted(record);
      },
    });
  }

  attach(host: StoreHost): void {
    if (!this.#attached) this.#host = host;
    this.#attached = true;
  }

  get(key: StoreKey): StateRecord | undefined {
    const drawer = this.#drawerOf(key.scope);
    const record = drawer.records.get(key.text);
    if (record === undefined) return undefined;
    if (record.expiresAt !== Number.POSITIVE_INFINITY && record.expiresAt <= this.#host.clock.now()) return undefined;
    if (record.generation <= drawer.voidAt) return undefined;
    if (record.tags !== undefined && this.#tagsVoid(drawer.namespace, record.tags, record.generation)) return undefined;
    return this.#lru.size < this.#calmBelow ? record : this.#lru.get(record);
  }

  lead(key: StoreKey, request: LeadRequest): Lead {
    const drawer = this.#drawerOf(key.scope);
    const held = drawer.leases.get(key.text);
    if (request.mode === 'normal') {
      const record = this.get(key);
      if (record !== undefined) return { status: 'hit', record };
      if (held?.held && request.leaseMs > 0) {
        return { status: 'wait', leaseLeftMs: Number.POSITIVE_INFINITY, woken: endOf(held) };
      }
    }
    const generation = ++this.#generation;
    endLease(drawer, key.text);
    drawer.leases.set(key.text, { token: request.token, generation, held: request.leaseMs > 0 });
    return { status: 'lead', generation, miss: this.#why(drawer, key) };
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
      if (record.tags === undefined || !this.#tagsVoid(drawer.namespace, record.tags, held.generation))
        return this.#write(drawer, key, record);
      this.#misses.bury(key, INVALIDATED_BY_TAG);
      return { committed: false };
    } finally {
      endLease(drawer, key.text);
      this.#sweep(drawer, key.scope.text);
    }
  }

  abandon(key: StoreKey, token: string, _notBeforeMs?: number, miss?: Miss): void {
    const drawer = this.#drawerOf(key.scope);
    const held = drawer.leases.get(key.text);
    if (held?.token !== token) return;
    if (miss !== undefined && !drawer.records.has(key.text)) this.#misses.bury(key, miss);
    endLease(drawer, key.text);
    this.#sweep(drawer, key.scope.text);
  }

  invalidate(what: Invalidation): void {
    const generation = ++this.#generation;
    const { namespace = '', by = 'invalidate()' } = what;
    for (const key of what.keys ?? []) this.#invalidateKey(key, by);
    if (what.all || what.identities !== undefined) {
      for (const [text, drawer] of this.#drawers) {
        if (drawer.namespace !== namespace) continue;
        if (!what.all && !what.identities?.includes(drawer.identity)) continue;
        voidDrawer(drawer, generation, by);
        this.#sweep(drawer, text);
      }
    }
    if (what.tags !== undefined) this.#voidTags(namespace, what.tags, generation);
  }

  close(): void {
    this.#lru.clear();
    for (const drawer of this.#drawers.values()) {
      endLeases(drawer);
      drawer.gone = true;
    }
    this.#drawers.clear();
  }

  stats(): StoreStats {
    const entries = this.#lru.size;
    return this.#lru.maxSize > 0 ? { entries, bytes: this.#lru.calculatedSize } : { entries };
  }

  #drawerOf(scope: KeyScope): Drawer {
    const home = scope.home as Drawer | undefined;
    if (home !== undefined && home.store === this && !home.gone) return home;
    let drawer = this.#drawers.get(scope.text);
    if (drawer === undefined) {
      drawer = {
        store: this,
        identity: scope.identity,
        namespace: scope.namespace,
        records: new Map(),
        leases: new Map(),
        voidAt: 0,
        voidBy: '',
        gone: false,
      };
      this.#drawers.set(scope.text, drawer);
    }
    scope.home = drawer;
    return drawer;
  }

  #write(drawer: Drawer, key: StoreKey, record: StateRecord): Commit {
    const old = drawer.records.get(key.text);
    if (old !== undefined) {
      drawer.records.delete(key.text);
      this.#lru.delete(old);
    }
    this.#lru.set(record, record); // throws what a sizeOf of the user's throws
    if (this.#lru.maxSize > 0 && !this.#lru.has(record)) {
      this.#misses.bury(key, { reason: 'not-stored', detail: TOO_LARGE });
      return { committed: false, refused: TOO_LARGE };
    }
    drawer.records.set(key.text, record);
    this.#misses.unbury(key);
    this.#misses.sawVersion(key.scope.identity, key.scope.version);
    return { committed: true };
  }

  /** The LRU has dropped a record to make room: forget it here too, and remember why. */
  #evicted(record: StateRecord): void {
    const drawer = this.#drawerOf(record.key.scope);
    if (drawer.records.get(record.key.text) !== record) return;
    drawer.records.delete(record.key.text);
    this.#misses.bury(record.key, { reason: 'evicted', detail: 'evicted to make room' });
    this.#sweep(drawer, record.key.scope.text);
  }

  #invalidateKey(key: StoreKey, by: string): void {
    const drawer = this.#drawerOf(key.scope);
    const record = drawer.records.get(key.text);
    if (record !== undefined) {
      drawer.records.delete(key.text);
      this.#lru.delete(record);
    }
    if (record !== undefined || drawer.leases.has(key.text)) {
      this.#misses.bury(key, { reason: 'invalidated', detail: `invalidated by ${by}` });
    }
    endLease(drawer, key.text);
    this.#sweep(drawer, key.scope.text);
  }

  #voidTags(namespace: string, tags: readonly string[], generation: number): void {
    for (const tag of tags) {
      const own = inNamespace(namespace, tag);
      this.#tags.delete(own);
      this.#tags.set(own, generation);
    }
    for (const [tag, at] of this.#tags) {
      if (this.#tags.size <= MAX_TAGS) break;
      this.#tags.delete(tag);
      this.#tagsFloor = Math.max(this.#tagsFloor, at);
    }
  }

  #tagsVoid(namespace: string, tags: readonly string[], generation: number): boolean {
    if (generation <= this.#tagsFloor) return true;
    return this.#tags.size > 0 && tags.some((tag) => generation <= (this.#tags.get(inNamespace(namespace, tag)) ?? 0));
  }

  /** Drops a drawer that holds nothing, so that versions and namespaces that come and go leave nothing behind. */
  #sweep(drawer: Drawer, scopeText: string): void {
    if (drawer.records.size > 0 || drawer.leases.size > 0 || drawer.gone) return;
    drawer.gone = true;
    this.#drawers.delete(scopeText);
  }

  #why(drawer: Drawer, key: StoreKey): Miss {
    const record = drawer.records.get(key.text);
    if (record === undefined) return this.#whyAbsent(key);
    if (record.generation <= drawer.voidAt) return { reason: 'invalidated', detail: `invalidated by ${drawer.voidBy}` };
    if (record.tags !== undefined && this.#tagsVoid(drawer.namespace, record.tags, record.generation)) {
      return INVALIDATED_BY_TAG;
    }
    const ago = this.#host.clock.now() - record.expiresAt;
    return ago < 0 ? { reason: 'refresh' } : { reason: 'expired', detail: `expired ${formatMs(ago)} ago` };
  }

  #whyAbsent(key: StoreKey): Miss {
    const buried = this.#misses.recall(key);
    if (buried !== undefined) return buried;
    const { identity, version, namespace } = key.scope;
    for (const other of this.#misses.otherVersions(identity, version)) {
      const drawer = this.#drawers.get(scopeText(identity, other, namespace));
      if (!drawer?.records.has(key.text)) continue;
      const was = other === undefined ? 'no version' : `version '${other}'`;
      return { reason: 'version-changed', detail: `stored under ${was}` };
    }
    return this.#misses.unknown;
  }
}

function voidDrawer(drawer: Drawer, generation: number, by: string): void {
  drawer.voidAt = generation;
  drawer.voidBy = by;
  endLeases(drawer);
}

function endLeases(drawer: Drawer): void {
  for (const text of [...drawer.leases.keys()]) endLease(drawer, text);
}

function endLease(drawer: Drawer, text: string): void {
  const lease = drawer.leases.get(text);
  if (lease === undefined) return;
  drawer.leases.delete(text);
  lease.ended?.resolve();
}

function endOf(lease: Lease): Promise<void> {
  if (lease.ended === undefined) {
    let resolve: () => void = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    lease.ended = { promise, resolve };
  }
  return lease.ended.promise;
}

/** A tag as one namespace knows it. */
function inNamespace(namespace: string, tag: string): string {
  return `${namespace.length}:${namespace}${tag}`;
}
