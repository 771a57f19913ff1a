import { describeError } from '../base/errors.js';
import { andThen, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Plan } from '../runs/plan.js';
import type { MissReason } from '../states/cache-outcome.js';
import { FailureRecord } from '../stores/failure.js';
import type { StateRecord } from '../stores/record.js';
import type { StoreKey } from '../stores/store-key.js';
import { Ending } from './ending.js';
import { newToken } from './lease.js';
import { canBeCopied } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import type { Flight } from './single-flight.js';
import { abandonLead, askLead, FAILED } from './store-access.js';

/** For which reason an expired value may be served: while it is renewed, because renewing failed, or for either. */
export type Window = 'renew' | 'error' | 'either';

const LEAST_BACK_OFF_MS = 1_000;
const MOST_BACK_OFF_MS = 30_000;

/**
 * How long a source that failed is left alone: half as long as the value has been expired, from a second to half a minute. So the waits
 * grow by themselves, with nothing to count.
 */
export function backOffMs(expiredForMs: number): number {
  return Math.min(Math.max(expiredForMs / 2, LEAST_BACK_OFF_MS), MOST_BACK_OFF_MS);
}

/** An expired record as this task may use it; undefined for none, for a failure, where its class has changed or no copy can be made. */
export function usable(plan: Plan, record: StateRecord | undefined): StateRecord | undefined {
  if (record === undefined || FailureRecord.is(record.value)) return undefined;
  const back = revived(plan, record);
  return isUndecodable(back) || !canBeCopied(plan, back) ? undefined : back;
}

/** Whether an expired value may be served now: for as long as both the task that wrote it and the one that asks allow. */
export function isServable({ settings, runtime }: Plan, record: StateRecord, window: Window): boolean {
  const renewForMs = Math.min(settings.renewForMs, record.renewForMs);
  const errorForMs = Math.min(settings.errorForMs, record.errorForMs);
  const longer = Math.max(renewForMs, errorForMs);
  const ms = window === 'renew' ? renewForMs : window === 'error' ? errorForMs : longer;
  return runtime.clock.now() < record.expiresAt + ms;
}

/** Why an expired value is served. */
export interface WhyStale {
  readonly reason: MissReason;
  readonly detail: string;
}

/** The reason for an expired value in place of a failure. */
export function renewalFailed(error: unknown): WhyStale {
  return { reason: 'expired', detail: `its renewal failed: ${describeError(error)}` };
}

/**
 * What a call that waits, or has failed, may be given instead: what the store has now, never what it had when the wait began, as the key
 * may have been invalidated meanwhile. Undefined where it has nothing that may be served.
 */
export function staleEnding(
  plan: Plan,
  flight: Flight,
  window: Window,
  why: WhyStale,
): MaybePromise<Ending | undefined> {
  const answer = plan.store.sync
    ? whatIsThere(plan, flight.key)
    : flight.questions.ask(async () => whatIsThere(plan, flight.key));
  return andThen(answer, (found) => {
    const record = usable(plan, found);
    if (record === undefined) return undefined;
    if (record.expiresAt > plan.runtime.clock.now()) return Ending.found(record);
    return isServable(plan, record, window) ? Ending.stale(record, why) : undefined;
  });
}

/** The record of a key, valid or expired. Asked as a lead is, so a right to compute that comes of it is given back. Never rejects. */
function whatIsThere(plan: Plan, key: StoreKey): MaybePromise<StateRecord | undefined> {
  const token = newToken();
  try {
    const leaseMs = plan.isAsync ? plan.settings.leaseMs : 0;
    const answer = andThen(askLead(plan, key, { mode: 'normal', token, leaseMs }), (lead) => {
      if (lead === FAILED) return undefined;
      if (lead.status === 'hit' || lead.status === 'stale') return lead.record;
      if (lead.status === 'wait') return lead.stale;
      return andThen(abandonLead(plan, key, token, lead.miss, true), () => lead.stale);
    });
    return isThenable(answer) ? answer.catch(() => undefined) : answer;
  } catch {
    return undefined; // onStoreError: 'fail', which has been told of
  }
}
