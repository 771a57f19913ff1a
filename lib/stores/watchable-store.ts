import type { StateStore } from './store.js';

/** Something was forgotten, expired, or written anew, in a store that others share: no older value of it is a hit any more. */
export interface InvalidatedEvent {
  readonly kind: 'invalidated';
  readonly namespace: string;
  /** Single keys, as `StoreKey.digest`. */
  readonly digests?: readonly string[] | undefined;
  readonly identities?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
  /**
   * Records of this generation or an older one are void. Of a key that was written anew: one less than the new record's.
   * Absent where it is not known: then whatever was read before the event is void.
   */
  readonly generation?: number | undefined;
}

/**
 * What a shared store tells of. `distrust`: events may have been missed, so nothing kept nearby is to be believed unasked. A
 * store says so when it loses its subscription, when it has it again (also the first time, where it began to watch before it was
 * subscribed), and may repeat it in between to bound how long an old value is served.
 */
export type StoreEvent = InvalidatedEvent | { readonly kind: 'distrust' };

/**
 * A store that tells of invalidations by other processes, so that a near tier need not wait for `nearMaxAge`. Events are hints
 * that may come late, twice and in any order. Own invalidations and writes may be told too.
 */
export interface WatchableStore extends StateStore {
  /** Calls back for every event until the function that it answers with is called, or the store is closed. */
  watch(listener: (event: StoreEvent) => void): () => void;
}

/** Whether a store can be watched. */
export function isWatchable(store: StateStore): store is WatchableStore {
  return typeof (store as Partial<WatchableStore>).watch === 'function';
}
