import type { Origin } from '../states/cache-outcome.js';
import type { Plain } from './plain.js';
import type { StoreKey } from './store-key.js';

/** Number of the record's shape. A record with another is a miss with reason `undecodable`. */
export const RECORD_SCHEMA = 2;

/** Who computed a value: read when somebody asks. */
export interface RecordOrigin {
  readonly origin: Origin;
}

/**
 * A completed state as it is stored. In memory it is this object; persistent stores write all of it. Times are milliseconds
 * since 1970. Read it by name: what a memory store gives has getters, which a spread leaves out.
 */
export interface StateRecord {
  readonly schema: number;
  readonly key: StoreKey;
  /** What the task gave; a `FailureRecord` where that was a failure that is remembered. */
  readonly value: unknown;
  /** What a store that writes bytes keeps instead of the value: an instance's data. */
  readonly plain?: Plain | undefined;
  /** The state's message, where the task gave one. */
  readonly message: string | undefined;
  readonly storedAt: number;
  /** `Infinity`: never. */
  readonly expiresAt: number;
  /** How long past expiry the value may be served while it is renewed, and while renewing fails. */
  readonly renewForMs: number;
  readonly errorForMs: number;
  /** How long the body ran. */
  readonly computeMs: number;
  /** Of the computation; rises per key. An invalidation after it voids the record. */
  readonly generation: number;
  /** Labels as they were when the computation began. */
  readonly tags: readonly string[] | undefined;
  /** Whether the task answers with a promise; decides for a method whose kind is not yet known. */
  readonly async: boolean;
  /** Whether the value is a frozen copy of what the body returned. */
  readonly frozen: boolean;
  readonly from: RecordOrigin;
  /** The promise that hits of asynchronous tasks share; made at the first. Not part of what is stored. */
  promise: Promise<unknown> | undefined;
}

/** A copy with other fields. By name, not by a spread: those of a memory store's records are getters. */
export function recordWith(record: StateRecord, changes: Partial<StateRecord>): StateRecord {
  return {
    schema: record.schema,
    key: record.key,
    value: record.value,
    plain: record.plain,
    message: record.message,
    storedAt: record.storedAt,
    expiresAt: record.expiresAt,
    renewForMs: record.renewForMs,
    errorForMs: record.errorForMs,
    computeMs: record.computeMs,
    generation: record.generation,
    tags: record.tags,
    async: record.async,
    frozen: record.frozen,
    from: record.from,
    promise: undefined,
    ...changes,
  };
}

/** A copy that expired at a time before its own; of one that had expired by then, just a copy. */
export function expiredCopy(record: StateRecord, at: number): StateRecord {
  return recordWith(record, { expiresAt: Math.min(record.expiresAt, at) });
}

/** Until when an expired value may be of use: the end of its longer window. */
export function staleUntil({ expiresAt, renewForMs, errorForMs }: StateRecord): number {
  return expiresAt + Math.max(renewForMs, errorForMs);
}
