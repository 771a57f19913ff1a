import type { Origin } from '../states/cache-outcome.js';
import type { Plain } from './plain.js';
import type { StoreKey } from './store-key.js';

/** Number of the record's shape. A record with another is a miss with reason `undecodable`. */
export const RECORD_SCHEMA = 1;

/** Who computed a value: read when somebody asks. */
export interface RecordOrigin {
  readonly origin: Origin;
}

/**
 * A completed state as it is stored. In memory it is this object; persistent stores write all of it. Times are milliseconds
 * since 1970.
 */
export interface StateRecord {
  readonly schema: number;
  readonly key: StoreKey;
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
