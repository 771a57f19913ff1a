import type { Kept } from './memory-record.js';
import type { StateRecord } from './record.js';
import type { StateStore } from './store.js';
import type { KeyScope, StoreKey } from './store-key.js';

/** Records in memory, found without anybody elsewhere being asked. */
export interface Findable {
  /** The valid record of this key. */
  get(key: StoreKey): StateRecord | undefined;
  /**
   * The same by the text of a key function as it is, without a key being made of it. None where the text does not say enough, or nothing
   * valid is there: then the store has to be asked.
   */
  find(scope: KeyScope, text: string): Kept | undefined;
  /** Keeps the promise that hits of a record share. */
  share(record: Kept, promise: Promise<unknown>): void;
}

/** Where a store of ours has it. A symbol, so that no method of somebody else's store is taken for it. */
export const FINDABLE = Symbol('findable');

/** The records that a store has in memory, where it has any. */
export function findableOf(store: StateStore): Findable | undefined {
  return (store as { readonly [FINDABLE]?: Findable | undefined })[FINDABLE];
}
