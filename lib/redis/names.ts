import { sha256 } from '../keys/hash.js';
import type { KeyScope } from '../stores/store-key.js';

/**
 * Every name that the store uses on the server. All begin with the prefix; what belongs to one key is tagged by its digest, so
 * that a cluster keeps it in one slot which no user input can choose.
 */
export class Names {
  readonly board: string;
  /** Who invalidated what, for people. */
  readonly by: string;
  /** Where the newest number of the board is told. */
  readonly bus: string;
  /** Where keys are told of that were invalidated or written. */
  readonly events: string;
  /** What the name of every inbox begins with. */
  readonly inboxes: string;

  constructor(readonly prefix: string) {
    this.board = `${prefix}:{board}`;
    this.by = `${prefix}:{board}:by`;
    this.bus = `${prefix}:bus`;
    this.events = `${prefix}:events`;
    this.inboxes = `${prefix}:in:`;
  }

  value(digest: string): string {
    return `${this.prefix}:{${digest}}`;
  }

  /** Value, lease and waiters of one key: what its scripts may touch. */
  keys(digest: string): readonly [string, string, string] {
    const value = this.value(digest);
    return [value, `${value}:lease`, `${value}:waiters`];
  }

  /** Under which versions a task has stored something. */
  versions(scope: KeyScope): string {
    return `${this.prefix}:versions:{${sha256(`${scope.namespace.length}:${scope.namespace}${scope.identity}`)}}`;
  }
}

/** Longer names of groups are digested. */
const MAX_GROUP = 256;

/** What is invalidated together: a namespace, a task in it, or a tag in it. Different ones never have one name. */
export function namespaceGroup(namespace: string): string {
  return group('n', namespace, '');
}

export function identityGroup(namespace: string, identity: string): string {
  return group('i', namespace, identity);
}

export function tagGroup(namespace: string, tag: string): string {
  return group('t', namespace, tag);
}

function group(kind: string, namespace: string, name: string): string {
  const text = `${namespace.length}:${namespace}${name}`;
  // UTF-8 has no place for lone surrogates: on the server two of them would be one.
  const asItIs = text.length <= MAX_GROUP && (text as string & { isWellFormed(): boolean }).isWellFormed();
  return asItIs ? `${kind}:${text}` : `${kind}:#${sha256(text)}`;
}

/** The same group, expired instead of forgotten. */
export function expiredGroup(group: string): string {
  return EXPIRED + group;
}

/** The group of an expiry; undefined for any other. */
export function groupExpired(text: string): string | undefined {
  return text.startsWith(EXPIRED) ? text.slice(EXPIRED.length) : undefined;
}

const EXPIRED = 'x';

/** What a group's name says, expired or forgotten; undefined where it was digested. */
export function parseGroup(text: string): { kind: string; namespace: string; name: string } | undefined {
  const match = /^x?([nit]):(\d+):/.exec(text);
  if (match === null) return undefined;
  const [head, kind, length] = match as unknown as [string, string, string];
  const rest = text.slice(head.length);
  return { kind, namespace: rest.slice(0, Number(length)), name: rest.slice(Number(length)) };
}

const groups = new WeakMap<KeyScope, readonly [namespace: string, identity: string]>();

/** The groups that all keys of a scope are in. */
export function groupsOf(scope: KeyScope): readonly [namespace: string, identity: string] {
  let found = groups.get(scope);
  if (found === undefined) {
    found = [namespaceGroup(scope.namespace), identityGroup(scope.namespace, scope.identity)];
    groups.set(scope, found);
  }
  return found;
}
