import type { Miss } from './store.js';
import type { StoreKey } from './store-key.js';

/** How many keys that went are remembered. */
const RING = 2_048;
/** How many versions are remembered of each identity, and of how many identities. */
const VERSIONS = 8;
const IDENTITIES = 1_024;

/**
 * What a store remembers of values it no longer has: a bounded ring of tombstones, and the last versions of each identity.
 * It answers why a lookup missed; forgetting makes an answer less exact, never wrong.
 */
export class MissMemory {
  readonly #tombstones = new Map<string, Miss>();
  readonly #versions = new Map<string, Set<string | undefined>>();
  #forgot = false;

  /** Notes that a key's value went, or was not stored, and why. */
  bury(key: StoreKey, miss: Miss): void {
    const name = key.scope.text + key.text;
    this.#tombstones.delete(name);
    this.#tombstones.set(name, miss);
    if (this.#tombstones.size > RING) this.#forgot = dropOldest(this.#tombstones);
  }

  /** Notes that a key has a value again. */
  unbury(key: StoreKey): void {
    if (this.#tombstones.size > 0) this.#tombstones.delete(key.scope.text + key.text);
  }

  /** Notes that an identity was seen under a version. */
  sawVersion(identity: string, version: string | undefined): void {
    let seen = this.#versions.get(identity);
    if (seen === undefined) {
      seen = new Set();
      this.#versions.set(identity, seen);
      if (this.#versions.size > IDENTITIES) dropOldest(this.#versions);
    }
    if (seen.has(version)) return;
    seen.add(version);
    if (seen.size > VERSIONS) dropOldest(seen);
  }

  /** Other versions under which this identity stored something, newest first. */
  otherVersions(identity: string, version: string | undefined): readonly (string | undefined)[] {
    const seen = this.#versions.get(identity);
    return seen === undefined ? [] : [...seen].filter((other) => other !== version).reverse();
  }

  /** Why this key has no value, where that is remembered. */
  recall(key: StoreKey): Miss | undefined {
    return this.#tombstones.get(key.scope.text + key.text);
  }

  /** What can be said of a key that nothing is remembered of. */
  get unknown(): Miss {
    if (this.#forgot) return { reason: 'not-stored', detail: 'no longer remembered whether it was ever stored' };
    return { reason: 'first-seen' };
  }
}

function dropOldest(ring: Map<string, unknown> | Set<string | undefined>): true {
  const [oldest] = ring.keys();
  ring.delete(oldest as string);
  return true;
}
