import { expiredCopy, type StateRecord } from '../stores/record.js';
import { decodeRecord, Undecodable } from '../stores/record-codec.js';
import type { StoreKey } from '../stores/store-key.js';
import { type Marked, markedSince } from './expiries.js';
import type { Statements } from './statements.js';
import { tagsToSql } from './text.js';

const DAMAGED = 'its columns do not fit its record';

interface Row {
  readonly record: Uint8Array;
  readonly generation: number;
  readonly tags: string | null;
}

/** The record of a key while it is valid, or why it cannot be read. A hit is this one statement. */
export function lookUp(statements: Statements, key: StoreKey, now: number): StateRecord | string | undefined {
  const row = statements.hit.get(key.digest, now) as Row | undefined;
  if (row === undefined) return undefined;
  const record = recordOf(row, key);
  return typeof record === 'string' || record.expiresAt > now ? record : DAMAGED;
}

interface StaleRow extends Row, Marked {
  readonly tags: string | null;
  readonly generation: number;
  readonly expiresAt: number;
  readonly marked: number;
}

/** The record of a key that has expired, while it is there and nobody has invalidated it; or why it cannot be read. */
export function lookUpStale(statements: Statements, key: StoreKey): StateRecord | string | undefined {
  const row = statements.stale.get(key.digest) as StaleRow | undefined;
  if (row === undefined) return undefined;
  const record = recordOf(row, key);
  if (typeof record === 'string') return record;
  const since = row.marked === 1 ? markedSince(statements, row) : Number.POSITIVE_INFINITY;
  return expiredCopy(record, Math.min(row.expiresAt, since));
}

/** The record is checked by its codec; the columns, which were asked, against the record. */
function recordOf(row: Row, key: StoreKey): StateRecord | string {
  const record = decodeRecord(row.record, key);
  if (record instanceof Undecodable) return record.detail;
  return record.generation === row.generation && tagsToSql(record.tags) === row.tags ? record : DAMAGED;
}
