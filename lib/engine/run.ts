import { type FlowpondError, SyncTaskError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Frame } from '../runs/frame.js';
import type { TaskFrame } from '../runs/task-frame.js';
import { FailureRecord } from '../stores/failure.js';
import type { StateRecord } from '../stores/record.js';
import { StoreKey } from '../stores/store-key.js';
import { alone } from './alone.js';
import { enter } from './announce.js';
import type { AfterBody } from './attempts.js';
import { Ending } from './ending.js';
import { join, notCopied } from './join.js';
import { keyAfter, keyOf, missingValue, NoKey } from './key.js';
import { lead } from './lead.js';
import type { CacheFacts } from './outcome.js';
import { served, sharedPromise } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import { count, countSaved, finish, leftBefore, settle, type Want } from './settle.js';
import { Flight, selfWait, wouldDeadlock } from './single-flight.js';
import { FAILED, type Failed, readState } from './store-access.js';

const UNASKED: CacheFacts = { status: 'bypass', reason: 'no-key', detail: 'it has no cacheKeyFn' };
const LEFT_BEFORE: CacheFacts = { status: 'bypass', detail: 'its caller stopped waiting before it was looked up' };
const OFF: CacheFacts = { status: 'bypass', reason: 'off', detail: 'caching is off in this pond' };

/**
 * One call, from Pending to its final state: key, lookup, hit; or a flight: lead, body, write. Every step may answer now or
 * later; what is known to be asynchronous always answers with a promise and never throws at once.
 */
export function run(frame: Frame, want: Want, after: AfterBody): unknown {
  if (!frame.plan.isAsync) return perform(frame, want, after);
  try {
    const answer = perform(frame, want, after);
    return isThenable(answer) ? answer : Promise.resolve(answer);
  } catch (error) {
    return Promise.reject(error);
  }
}

function perform(frame: Frame, want: Want, after: AfterBody): unknown {
  const { plan } = frame;
  if (plan.topics.Pending.wanted || frame.observer !== undefined) enter(frame, 'Pending');
  if (frame.waiting?.cancelled) return settle(frame, leftBefore(frame), LEFT_BEFORE, want);
  if (plan.lookup !== 'yes') return notLookedUp(frame, want, after);
  if (!plan.store.sync && !plan.isAsync) return refuseSync(frame, want);
  return withKey(frame, keyOf(frame), want, after);
}

/** A plain call of a task, on from the answer of its key function. */
export function goOn(frame: TaskFrame, made: unknown): unknown {
  if (!frame.plan.isAsync) return withKey(frame, keyAfter(frame, made), 'value', undefined);
  try {
    const answer = withKey(frame, keyAfter(frame, made), 'value', undefined);
    return isThenable(answer) ? answer : Promise.resolve(answer);
  } catch (error) {
    return Promise.reject(error);
  }
}

function withKey(frame: Frame, key: ReturnType<typeof keyOf>, want: Want, after: AfterBody): unknown {
  if (key instanceof StoreKey) return lookUp(frame, key, want, after);
  if (!isThenable(key)) return withoutKey(frame, key, want, after);
  return unlessLeft(frame, key).then((one) =>
    one instanceof StoreKey ? lookUp(frame, one, want, after) : withoutKey(frame, one, want, after),
  );
}

/** A call that may not be looked up still has to say whose it is: what works with caching off works with it on. */
function notLookedUp(frame: Frame, want: Want, after: AfterBody): unknown {
  const missing = missingValue(frame);
  if (missing !== undefined) return settle(frame, Ending.crashed(missing), UNASKED, want);
  return alone(frame, want, after, notAsked(frame));
}

function withoutKey(frame: Frame, why: NoKey | FlowpondError | Left, want: Want, after: AfterBody): unknown {
  if (why === LEFT) return settle(frame, leftBefore(frame), LEFT_BEFORE, want);
  if (!(why instanceof NoKey)) return settle(frame, Ending.crashed(why), UNASKED, want);
  return alone(frame, want, after, { status: 'uncacheable', reason: why.reason, detail: why.detail });
}

function lookUp(frame: Frame, key: StoreKey, want: Want, after: AfterBody): unknown {
  const { plan } = frame;
  if (plan.settings.refresh ?? plan.runtime.caching === 'refresh') {
    return lead(frame, key, want, { mode: 'refresh', after, facts: { status: 'refresh', reason: 'refresh', key } });
  }
  let found: MaybePromise<Found>;
  try {
    found = readState(plan, key);
  } catch (error) {
    return storeRefused(frame, key, error, want);
  }
  if (plan.store.sync || !isThenable(found)) return afterLookUp(frame, key, found as Found, want, after);
  return unlessLeft(frame, found).then(
    (one) =>
      one === LEFT
        ? settle(frame, leftBefore(frame), { status: 'bypass', key, detail: LEFT_BEFORE.detail }, want)
        : afterLookUp(frame, key, one, want, after, true),
    (error: unknown) => storeRefused(frame, key, error, want),
  );
}

const LEFT = Symbol('left');
type Left = typeof LEFT;

/** What comes first, or {@link LEFT} as soon as the caller stops waiting. */
function unlessLeft<T>(frame: Frame, answer: Promise<T>): Promise<T | Left> {
  const { waiting } = frame;
  if (waiting === undefined) return answer;
  return new Promise((resolve, reject) => {
    const stop = waiting.onCancel(() => resolve(LEFT));
    answer.then(resolve, reject).finally(stop);
  });
}

function storeRefused(frame: Frame, key: StoreKey, error: unknown, want: Want): unknown {
  return settle(frame, Ending.crashed(error), { status: 'error', reason: 'store-error', key }, want);
}

/** What a store gave: the record, none, or that it failed. */
type Found = StateRecord | undefined | Failed;

/** @param late whether a promise is there already for what this answers with */
function afterLookUp(frame: Frame, key: StoreKey, found: Found, want: Want, after: AfterBody, late = false): unknown {
  if (found !== undefined && found !== FAILED) {
    if (frame.plan.store.revival === undefined) return hit(frame, key, found, want, after, late);
    const back = revived(frame.plan, found);
    if (!isUndecodable(back)) return hit(frame, key, back, want, after, late);
    const undecodable: CacheFacts = { status: 'miss', reason: back.reason, detail: back.detail, key };
    return lead(frame, key, want, { mode: 'refresh', after, facts: undecodable });
  }
  const facts: CacheFacts =
    found === FAILED ? { status: 'error', reason: 'store-error', key } : { status: 'miss', key };
  const flight = Flight.of(frame, key);
  if (flight === undefined) return lead(frame, key, want, { mode: 'normal', after, facts });
  const error = selfWait(frame, flight);
  if (error !== undefined) return settle(frame, Ending.crashed(error), facts, want);
  if (!frame.plan.isAsync) return lead(frame, key, want, { mode: 'normal', after, facts });
  if (wouldDeadlock(frame, flight))
    return alone(frame, want, after, { ...facts, status: 'bypass', detail: 'two runs would wait for each other' });
  return join({ frame, key, want, after }, flight, () => lookUp(frame, key, want, after));
}

/** Serves a stored state: nothing is made that nobody reads. */
function hit(frame: Frame, key: StoreKey, record: StateRecord, want: Want, after: AfterBody, late: boolean): unknown {
  const { plan } = frame;
  if (FailureRecord.is(record.value)) return failedBefore(frame, key, record, want);
  let { value } = record;
  if (!plan.sharesResult) {
    try {
      value = served(plan, record);
    } catch {
      return alone(frame, want, after, notCopied(key));
    }
  }
  count(frame, 'hit');
  if (frame.kind === 'task') countSaved(frame, record.computeMs);
  const later = plan.isAsync || record.async;
  if (want === 'value' && plan.quietHit && frame.observer === undefined && !plan.topics.Cached.wanted) {
    if (!later || late) return value;
    if (!plan.sharesResult) return Promise.resolve(value);
    return sharedPromise(plan, record);
  }
  const at = plan.runtime.clock.now();
  const answer = finish(frame, 'Cached', Ending.found(record), value, { status: 'hit', key, record, at }, want);
  return later ? Promise.resolve(answer) : answer;
}

/** A failure that is remembered: the call fails again, without running. */
function failedBefore(frame: Frame, key: StoreKey, record: StateRecord, want: Want): unknown {
  const later = frame.plan.isAsync || record.async;
  const facts: CacheFacts = { status: 'hit', key, record, at: frame.runtime.clock.now() };
  const ending = Ending.found(record);
  count(frame, 'hit');
  try {
    const answer = finish(frame, ending.name, ending, undefined, facts, want);
    return later ? Promise.resolve(answer) : answer;
  } catch (error) {
    if (later) return Promise.reject(error);
    throw error;
  }
}

/** Why the cache is not asked. */
function notAsked(frame: Frame): CacheFacts {
  const { lookup, where, identity, identityTaken: sentence } = frame.plan;
  if (lookup === 'no-key') return UNASKED;
  if (lookup === 'off') return OFF;
  const message = `not cached (identity-taken): ${sentence}`;
  frame.runtime.trouble({ kind: 'uncacheable', where, message }, `identity ${identity}`);
  return { status: 'uncacheable', reason: 'identity-taken', detail: sentence };
}

function refuseSync(frame: Frame, want: Want): unknown {
  const { where, store } = frame.plan;
  const error = new SyncTaskError(where, `its store '${store.name}' answers later`);
  return settle(frame, Ending.crashed(error), UNASKED, want);
}
