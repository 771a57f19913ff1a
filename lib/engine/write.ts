import { messageOf } from '../base/errors.js';
import { andThen, type MaybePromise } from '../base/maybe-promise.js';
import type { Frame } from '../runs/frame.js';
import type { Plan } from '../runs/plan.js';
import { expiredCopy, type StateRecord, staleUntil } from '../stores/record.js';
import type { Commit, LeadRequest } from '../stores/store.js';
import type { Computation } from './computation.js';
import { Ending } from './ending.js';
import { notStored, type Refusal, recordOf, refusalOf } from './record.js';
import { canBeCopied } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import { backOffMs, isServable, renewalFailed, staleEnding } from './stale.js';
import { abandonLead, commitState, FAILED, type Failed, renewLease } from './store-access.js';

/** The right to compute, and what was known when it was given. */
export interface Right {
  readonly token: string;
  readonly generation: number;
  readonly mode: LeadRequest['mode'];
  readonly tags: readonly string[] | Error;
  /** The expired record that the run renews. */
  readonly stale: StateRecord | undefined;
}

/** The end of a run that had the right to compute: writes what is to be stored, and gives the right up. */
export function write(computation: Computation, right: Right, ending: Ending): MaybePromise<Ending> {
  const { flight, facts } = computation;
  const frame = flight.leader;
  const { plan } = frame;
  if (ending.failed && right.stale !== undefined && isServable(plan, right.stale, 'either'))
    return failedRenewal(computation, right, right.stale, ending);
  const refusal = wontBeStored(frame, right, ending) ?? refusalOf(frame, ending, right.tags);
  if (refusal !== undefined) {
    if (ending.completed) computation.facts = { ...facts, ...refusal };
    return unstored(computation, right, refusal, ending);
  }
  const made = recordOf(frame, flight.key, right.generation, right.tags as readonly string[], ending);
  if (made instanceof Error) {
    const miss = notStored(frame, messageOf(made), made);
    computation.facts = { ...facts, ...miss };
    return unstored(computation, right, miss, ending);
  }
  // Whoever calls from now on asks the store: an invalidation elsewhere may come between the write and its answer.
  flight.close();
  flight.asked++;
  return andThen(commitState(plan, flight.key, right.token, made, !ending.completed), (commit) =>
    written(computation, made, commit, ending),
  );
}

/** The end of a run that stores nothing. */
function unstored(computation: Computation, right: Right, why: Refusal, ending: Ending): MaybePromise<Ending> {
  const { flight } = computation;
  const { plan } = flight.leader;
  return andThen(stillHeld(computation, right, ending), () =>
    andThen(abandonLead(plan, flight.key, right.token, why, !ending.completed), () => ending),
  );
}

/** Who joined must not get a value that was invalidated elsewhere before it called: where nothing is written, the lease tells. */
function stillHeld({ flight }: Computation, { token }: Right, ending: Ending): MaybePromise<unknown> {
  if (!ending.completed || !flight.hasJoiners) return undefined;
  const { plan } = flight.leader;
  flight.close();
  return andThen(renewLease(plan, flight.key, token, plan.settings.leaseMs), (held) => {
    if (held === false) ending.lost = true;
  });
}

/** A failure leaves the value that is there to those who may have it: after a refresh, and while a window of it is open. */
function wontBeStored({ runtime }: Frame, { mode, stale }: Right, ending: Ending) {
  if (ending.completed) return undefined;
  if (mode === 'normal' && (stale === undefined || staleUntil(stale) <= runtime.clock.now())) return undefined;
  return { reason: 'not-stored', detail: `its last run ended ${ending.name}` } as const;
}

/** What became of the write. */
function written(computation: Computation, made: StateRecord, commit: Commit | Failed, ending: Ending): Ending {
  const { flight, facts } = computation;
  const { plan } = flight.leader;
  if (commit === FAILED) {
    computation.facts = { ...facts, status: 'error', reason: 'store-error' };
    return ending;
  }
  if (commit.committed) {
    ending.record = commit.expiredAt === undefined ? made : expiredCopy(made, commit.expiredAt);
    computation.facts = { ...facts, record: ending.record };
    return ending;
  }
  // What was there before the run began is no answer to a refresh.
  if (commit.current !== undefined && commit.current.generation > made.generation)
    return newer(plan, commit.current, ending);
  if (commit.refused !== undefined) {
    computation.facts = { ...facts, ...notStored(flight.leader, commit.refused) };
    return ending;
  }
  ending.lost = true;
  computation.facts = { ...facts, reason: 'not-stored', detail: 'a refresh or an invalidation came before its end' };
  return ending;
}

/** The value that a later run has stored; the run's own where that cannot be brought back. */
function newer(plan: Plan, current: StateRecord, own: Ending): Ending {
  const back = revived(plan, current);
  return isUndecodable(back) || !canBeCopied(plan, back) ? own : Ending.found(back);
}

/** The source is left alone for a while, by every process. Until `staleIfError` ends, the expired value stands in for the failure. */
function failedRenewal(
  computation: Computation,
  right: Right,
  expired: StateRecord,
  failure: Ending,
): MaybePromise<Ending> {
  const { flight } = computation;
  const { plan } = flight.leader;
  const why = renewalFailed(failure.error);
  const notBeforeMs = backOffMs(plan.runtime.clock.now() - expired.expiresAt);
  const given = abandonLead(plan, flight.key, right.token, why, true, notBeforeMs);
  return andThen(given, () => {
    if (!isServable(plan, expired, 'error')) return failure;
    flight.asked++;
    const found = staleEnding(plan, flight, 'error', why);
    return andThen(found, (stale) => {
      if (stale === undefined) return failure;
      stale.instead = failure;
      return stale;
    });
  });
}
