/** What the cache did for a run. `bypass`: not asked; `uncacheable`: asked, but no safe key; `error`: the store failed. */
export type CacheStatus = 'hit' | 'joined' | 'stale' | 'miss' | 'refresh' | 'bypass' | 'uncacheable' | 'error';

/**
 * Why a lookup gave nothing. From `first-seen` to `wait-timeout`: of what was looked up; from `no-key` on: of what was not
 * looked up, or may not be stored.
 */
export type MissReason =
  | 'first-seen'
  | 'expired'
  | 'evicted'
  | 'invalidated'
  | 'version-changed'
  | 'other-flow-run'
  | 'not-stored'
  | 'undecodable'
  | 'store-error'
  | 'wait-timeout'
  | 'no-key'
  | 'key-error'
  | 'no-flow-run'
  | 'unhashable'
  | 'identity-taken'
  | 'cache-if'
  | 'refresh'
  | 'off';

/** One part of a key that differs from the nearest earlier key of the task. Values are shortened and redacted. */
export interface ChangedPart {
  readonly part: string;
  readonly before: string;
  readonly now: string;
}

/** The run that computed a value. */
export interface Origin {
  readonly taskRunId: string;
  readonly taskRunName: string;
  readonly flowRunName?: string;
}

/** Hit or miss, from where, how old, and why not. On every final state; made when read. Times are in milliseconds. */
export interface CacheOutcome {
  readonly status: CacheStatus;
  readonly reason?: MissReason;
  /** A sentence for people: `expired 3.2s ago`, `cannot hash [0].client: …`. */
  readonly detail?: string;
  /** Beside `first-seen`: how the nearest earlier key of this task differs. */
  readonly changed?: readonly ChangedPart[];
  /** Name of the store that was asked. */
  readonly store?: string;
  /** What the key function returned. */
  readonly key?: string;
  /** SHA-256 of the scoped key, in hex: what leaves the process. */
  readonly digest?: string;
  readonly storedAt?: Date;
  readonly expiresAt?: Date;
  readonly ageMs?: number;
  /** What the run that was not repeated had taken. */
  readonly savedMs?: number;
  readonly origin?: Origin;
}
