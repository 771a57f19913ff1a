import type { StateRecord } from '../stores/record.js';
import { decodeRecord, Undecodable } from '../stores/record-codec.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Board } from './board.js';
import { openEnvelope } from './envelope.js';
import type { ServerTime } from './server-time.js';

/** What a value is kept for past its expiry, so that a miss can say `expired`: as long as it was fresh, within these. */
const GRACE_MS = { least: 1_000, most: 600_000 } as const;
/** More than any generation: no value at all may be used. */
const ANY = 2 ** 60;

/** A stored value that may not be used. */
export class Unusable {
  constructor(
    /** Values up to this generation are no better. */
    readonly generation: number,
    /** The group whose invalidation voids it; undefined where it cannot be read. */
    readonly group: string | undefined,
    /** Why it cannot be read. */
    readonly detail = '',
  ) {}
}

/** Judges stored values: by the server's clock, and by what is known of invalidations. */
export class Values {
  readonly #board: Board;
  readonly #time: ServerTime;

  constructor(board: Board, time: ServerTime) {
    this.#board = board;
    this.#time = time;
  }

  /** The record of a stored value if it is surely fresh: what is too near to tell, the next script decides. */
  fresh(value: Buffer | null, key: StoreKey): StateRecord | undefined {
    if (value === null) return undefined;
    const envelope = openEnvelope(value);
    if (envelope === undefined || !this.#time.isAhead(envelope.freshUntil)) return undefined;
    const record = decodeRecord(envelope.record, key);
    if (record instanceof Undecodable) return undefined;
    return this.#board.voidedBy(envelope.stamp, key.scope, record.tags) === undefined ? record : undefined;
  }

  /** The record of a stored value, fresh or not. */
  read(value: Buffer, key: StoreKey): StateRecord | Unusable {
    const envelope = openEnvelope(value);
    if (envelope === undefined) return new Unusable(ANY, undefined, 'its head cannot be read');
    const record = decodeRecord(envelope.record, key);
    if (record instanceof Undecodable) return new Unusable(ANY, undefined, record.detail);
    const group = this.#board.voidedBy(envelope.stamp, key.scope, record.tags);
    return group === undefined ? record : new Unusable(envelope.generation, group);
  }
}

/** How long a value is fresh, served while renewed, served while that fails, and kept: milliseconds from now. */
export function windowsOf(record: StateRecord, now: number, maxAgeMs: number): readonly number[] {
  const { expiresAt, renewForMs, errorForMs } = record;
  const windows = [renewForMs, errorForMs].map(Math.ceil);
  if (expiresAt === Number.POSITIVE_INFINITY) return [-1, ...windows, Math.ceil(maxAgeMs)];
  const fresh = Math.max(0, expiresAt - now);
  const grace = Math.min(GRACE_MS.most, Math.max(GRACE_MS.least, fresh));
  const kept = Math.min(maxAgeMs, fresh + Math.max(renewForMs, errorForMs) + grace);
  return [fresh, ...windows, Math.max(1, Math.ceil(kept))];
}
