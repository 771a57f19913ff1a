import { sha256 } from '../keys/hash.js';
import type { MissReason } from '../states/cache-outcome.js';
import { expiredAgo, INVALIDATED_LONG_AGO, invalidatedBy, storedUnder } from '../stores/miss-reasons.js';
import type { Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Slot } from './ledger.js';
import type { Statements } from './statements.js';
import { areReadable, fromSql, toSql } from './text.js';

/** How many keys that went are remembered; more are forgotten, the oldest first. */
const TOMBSTONES = 10_000;
/** How many other versions of an identity are looked at. */
const VERSIONS = 8;

const FIRST_SEEN: Miss = { reason: 'first-seen' };

/** Who invalidated what has these tags, as they are stored, after that generation. */
export function whoVoided(statements: Statements, namespace: number, tags: string | null, generation: number): Miss {
  const found = statements.tagVoid.get(namespace, tags, generation) as TagVoid | undefined;
  if (found !== undefined) return invalidatedBy(found.by ?? 'invalidate()', fromSql(found.tag));
  return areReadable(tags) ? INVALIDATED_LONG_AGO : { reason: 'undecodable', detail: 'its tags cannot be read' };
}

interface TagVoid {
  readonly tag: string;
  /** Null in what an older Flowpond wrote. */
  readonly by: string | null;
}

/** Notes that a key's value went, or was not stored, and why. */
export function bury(statements: Statements, digest: string, miss: Miss, now: number): void {
  const { lastInsertRowid } = statements.bury.run(digest, miss.reason, miss.detail ?? null, now);
  statements.forgetTombstones.run(Number(lastInsertRowid) - TOMBSTONES);
}

/** Why a key has no valid value, as far as the database remembers. */
export function whyMissed(statements: Statements, slot: Slot, key: StoreKey, now: number, expiresAt: number): Miss {
  if (slot.generation === null) return whyAbsent(statements, slot, key);
  if (slot.generation <= slot.scopeVoid && slot.scopeVoid > slot.namespaceVoid)
    return invalidatedBy(slot.scopeVoidBy ?? '');
  if (slot.generation <= slot.namespaceVoid) return invalidatedBy(slot.namespaceVoidBy ?? '');
  if (slot.tagVoid === 1) return whoVoided(statements, slot.namespace, slot.tags, slot.generation);
  const ago = now - expiresAt;
  return ago < 0 ? { reason: 'refresh' } : expiredAgo(ago);
}

function whyAbsent(statements: Statements, slot: Slot, key: StoreKey): Miss {
  const buried = statements.tombstone.get(key.digest) as Tombstone | undefined;
  if (buried !== undefined)
    return { reason: buried.reason, ...(buried.detail === null ? {} : { detail: buried.detail }) };
  const identity = toSql(key.scope.identity);
  let before = Number.MAX_SAFE_INTEGER;
  for (let i = 0; i <= VERSIONS; i++) {
    const other = statements.olderScope.get(slot.namespace, identity, before) as Scope | undefined;
    if (other === undefined) break;
    before = other.id;
    if (other.id === slot.scope || !hasRecord(statements, other, key)) continue;
    return storedUnder(other.version === null ? undefined : fromSql(other.version));
  }
  return FIRST_SEEN;
}

function hasRecord(statements: Statements, scope: Scope, key: StoreKey): boolean {
  return statements.hasRecord.get(sha256(fromSql(scope.text) + key.text)) !== undefined;
}

interface Tombstone {
  readonly reason: MissReason;
  readonly detail: string | null;
}

interface Scope {
  readonly id: number;
  readonly version: string | null;
  readonly text: string;
}
