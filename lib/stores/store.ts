import type { Clock } from '../base/clock.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { MissReason } from '../states/cache-outcome.js';
import type { Plain } from './plain.js';
import type { StateRecord } from './record.js';
import type { StoreKey } from './store-key.js';
import type { Undecodable } from './undecodable.js';

/** How a run asks for the right to compute. */
export interface LeadRequest {
  /** `refresh` takes no stored value and overtakes a run that is under way. */
  readonly mode: 'normal' | 'refresh';
  /** Tells this holder from every other. */
  readonly token: string;
  /** How long the lease lasts unless renewed; 0 takes the fence alone (synchronous tasks cannot renew or wait). */
  readonly leaseMs: number;
  /** Who wants to be told when a lease ends. */
  readonly waiter?: string;
}

/** Why a store had no valid value, as far as it remembers. */
export interface Miss {
  readonly reason: MissReason;
  /** A sentence for people. */
  readonly detail?: string;
}

/**
 * A store's answer to {@link LeadRequest}: a valid value; an expired one because nobody is to compute for a while (see
 * {@link StateStore.abandon}); a run under way elsewhere; or the right to compute, with the generation that fences it.
 *
 * `stale` is a copy of the expired record, where one is still there that nobody has invalidated and that can be read; never in
 * mode `refresh`. Its `expiresAt` is when it did expire, be it by {@link Invalidation.expire}. Whether it may be served is for the
 * caller to judge, by `renewForMs` and `errorForMs`.
 */
export type Lead =
  | { readonly status: 'hit'; readonly record: StateRecord }
  | { readonly status: 'stale'; readonly record: StateRecord }
  | {
      readonly status: 'wait';
      readonly leaseLeftMs: number;
      /** Resolves when there may be news. A hint, never the truth. */
      readonly woken?: Promise<void>;
      readonly stale?: StateRecord;
    }
  | {
      readonly status: 'lead';
      readonly generation: number;
      readonly miss: Miss;
      /** Renew this often, in milliseconds, or lose the lease; absent where it cannot be lost. */
      readonly renewEveryMs?: number;
      readonly stale?: StateRecord;
    };

/**
 * What to forget in one namespace: single keys, whole tasks by identity, tags, or everything. Other namespaces are left alone. Names
 * may be any texts: separators, control characters and lone surrogates tell them apart like any other character. The cost is that of
 * the names given, not of the entries reached; 10,000 of them at once are bounded work (docs/decisions/0011-expiry.md).
 */
export interface Invalidation {
  /** Default: the one without a name. */
  readonly namespace?: string | undefined;
  readonly keys?: readonly StoreKey[];
  readonly identities?: readonly string[];
  readonly tags?: readonly string[];
  readonly all?: true;
  /**
   * Expires instead of forgetting: what is stored is a hit no more, but is kept for its stale windows, which begin now unless it had
   * expired before. Runs under way go on; what they store counts as expired since now.
   */
  readonly expire?: true;
  /** Who asked, for the reason of later misses. */
  readonly by?: string;
}

/** What a store is told of the pond that uses it. */
export interface StoreHost {
  /** Ask for it each time: a pond may be given another. */
  readonly clock: Clock;
}

/** How a store that writes values as bytes keeps class instances: as data, from which the class that a task names brings them back. */
export interface Revival {
  /** What is stored instead of the value. Throws where it would not come back the same. */
  toPlain(value: unknown, returns: Returns): Plain;
  /** The value of what {@link toPlain} made, anew at every call. */
  revive(plain: Plain, returns: Returns): { readonly value: unknown } | Undecodable;
}

/** The class of a task's results, or of the elements of an array. */
export type Returns = () => ResultClass | readonly [ResultClass];
type ResultClass = new (...args: never[]) => object;

/**
 * Where states are kept. Where `sync` is true, `get`, and all that a synchronous task asks (a lead without a lease, its commit), is
 * answered at once; other answers may come later. A hit is one `get` and nothing more; everything else happens on a miss. Stores
 * read and write; deadlines, error counts and events are the caller's.
 */
export interface StateStore {
  /** What outcomes and logs call it. */
  readonly name: string;
  readonly sync: boolean;
  /** Where values leave the process: how class instances do. */
  readonly revival?: Revival;
  /** Tells the store of the pond it serves; called once per pond, before anything else. */
  attach?(host: StoreHost): void;
  /** The record of this key while it is valid. */
  get(key: StoreKey): MaybePromise<StateRecord | undefined>;
  /** After a miss: asks for the right to compute. */
  lead(key: StoreKey, request: LeadRequest): MaybePromise<Lead>;
  /** Holds the lease for another while; false where it was lost. */
  renew(key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean>;
  /** Writes if the token still holds the key, and gives up the lease; else answers with what is there. */
  commit(key: StoreKey, token: string, record: StateRecord): MaybePromise<Commit>;
  /**
   * Gives up the lease without a value. `miss` says why, for the next lookup. Until `notBeforeMs` milliseconds from now, while an
   * expired record is there whose longer window has not ended, a lead in mode `normal` is answered with that record as `stale`, in
   * all processes; without such a record anybody may lead. A commit or an invalidation of the key ends this.
   */
  abandon(key: StoreKey, token: string, notBeforeMs?: number, miss?: Miss): MaybePromise<void>;
  invalidate(what: Invalidation): MaybePromise<void>;
  close(): MaybePromise<void>;
  /** How much is kept, where the store can tell cheaply. */
  stats?(): StoreStats;
}

/** What became of a write. */
export interface Commit {
  readonly committed: boolean;
  /** The value that was there instead. */
  readonly current?: StateRecord;
  /** Why the store would not keep the value, for people. */
  readonly refused?: string;
  /** It was stored, but has been expired since then: that was asked for while it was computed. */
  readonly expiredAt?: number;
}

/** How much a store keeps. */
export interface StoreStats {
  readonly entries: number;
  /** Estimated; only where the store is bounded by bytes. */
  readonly bytes?: number;
}

const METHODS = ['get', 'lead', 'renew', 'commit', 'abandon', 'invalidate', 'close'] as const;

/** Whether a value implements the contract, by its shape. */
export function isStateStore(value: unknown): value is StateStore {
  if (typeof value !== 'object' || value === null) return false;
  const store = value as Record<string, unknown>;
  return (
    typeof store.name === 'string' &&
    typeof store.sync === 'boolean' &&
    METHODS.every((m) => typeof store[m] === 'function')
  );
}
