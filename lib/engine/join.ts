import type { MaybePromise } from '../base/maybe-promise.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Frame } from '../runs/frame.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { StoreKey } from '../stores/store-key.js';
import { alone } from './alone.js';
import type { AfterBody } from './attempts.js';
import type { Ending } from './ending.js';
import { tellOfRenewal } from './lead.js';
import type { CacheFacts } from './outcome.js';
import { copyIfPossible, NOT_COPIED, served } from './result-copy.js';
import { count, countSaved, finish, settle, type Want } from './settle.js';
import type { Flight } from './single-flight.js';
import { isServable, renewalFailed, staleEnding, usable } from './stale.js';

/** A call that has its key. */
export interface Call {
  readonly frame: Frame;
  readonly key: StoreKey;
  readonly want: Want;
  readonly after: AfterBody;
}

/** Who joined so little later fails with the other, instead of asking the store anew. */
const NOT_WORTH_ASKING_MS = 10;

/** Waits for the flight of another call. If that ends without an answer, this one begins anew. */
export async function join({ frame, key, want, after }: Call, flight: Flight, anew: () => unknown): Promise<unknown> {
  const { asked } = flight;
  const since = frame.runtime.clock.monotonic();
  const mayTakeStale = frame.plan.settings.renewForMs > 0;
  const given = (mayTakeStale ? await expiredMeanwhile(frame, flight) : undefined) ?? (await flight.join(frame));
  const own = given !== flight.ending;
  if (given.gaveUp) frame.execution.waitsUntil ??= since + frame.plan.settings.waitTimeoutMs;
  const refused = !own && (given.stale !== undefined || given.gaveUp) && !mayHave(frame, given);
  const ending = (refused ? given.instead : undefined) ?? given;
  // What the store was asked for before this call began may have been invalidated by then.
  const tooOld = ending.found && !own && flight.asked === asked;
  const unanswered = ending.cancelled || ending.lost || tooOld || (refused && ending === given);
  if (unanswered && !frame.waiting?.cancelled) return anew();
  if (ending.found && (own || ending.stale !== undefined)) return settle(frame, ending, { status: 'hit', key }, want);
  const { leader } = flight;
  if (ending.failed && !refused && leader.plan !== frame.plan && frame.plan.settings.errorForMs > 0) {
    const stale = await expiredInstead(frame, flight, ending);
    if (stale !== undefined) return settle(frame, stale, { status: 'hit', key }, want);
  }
  const origin = (leader as TaskFrame | FlowFrame).identity.origin;
  const facts: CacheFacts = {
    status: 'joined',
    key,
    record: ending.record,
    origin,
    savedMs: Math.round(ending.computeMs),
    at: frame.runtime.clock.now(),
  };
  if (!ending.completed) {
    count(frame, 'joined');
    const heir = !ending.cancelled && flight.inherits();
    if (heir && !ending.found) frame.runtime.counters.failures++;
    return finish(frame, ending.name, ending, undefined, facts, want, heir);
  }
  let value: unknown;
  try {
    value = frame.plan.sharesResult ? ending.value : joinedCopy(frame, ending);
  } catch {
    return alone(frame, want, after, notCopied(key));
  }
  count(frame, 'joined');
  if (frame.kind === 'task') countSaved(frame, ending.computeMs);
  return finish(frame, 'Cached', ending, value, facts, want);
}

/** The expired value that a call takes rather than wait for the run that renews it. */
function expiredMeanwhile(frame: Frame, flight: Flight): MaybePromise<Ending | undefined> {
  return staleEnding(frame.plan, flight, 'renew', { reason: 'expired', detail: 'another call renews it' });
}

/** Whether this call may have the expired value that another takes, or gives up waiting with it: its options may say otherwise. */
function mayHave(frame: Frame, { record, stale, gaveUp }: Ending): boolean {
  const { plan } = frame;
  if (gaveUp && stale === undefined) return givesUpToo(frame);
  const expired = usable(plan, record);
  if (expired === undefined) return false;
  return gaveUp ? plan.settings.onWaitTimeout === 'stale' : isServable(plan, expired, 'either');
}

/** Whether a call fails where the one that it joined does, having waited too long; else it waits on for its own time. */
function givesUpToo({ plan, runtime, execution }: Frame): boolean {
  const leftMs = (execution.waitsUntil ?? Number.POSITIVE_INFINITY) - runtime.clock.monotonic();
  return plan.settings.onWaitTimeout === 'fail' && leftMs < NOT_WORTH_ASKING_MS;
}

/** The expired value in place of a failure, where whoever ran was not to have it: a refresh, or a call with other options. */
async function expiredInstead(frame: Frame, flight: Flight, failure: Ending): Promise<Ending | undefined> {
  const stale = await staleEnding(frame.plan, flight, 'error', renewalFailed(failure.error));
  if (stale !== undefined && flight.inherits()) tellOfRenewal(frame, failure);
  return stale;
}

/** What a joiner with a copy of its own gets: never the object that the leader's caller holds. */
function joinedCopy(frame: Frame, ending: Ending): unknown {
  return ending.record === undefined ? copyIfPossible(frame.plan, ending.value) : served(frame.plan, ending.record);
}

/** The stored result comes from a task that shares its own; this one promised its caller a copy. */
export function notCopied(key: StoreKey): CacheFacts {
  return { status: 'miss', ...NOT_COPIED, key };
}
