import { SyncTaskError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { Cancellation } from '../runs/cancellation.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import { type Frame, rootPromise } from '../runs/frame.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { CacheOutcome } from '../states/cache-outcome.js';
import { State, type StateName } from '../states/state.js';
import type { StateRecord } from '../stores/record.js';
import { StoreKey } from '../stores/store-key.js';
import { announce, enter, isWatched } from './announce.js';
import { type AfterBody, runAttempts } from './attempts.js';
import { type Computation, compute, computeUnstored } from './compute.js';
import { Ending } from './ending.js';
import { keyOf, type NoKey } from './key.js';
import { type CacheFacts, outcomeOf } from './outcome.js';
import { copyIfPossible, served } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import { Flight, selfWait, wouldDeadlock } from './single-flight.js';
import { FAILED, type Failed, readState } from './store-access.js';

/** What the caller wants: the value, or what the run threw; or the final state, whatever it is. */
export type Want = 'value' | 'state';

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
  if (plan.lookup !== 'yes') return alone(frame, want, after, notAsked(frame));
  if (!plan.store.sync && !plan.isAsync) return refuseSync(frame, want);
  const key = keyOf(frame);
  if (key instanceof StoreKey) return lookUp(frame, key, want, after);
  if (!isThenable(key)) return withoutKey(frame, key, want, after);
  return unlessLeft(frame, key).then((one) =>
    one instanceof StoreKey ? lookUp(frame, one, want, after) : withoutKey(frame, one, want, after),
  );
}

function withoutKey(frame: Frame, why: NoKey | SyncTaskError | Left, want: Want, after: AfterBody): unknown {
  if (why === LEFT) return settle(frame, leftBefore(frame), LEFT_BEFORE, want);
  if (why instanceof SyncTaskError) return settle(frame, Ending.crashed(why), UNASKED, want);
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
        : afterLookUp(frame, key, one, want, after),
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

function afterLookUp(frame: Frame, key: StoreKey, found: Found, want: Want, after: AfterBody): unknown {
  if (found !== undefined && found !== FAILED) {
    if (frame.plan.store.revival === undefined) return hit(frame, key, found, want, after);
    const back = revived(frame.plan, found);
    if (!isUndecodable(back)) return hit(frame, key, back, want, after);
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
  return join(frame, key, flight, want, after);
}

/** Serves a stored state: nothing is made that nobody reads. */
function hit(frame: Frame, key: StoreKey, record: StateRecord, want: Want, after: AfterBody): unknown {
  const { plan } = frame;
  let { value } = record;
  if (!plan.sharesResult) {
    try {
      value = served(plan, record);
    } catch {
      return alone(frame, want, after, notCopied(key));
    }
  }
  plan.runtime.counters.hits++;
  if (frame.kind === 'task') countSaved(frame, record.computeMs);
  const later = plan.isAsync || record.async;
  if (want === 'value' && plan.quietHit && frame.observer === undefined && !plan.topics.Cached.wanted) {
    if (!later) return value;
    if (!plan.sharesResult) return Promise.resolve(value);
    record.promise ??= rootPromise(record.value);
    return record.promise;
  }
  const at = plan.runtime.clock.now();
  const answer = finish(frame, 'Cached', Ending.found(record), value, { status: 'hit', key, record, at }, want);
  return later ? Promise.resolve(answer) : answer;
}

function countSaved(frame: Frame, computeMs: number): void {
  const flow = frame.flowFrame;
  if (flow === undefined) return;
  flow.cachedTaskRuns++;
  flow.savedMs += computeMs;
}

/** Runs without a key: nobody joins, nothing is stored. */
function alone(frame: Frame, want: Want, after: AfterBody, facts: CacheFacts): unknown {
  const { counters } = frame.runtime;
  if (facts.status === 'uncacheable') counters.uncacheable++;
  else counters.bypassed++;
  if (frame.waiting !== undefined) frame.execution.cancellation = Cancellation.following(frame.waiting);
  const ending = runAttempts(frame, after);
  if (!isThenable(ending)) return settle(frame, ending, facts, want);
  return ending.then((one) => {
    frame.cancellation?.release();
    return settle(frame, one, facts, want);
  });
}

type Leading = Pick<Computation, 'mode' | 'after' | 'facts'>;

/** Begins the flight of a key, and waits for it like everybody else. */
function lead(frame: Frame, key: StoreKey, want: Want, leading: Leading): unknown {
  const { counters } = frame.runtime;
  if (leading.facts.status === 'refresh') counters.refreshes++;
  else counters.misses++;
  const flight = new Flight(frame, key);
  const computation: Computation = { flight, ...leading };
  const ending = leading.facts.status === 'error' ? computeUnstored(computation) : compute(computation);
  if (!isThenable(ending)) {
    flight.ended(ending);
    return settle(frame, ending, computation.facts, want);
  }
  const ended = ending.then((one) => {
    flight.ended(one);
    return one;
  });
  return (frame.waiting === undefined ? ended : flight.wait(frame)).then((one: Ending) =>
    settle(frame, one, computation.facts, want),
  );
}

/** Waits for the flight of another call. If that ends without an answer, this one leads anew. */
async function join(frame: Frame, key: StoreKey, flight: Flight, want: Want, after: AfterBody): Promise<unknown> {
  const ending = await flight.join(frame);
  if ((ending.cancelled || ending.lost) && !frame.waiting?.cancelled) return lookUp(frame, key, want, after);
  const { leader } = flight;
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
    const heir = !ending.cancelled && flight.inherits();
    if (heir) frame.runtime.counters.failures++;
    return finish(frame, ending.name, ending, undefined, facts, want, heir);
  }
  let value: unknown;
  try {
    value = frame.plan.sharesResult ? ending.value : joinedCopy(frame, ending);
  } catch {
    return alone(frame, want, after, notCopied(key));
  }
  frame.runtime.counters.joined++;
  if (frame.kind === 'task') countSaved(frame, ending.computeMs);
  return finish(frame, 'Cached', ending, value, facts, want);
}

/** What a joiner with a copy of its own gets: never the object that the leader's caller holds. */
function joinedCopy(frame: Frame, ending: Ending): unknown {
  return ending.record === undefined ? copyIfPossible(frame.plan, ending.value) : served(frame.plan, ending.record);
}

/** The stored result comes from a task that shares its own; this one promised its caller a copy. */
function notCopied(key: StoreKey): CacheFacts {
  return { status: 'miss', reason: 'not-stored', detail: 'the result of another run cannot be copied', key };
}

/** The end of a run that led, or ran alone. */
function settle(frame: Frame, ending: Ending, facts: CacheFacts, want: Want): unknown {
  const { record } = ending;
  if (ending.found && record !== undefined) {
    if (frame.kind === 'task') countSaved(frame, record.computeMs);
    const at = frame.runtime.clock.now();
    return finish(frame, 'Cached', ending, served(frame.plan, record), { ...facts, status: 'hit', record, at }, want);
  }
  if (!ending.completed && !ending.cancelled) frame.runtime.counters.failures++;
  return finish(frame, ending.name, ending, ending.value, facts, want);
}

/** The final state, told to whoever looks, and the caller's answer. */
function finish(
  frame: Frame,
  name: StateName,
  ending: Ending,
  value: unknown,
  facts: CacheFacts,
  want: Want,
  heir = false,
): unknown {
  if (want === 'state' || isWatched(frame, name)) {
    const { clock } = frame.runtime;
    const { message, error } = ending;
    const at = clock.now();
    const cache = (): CacheOutcome => outcomeOf(frame, facts);
    const state = new State({ name, at, message, value, error, cache });
    announce(frame, state, { durationMs: ending.computeMs, joined: facts.status === 'joined' && !heir });
    if (want === 'state') return state;
  }
  if (ending.completed) return value;
  throw ending.error;
}

/** The end of a submitted run whose argument, another run, has failed: it fails with the same error, without running. */
export function endedByUpstream(frame: Frame, error: unknown): State {
  const facts: CacheFacts = { status: 'bypass', reason: 'no-key', detail: 'an argument failed' };
  return settle(frame, Ending.failed(error, 'An argument of the'), facts, 'state') as State;
}

function leftBefore(frame: Frame): Ending {
  return Ending.cancelledFor(frame.waiting?.reason, frame.source);
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
