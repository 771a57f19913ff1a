import type { StateRecord } from '../stores/record.js';
import { decodeRecord, Undecodable } from '../stores/record-codec.js';
import type { StoreKey } from '../stores/store-key.js';
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

/** The record of a key though it has expired, while it is there and nobody has invalidated it. */
export function lookUpStale(statements: Statements, key: StoreKey): StateRecord | undefined {
  const row = statements.stale.get(key.digest) as Row | undefined;
  const record = row === undefined ? undefined : recordOf(row, key);
  return typeof record === 'string' ? undefined : record;
}

/** The record is checked by its codec; the columns, which were asked, against the record. */
function recordOf(row: Row, key: StoreKey): StateRecord | string {
  const record = decodeRecord(row.record, key);
  if (record instanceof Undecodable) return record.detail;
  return record.generation === row.generation && tagsToSql(record.tags) === row.tags ? record : DAMAGED;
}
