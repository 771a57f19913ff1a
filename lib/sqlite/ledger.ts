import { invalidatedBy } from '../stores/miss-reasons.js';
import { type StateRecord, staleUntil } from '../stores/record.js';
import type { Invalidation, LeadRequest, Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { expire, markedSince } from './expiries.js';
import { lookUp, lookUpStale } from './lookup.js';
import { bury, whoVoided, whyMissed } from './misses.js';
import type { Statements } from './statements.js';
import { forgetOldTags } from './tag-floor.js';
import { tagsToSql, toSql } from './text.js';

const NEVER = Number.POSITIVE_INFINITY;

/** What the database knows of a key, but for its value. */
export interface Slot {
  readonly scope: number;
  readonly namespace: number;
  readonly scopeVoid: number;
  readonly scopeVoidBy: string | null;
  readonly namespaceVoid: number;
  readonly namespaceVoidBy: string | null;
  /** Records and runs of this generation or an older one may have been expired. */
  readonly expiredTo: number;
  /** Of the record; null where there is none. */
  readonly generation: number | null;
  readonly expiresAt: number;
  /** Nobody computes until then while the record is of use. */
  readonly heldUntil: number | null;
  readonly tags: string | null;
  readonly tagVoid: number | null;
  /** Of the lease; null where there is none. */
  readonly token: string | null;
  readonly leaseGeneration: number;
  readonly held: number;
  readonly ledAt: number;
  readonly leaseUntil: number;
  readonly leaseExpiredAt: number | null;
}

/** A record as it is written. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly generation: number;
  readonly expiresAt: number;
  /** How long past its expiry it may be of use, and how much longer it is kept for the reason of a miss: milliseconds. */
  readonly staleForMs: number;
  readonly keptForMs: number;
  readonly tags: readonly string[] | undefined;
}

/** What became of asking for the right to compute. */
export type Led =
  | { readonly status: 'hit'; readonly record: StateRecord }
  | { readonly status: 'stale'; readonly record: StateRecord }
  | { readonly status: 'wait'; readonly slot: Slot }
  | { readonly status: 'lead'; readonly generation: number; readonly miss: Miss; readonly stale?: StateRecord };

/** What is known of a key; undefined where its scope was never seen. Needs no transaction. */
export function slotOf(statements: Statements, key: StoreKey): Slot | undefined {
  return statements.slot.get(key.digest, key.digest, toSql(key.scope.text)) as Slot | undefined;
}

/** Whether somebody holds the key and may still come back with a value. */
export function isHeld(slot: Slot, now: number): boolean {
  if (slot.token === null || slot.held === 0 || slot.leaseUntil <= now) return false;
  return slot.leaseGeneration > slot.scopeVoid && slot.leaseGeneration > slot.namespaceVoid;
}

/** The expired record of a key that holds everybody back. */
export function heldBack(statements: Statements, key: StoreKey, slot: Slot, now: number): StateRecord | undefined {
  if (slot.heldUntil === null || slot.heldUntil <= now) return undefined;
  const record = lookUpStale(statements, key);
  return typeof record === 'object' && staleUntil(record) > now ? record : undefined;
}

/** In a transaction: gives the value, or has the caller wait, or lets it compute. */
export function lead(statements: Statements, key: StoreKey, request: LeadRequest, now: number): Led {
  const slot = slotOf(statements, key) ?? addScope(statements, key);
  let expired: StateRecord | string | undefined;
  if (request.mode === 'normal') {
    const record = lookUp(statements, key, now);
    if (typeof record === 'object') return { status: 'hit', record };
    const instead = heldBack(statements, key, slot, now);
    if (instead !== undefined) return { status: 'stale', record: instead };
    if (request.leaseMs > 0 && isHeld(slot, now)) return { status: 'wait', slot };
    expired = record ?? lookUpStale(statements, key);
  }
  const generation = nextGeneration(statements);
  const { token, leaseMs } = request;
  statements.putLease.run(key.digest, token, generation, leaseMs > 0 ? 1 : 0, now, now + leaseMs);
  if (typeof expired === 'string') {
    return { status: 'lead', generation, miss: { reason: 'undecodable', detail: expired } };
  }
  const miss = whyMissed(statements, slot, key, now, expired?.expiresAt ?? slot.expiresAt);
  return { status: 'lead', generation, miss, ...(expired && { stale: expired }) };
}

/** In a transaction: holds the lease for another while; false where it was lost. */
export function renew(statements: Statements, key: StoreKey, token: string, until: number): boolean {
  const slot = slotOf(statements, key);
  if (slot?.token !== token || isLeaseVoid(slot)) return false;
  statements.extendLease.run(until, key.digest);
  return true;
}

/** In a transaction: writes, if the token still has the key. Answers with when what it wrote expires; undefined: it did not. */
export function commit(
  statements: Statements,
  key: StoreKey,
  token: string,
  encoded: Encoded,
  now: number,
): number | undefined {
  const slot = slotOf(statements, key);
  if (slot?.token !== token) return undefined;
  statements.dropLease.run(key.digest);
  if (isLeaseVoid(slot)) return undefined;
  const tags = tagsToSql(encoded.tags);
  const { leaseGeneration } = slot;
  if (
    tags !== null &&
    statements.isTagVoid.get(slot.namespace, leaseGeneration, leaseGeneration, tags, leaseGeneration)
  ) {
    bury(statements, key.digest, whoVoided(statements, slot.namespace, tags, leaseGeneration), now);
    return undefined;
  }
  const { generation, staleForMs, bytes } = encoded;
  const since = leaseGeneration <= slot.expiredTo ? markedSince(statements, { ...slot, generation, tags }) : NEVER;
  const expiresAt = Math.min(encoded.expiresAt, slot.leaseExpiredAt ?? NEVER, since);
  const end = expiresAt + staleForMs + encoded.keptForMs;
  const keptUntil = end === NEVER ? null : end;
  statements.putRecord.run(key.digest, slot.scope, generation, expiresAt, staleForMs, keptUntil, tags, bytes);
  statements.unbury.run(key.digest);
  return expiresAt;
}

/** How a lease is given up. */
export interface Ending {
  /** Why there is no value. */
  readonly miss?: Miss | undefined;
  /** Drops a value that was there. */
  readonly replaces?: boolean;
  /** Nobody is to compute for so long, while the value that was there is of use. */
  readonly notBeforeMs?: number;
}

/** In a transaction: gives up the lease. */
export function abandon(statements: Statements, key: StoreKey, token: string, now: number, ending: Ending): boolean {
  const { miss, replaces = false, notBeforeMs = 0 } = ending;
  const slot = slotOf(statements, key);
  if (slot?.token !== token) return false;
  statements.dropLease.run(key.digest);
  if (replaces) statements.dropRecord.run(key.digest);
  else if (notBeforeMs > 0) statements.holdBack.run(now + notBeforeMs, key.digest);
  if (miss !== undefined && (replaces || slot.generation === null)) bury(statements, key.digest, miss, now);
  return true;
}

/** In a transaction: forgets, and voids what is being computed; or expires, and keeps what it expires for so long. */
export function invalidate(statements: Statements, what: Invalidation, now: number, keptForMs: number): void {
  const { namespace = '', by = 'invalidate()', keys = [], identities = [], tags = [] } = what;
  const generation = nextGeneration(statements);
  if (what.all || identities.length > 0 || tags.length > 0) statements.noteVoid.run(generation);
  if (what.expire) {
    expire(statements, what, generation, now, keptForMs);
    return;
  }
  for (const { digest } of keys) {
    const dropped = [statements.dropRecord.run(digest), statements.dropLease.run(digest)];
    if (dropped.some(({ changes }) => Number(changes) > 0)) bury(statements, digest, invalidatedBy(by), now);
  }
  const name = toSql(namespace);
  for (const identity of identities) statements.voidIdentity.run(generation, by, name, toSql(identity));
  if (what.all) statements.voidNamespace.run(generation, by, name);
  const home = statements.namespace.get(name) as { readonly id: number } | undefined;
  if (tags.length > 0 && home !== undefined) voidTags(statements, { tags, by }, generation, home.id);
}

function voidTags(
  statements: Statements,
  { tags = [], by = '' }: Invalidation,
  generation: number,
  namespace: number,
): void {
  let newest = 0;
  for (const tag of tags.map(toSql))
    newest = Number(statements.voidTag.run(namespace, tag, generation, by).lastInsertRowid);
  statements.noteTagVoid.run(generation, namespace);
  forgetOldTags(statements, statements.oldTagVoids, statements.forgetTagVoid, newest);
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
