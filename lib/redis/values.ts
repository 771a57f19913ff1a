import type { StateRecord } from '../stores/record.js';
import { decodeRecord, Undecodable } from '../stores/record-codec.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Board } from './board.js';
import { openEnvelope } from './envelope.js';
import type { ServerTime } from './server-time.js';

/** What a value is kept for past its expiry and its windows, so that a miss can say `expired`: as long as it was fresh, within these. */
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

/** A stored value that may be used, fresh or not. */
export interface Usable {
  readonly record: StateRecord;
  readonly generation: number;
  /** Since when it has been expired on demand, by its key and by one of its groups: the server's clock; `Infinity`: it has not. */
  readonly keySince: number;
  readonly groupSince: number;
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
    const { stamp } = envelope;
    if (this.#board.voidedBy(stamp, key.scope, record.tags) !== undefined) return undefined;
    return this.#board.expiredSince(stamp, key.scope, record.tags) === Number.POSITIVE_INFINITY ? record : undefined;
  }

  /** The record of a stored value, fresh or not. */
  read(value: Buffer, key: StoreKey): Usable | Unusable {
    const envelope = openEnvelope(value);
    if (envelope === undefined) return new Unusable(ANY, undefined, 'its head cannot be read');
    const record = decodeRecord(envelope.record, key);
    if (record instanceof Undecodable) return new Unusable(ANY, undefined, record.detail);
    const { stamp, generation, expiredAt } = envelope;
    const group = this.#board.voidedBy(stamp, key.scope, record.tags);
    if (group !== undefined) return new Unusable(generation, group);
    const keySince = expiredAt === 0 ? Number.POSITIVE_INFINITY : expiredAt;
    return { record, generation, keySince, groupSince: this.#board.expiredSince(stamp, key.scope, record.tags) };
  }
}

/** How long a value is fresh, of use after that, and kept from now on: milliseconds. */
export function windowsOf(record: StateRecord, now: number, maxAgeMs: number): readonly number[] {
  const { expiresAt, renewForMs, errorForMs } = record;
  const staleFor = Math.ceil(Math.max(renewForMs, errorForMs));
  if (expiresAt === Number.POSITIVE_INFINITY) return [-1, staleFor, Math.ceil(maxAgeMs)];
  const fresh = Math.max(0, expiresAt - now);
  const grace = Math.min(GRACE_MS.most, Math.max(GRACE_MS.least, fresh));
  const kept = Math.min(maxAgeMs, fresh + staleFor + grace);
  return [fresh, staleFor, Math.max(1, Math.ceil(kept))];
}
