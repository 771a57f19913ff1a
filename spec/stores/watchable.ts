import type { StateRecord, StateStore, StoreKey } from '../../lib/index.js';
import type { StoreEvent, WatchableStore } from '../../lib/stores/watchable-store.js';
import { AsyncStore } from '../engine/pond-under-test.js';

const watchers = new WeakMap<StateStore, Set<(event: StoreEvent) => void>>();

/** One process's handle on a store that several share and that tells all of them of invalidations and writes. Closing it closes only the handle. */
export class Watchable extends AsyncStore implements WatchableStore {
  override readonly name = 'shared';
  /** How often each method was called. */
  readonly calls = { get: 0, lead: 0, commit: 0, invalidate: 0 };
  #closed = false;

  constructor(override readonly inner: StateStore) {
    super();
  }

  get #watchers(): Set<(event: StoreEvent) => void> {
    const set = watchers.get(this.inner) ?? new Set();
    watchers.set(this.inner, set);
    return set;
  }

  watch(listener: (event: StoreEvent) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** How many listen to the shared store. */
  get listeners(): number {
    return this.#watchers.size;
  }

  tell(event: StoreEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  override async get(key: StoreKey): Promise<StateRecord | undefined> {
    this.calls.get++;
    return super.get(key);
  }

  override async lead(...args: Parameters<AsyncStore['lead']>): ReturnType<AsyncStore['lead']> {
    this.calls.lead++;
    return super.lead(...args);
  }

  override async commit(...args: Parameters<AsyncStore['commit']>): ReturnType<AsyncStore['commit']> {
    this.calls.commit++;
    const answer = await super.commit(...args);
    const [{ scope, digest }, , { generation }] = args;
    if (answer.committed) {
      this.tell({ kind: 'invalidated', namespace: scope.namespace, digests: [digest], generation: generation - 1 });
    }
    return answer;
  }

  override async invalidate(...args: Parameters<AsyncStore['invalidate']>): Promise<void> {
    this.calls.invalidate++;
    await super.invalidate(...args);
    const [{ namespace = '', keys, identities, tags, all }] = args;
    this.tell({ kind: 'invalidated', namespace, digests: keys?.map((key) => key.digest), identities, tags, all });
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }
}

export function watchable(inner: StateStore): Watchable {
  return new Watchable(inner);
}
