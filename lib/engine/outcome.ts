import type { Frame } from '../runs/frame.js';
import type { CacheOutcome, CacheStatus, MissReason, Origin } from '../states/cache-outcome.js';
import type { StateRecord } from '../stores/record.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Kinship } from '../why/manifest.js';

/** What became of a run's key, gathered on the way; the outcome is made from it when somebody reads it. */
export interface CacheFacts {
  readonly status: CacheStatus;
  readonly reason?: MissReason | undefined;
  readonly detail?: string | undefined;
  /** What a first-seen key has to do with earlier ones; found out when read. */
  readonly kin?: (() => Kinship) | undefined;
  readonly key?: StoreKey | undefined;
  /** What was served, or is stored now. */
  readonly record?: StateRecord | undefined;
  /** Who computed the value, where it is not stored. */
  readonly origin?: Origin | undefined;
  /** What the run that was not repeated had taken. */
  readonly savedMs?: number | undefined;
  /** When it was served. */
  readonly at?: number | undefined;
}

/** The outcome as users read it. */
export function outcomeOf(frame: Frame, facts: CacheFacts): CacheOutcome {
  const { key, record, status } = facts;
  const served = status === 'hit' || status === 'joined' || status === 'stale';
  const why: Partial<Kinship> =
    facts.reason === 'first-seen' && facts.kin ? facts.kin() : { reason: facts.reason, detail: facts.detail };
  return Object.freeze({
    status,
    ...defined('reason', why.reason),
    ...defined('detail', why.detail),
    ...defined('changed', why.changed),
    ...defined('store', key && frame.plan.store.name),
    ...defined('key', frame.key),
    ...defined('digest', key?.digest),
    ...defined('storedAt', record && new Date(record.storedAt)),
    ...defined('expiresAt', record && Number.isFinite(record.expiresAt) ? new Date(record.expiresAt) : undefined),
    ...defined('ageMs', served && record ? Math.max(0, (facts.at ?? record.storedAt) - record.storedAt) : undefined),
    ...defined('savedMs', served ? (facts.savedMs ?? record?.computeMs) : undefined),
    ...defined('origin', served ? (facts.origin ?? record?.from.origin) : undefined),
  });
}

function defined<K extends string, V>(name: K, value: V | undefined): { readonly [N in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in K]?: V };
}
