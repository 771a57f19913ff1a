import type { StateRecord } from '../stores/record.js';
import type { Invalidation, LeadRequest, Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { lookUp } from './lookup.js';
import { bury, INVALIDATED_BY_TAG, invalidatedBy, whyMissed } from './misses.js';
import type { Statements } from './statements.js';
import { tagsToSql, toSql } from './text.js';

/** Invalidated tags that are remembered one by one; older ones are remembered as one generation of their namespace. */
const TAGS = 10_000;

/** What the database knows of a key, but for its value. */
export interface Slot {
  readonly scope: number;
  readonly namespace: number;
  readonly scopeVoid: number;
  readonly scopeVoidBy: string | null;
  readonly namespaceVoid: number;
  readonly namespaceVoidBy: string | null;
  /** Of the record; null where there is none. */
  readonly generation: number | null;
  readonly expiresAt: number;
  readonly tagVoid: number | null;
  /** Of the lease; null where there is none. */
  readonly token: string | null;
  readonly leaseGeneration: number;
  readonly held: number;
  readonly ledAt: number;
  readonly leaseUntil: number;
}

/** A record as it is written. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly generation: number;
  readonly expiresAt: number;
  /** When nothing can be got from it any more, not even the reason of a miss; null: never. */
  readonly keptUntil: number | null;
  readonly tags: readonly string[] | undefined;
}

/** What became of asking for the right to compute. */
export type Led =
  | { readonly status: 'hit'; readonly record: StateRecord }
  | { readonly status: 'wait'; readonly slot: Slot }
  | { readonly status: 'lead'; readonly generation: number; readonly miss: Miss };

/** What is known of a key; undefined where its scope was never seen. Needs no transaction. */
export function slotOf(statements: Statements, key: StoreKey): Slot | undefined {
  return statements.slot.get(key.digest, key.digest, toSql(key.scope.text)) as Slot | undefined;
}

/** Whether somebody holds the key and may still come back with a value. */
export function isHeld(slot: Slot, now: number): boolean {
  if (slot.token === null || slot.held === 0 || slot.leaseUntil <= now) return false;
  return slot.leaseGeneration > slot.scopeVoid && slot.leaseGeneration > slot.namespaceVoid;
}

/** In a transaction: gives the value, or has the caller wait, or lets it compute. */
export function lead(statements: Statements, key: StoreKey, request: LeadRequest, now: number): Led {
  const slot = slotOf(statements, key) ?? addScope(statements, key);
  let unreadable: string | undefined;
  if (request.mode === 'normal') {
    const record = lookUp(statements, key, now);
    if (typeof record === 'object') return { status: 'hit', record };
    if (request.leaseMs > 0 && isHeld(slot, now)) return { status: 'wait', slot };
    unreadable = record;
  }
  const generation = nextGeneration(statements);
  const { token, leaseMs } = request;
  statements.putLease.run(key.digest, token, generation, leaseMs > 0 ? 1 : 0, now, now + leaseMs);
  const miss: Miss =
    unreadable === undefined ? whyMissed(statements, slot, key, now) : { reason: 'undecodable', detail: unreadable };
  return { status: 'lead', generation, miss };
}

/** In a transaction: holds the lease for another while; false where it was lost. */
export function renew(statements: Statements, key: StoreKey, token: string, until: number): boolean {
  const slot = slotOf(statements, key);
  if (slot?.token !== token || isLeaseVoid(slot)) return false;
  statements.extendLease.run(until, key.digest);
  return true;
}

/** In a transaction: writes, if the token still has the key. */
export function commit(statements: Statements, key: StoreKey, token: string, encoded: Encoded, now: number): boolean {
  const slot = slotOf(statements, key);
  if (slot?.token !== token) return false;
  statements.dropLease.run(key.digest);
  if (isLeaseVoid(slot)) return false;
  const tags = tagsToSql(encoded.tags);
  const { leaseGeneration } = slot;
  if (
    tags !== null &&
    statements.isTagVoid.get(slot.namespace, leaseGeneration, leaseGeneration, tags, leaseGeneration)
  ) {
    bury(statements, key.digest, INVALIDATED_BY_TAG, now);
    return false;
  }
  const { generation, expiresAt, keptUntil, bytes } = encoded;
  statements.putRecord.run(key.digest, slot.scope, generation, expiresAt, keptUntil, tags, bytes);
  statements.unbury.run(key.digest);
  return true;
}

/** In a transaction: gives up the lease. `miss` says why there is no value; `replaces` drops one that was there. */
export function abandon(
  statements: Statements,
  key: StoreKey,
  token: string,
  now: number,
  miss?: Miss,
  replaces = false,
): boolean {
  const slot = slotOf(statements, key);
  if (slot?.token !== token) return false;
  statements.dropLease.run(key.digest);
  if (replaces) statements.dropRecord.run(key.digest);
  if (miss !== undefined && (replaces || slot.generation === null)) bury(statements, key.digest, miss, now);
  return true;
}

/** In a transaction: forgets, and voids what is being computed. */
export function invalidate(statements: Statements, what: Invalidation, now: number): void {
  const { namespace = '', by = 'invalidate()', keys = [], identities = [], tags = [] } = what;
  const generation = nextGeneration(statements);
  for (const { digest } of keys) {
    const dropped = [statements.dropRecord.run(digest), statements.dropLease.run(digest)];
    if (dropped.some(({ changes }) => Number(changes) > 0)) bury(statements, digest, invalidatedBy(by), now);
  }
  const name = toSql(namespace);
  for (const identity of identities) statements.voidIdentity.run(generation, by, name, toSql(identity));
  if (what.all) statements.voidNamespace.run(generation, by, name);
  for (const tag of tags) voidTag(statements, toSql(tag), generation, name);
  if (what.all || identities.length > 0 || tags.length > 0) statements.noteVoid.run(generation);
}

function voidTag(statements: Statements, tag: string, generation: number, namespace: string): void {
  const { changes, lastInsertRowid } = statements.voidTag.run(tag, generation, namespace);
  if (Number(changes) === 0) return; // nothing was ever stored in that namespace
  statements.noteTagVoid.run(generation, namespace);
  const old = statements.oldTagVoids.all(Number(lastInsertRowid) - TAGS) as readonly TagVoid[];
  for (const { rowid, namespace: id, generation: floor } of old) {
    statements.raiseTagFloor.run(floor, id);
    statements.forgetTagVoid.run(rowid);
  }
}

interface TagVoid {
  readonly rowid: number;
  readonly namespace: number;
  readonly generation: number;
}

function isLeaseVoid(slot: Slot): boolean {
  return slot.leaseGeneration <= slot.scopeVoid || slot.leaseGeneration <= slot.namespaceVoid;
}

function addScope(statements: Statements, key: StoreKey): Slot {
  const { namespace, identity, version, text } = key.scope;
  statements.addNamespace.run(toSql(namespace));
  statements.addScope.run(
    toSql(identity),
    version === undefined ? null : toSql(version),
    toSql(text),
    toSql(namespace),
  );
  return slotOf(statements, key) as Slot;
}

function nextGeneration(statements: Statements): number {
  return (statements.nextGeneration.get() as { readonly generation: number }).generation;
}
