import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Invalidation } from './store.js';

/** More names than this in one namespace, and the whole of it is forgotten instead. */
const MAX_NAMES = 10_000;
/** How often delivery is tried again. */
const EVERY_MS = 1_000;

/**
 * Invalidations that a store failed to take, kept until it answers again. Values are never kept so: an old write could undo a
 * newer one, while an invalidation that comes late costs a computation at most.
 */
export class Undelivered {
  readonly #waiting = new Map<string, { list: Invalidation[]; names: number }>();
  #triedAt = Number.NEGATIVE_INFINITY;

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  add(what: Invalidation): void {
    const namespace = what.namespace ?? '';
    const waiting = this.#waiting.get(namespace) ?? { list: [], names: 0 };
    this.#waiting.set(namespace, waiting);
    waiting.names += 1 + [what.keys, what.identities, what.tags].reduce((sum, list) => sum + (list?.length ?? 0), 0);
    if (waiting.names > MAX_NAMES) waiting.list = [{ namespace, all: true, by: 'an invalidation during an outage' }];
    else waiting.list.push(what);
  }

  /** The store answers again: delivers what waits, at most once a second. What it fails to take waits on. */
  deliver(now: number, invalidate: (what: Invalidation) => MaybePromise<void>): void {
    if (now - this.#triedAt < EVERY_MS) return;
    this.#triedAt = now;
    const all = [...this.#waiting.values()].flatMap(({ list }) => list);
    this.#waiting.clear();
    for (const what of all) {
      try {
        const answer = invalidate(what);
        if (isThenable(answer)) answer.then(undefined, () => this.add(what));
      } catch {
        this.add(what);
      }
    }
  }
}
