import type { Invalidation, StateRecord, StoreKey } from '../../lib/index.js';
import { staleUntil } from '../../lib/stores/record.js';

/** What a store has to answer, told the slow way: by looking at all that ever happened. */
export class Model {
  readonly #marks: Mark[] = [];
  readonly #slots = new Map<StoreKey, Slot>();
  #turn = 0;

  /** @param losesLeases whether a lease ends by its time. */
  constructor(readonly losesLeases: boolean) {}

  slot(key: StoreKey): Slot {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { stored: undefined, lease: undefined, heldUntil: 0 };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  /** What expiries or invalidations there were of a key and tags since a turn. */
  #since(turn: number, key: StoreKey, tags: readonly string[], expires: boolean): readonly Mark[] {
    return this.#marks.filter(
      ({ what, turn: at }) => at > turn && (what.expire === true) === expires && reaches(what, key, tags),
    );
  }

  /** The record of a key with when it expired or will, unless it is void. */
  record(key: StoreKey): { readonly record: StateRecord; readonly expiresAt: number } | undefined {
    const { stored } = this.slot(key);
    if (stored === undefined) return undefined;
    const { record, began } = stored;
    const tags = record.tags ?? [];
    if (this.#since(began, key, tags, false).length > 0) return undefined;
    const times = this.#since(began, key, tags, true).map(({ at }) => at);
    return { record, expiresAt: Math.min(record.expiresAt, ...times) };
  }

  answer(key: StoreKey, mode: 'normal' | 'refresh', leaseMs: number, now: number): 'hit' | 'stale' | 'wait' | 'lead' {
    if (mode === 'refresh') return 'lead';
    const found = this.record(key);
    if (found !== undefined && found.expiresAt > now) return 'hit';
    const { lease, heldUntil } = this.slot(key);
    if (found !== undefined && heldUntil > now && staleUntil({ ...found.record, expiresAt: found.expiresAt }) > now)
      return 'stale';
    const live = lease?.held && !this.#isVoid(key, lease) && (!this.losesLeases || lease.until > now);
    return live && leaseMs > 0 ? 'wait' : 'lead';
  }

  lead(key: StoreKey, token: string, leaseMs: number, now: number): void {
    this.slot(key).lease = { token, held: leaseMs > 0, until: now + leaseMs, began: ++this.#turn };
  }

  /** Answers with when what was written expires; undefined where it is refused. */
  commit(key: StoreKey, token: string, record: StateRecord): number | undefined {
    const slot = this.slot(key);
    const { lease } = slot;
    if (lease?.token !== token) return undefined;
    slot.lease = undefined;
    if (this.#since(lease.began, key, record.tags ?? [], false).length > 0) return undefined;
    slot.stored = { record, began: lease.began };
    slot.heldUntil = 0;
    return this.record(key)?.expiresAt;
  }

  abandon(key: StoreKey, token: string, notBeforeMs: number, now: number): void {
    const slot = this.slot(key);
    if (slot.lease?.token !== token || this.#isVoid(key, slot.lease)) return;
    slot.lease = undefined;
    if (notBeforeMs > 0 && slot.stored !== undefined) slot.heldUntil = now + notBeforeMs;
  }

  invalidate(what: Invalidation, now: number): void {
    this.#marks.push({ what, turn: ++this.#turn, at: now });
  }

  /** Those that no tag has to do with: which tags a run will have is not known while it runs. */
  #isVoid(key: StoreKey, { began }: Lease): boolean {
    return this.#since(began, key, [], false).length > 0;
  }
}

interface Mark {
  readonly what: Invalidation;
  readonly turn: number;
  readonly at: number;
}

interface Lease {
  readonly token: string;
  readonly held: boolean;
  readonly until: number;
  readonly began: number;
}

interface Slot {
  stored: { readonly record: StateRecord; readonly began: number } | undefined;
  lease: Lease | undefined;
  heldUntil: number;
}

function reaches({ keys, identities, tags, all }: Invalidation, key: StoreKey, own: readonly string[]): boolean {
  if (all || keys?.includes(key) || identities?.includes(key.scope.identity)) return true;
  return own.some((tag) => tags?.includes(tag));
}
