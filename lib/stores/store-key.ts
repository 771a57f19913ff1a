import { sha256 } from '../keys/hash.js';

/** Longer key texts are digested at once; shorter ones stay as they are while they are in the process. */
const MAX_PLAIN = 256;
/** No plain key begins like this, so a digested key never meets one that a user wrote. */
const DIGESTED = '\u0000sha256:';

/**
 * Whom keys belong to: a namespace, a task's identity and version (or the shared scope). Two scopes with one text are the same.
 */
export class KeyScope {
  readonly text: string;
  /** Where a store keeps this scope, and which store; saves it a lookup on every hit. */
  home: { readonly store: object; gone: boolean } | undefined = undefined;

  constructor(
    readonly identity: string,
    readonly version: string | undefined,
    readonly namespace: string,
  ) {
    this.text = scopeText(identity, version, namespace);
  }
}

/** The text of a scope: injective, as every part has its length. */
export function scopeText(identity: string, version: string | undefined, namespace: string): string {
  const tail = version === undefined ? '-' : `${version.length}:${version}`;
  return `${namespace.length}:${namespace}${identity.length}:${identity}${tail}`;
}

/** A scoped key as stores get it. */
export class StoreKey {
  readonly scope: KeyScope;
  /** What the key function returned, as it is while short, else its digest. Unique within the scope. */
  readonly text: string;
  #digest: string | undefined;

  constructor(scope: KeyScope, key: string) {
    this.scope = scope;
    this.text = key.length <= MAX_PLAIN && key.charCodeAt(0) !== 0 ? key : DIGESTED + sha256(key);
  }

  /** The key of this text, which is that of another one: it may be a digest, and is not digested again. */
  static again(scope: KeyScope, text: string): StoreKey {
    const plain = text.charCodeAt(0) !== 0;
    return plain ? new StoreKey(scope, text) : Object.assign(new StoreKey(scope, ''), { text });
  }

  /** SHA-256 of scope and key in hex: what leaves the process. Made when read. */
  get digest(): string {
    this.#digest ??= sha256(`${this.scope.text}${this.text}`);
    return this.#digest;
  }
}
