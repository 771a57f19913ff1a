import { randomUUID } from 'node:crypto';
import { formatMs, positiveDuration } from '../base/duration.js';
import { CancelledError, messageOf, TaskTimeoutError } from '../base/errors.js';
import { andThen, disowned, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Frame } from '../runs/frame.js';
import type { Plan } from '../runs/plan.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { MissReason } from '../states/cache-outcome.js';
import type { TaskRunContext } from '../states/run-context.js';
import type { Plain } from '../stores/plain.js';
import { RECORD_SCHEMA, type StateRecord } from '../stores/record.js';
import type { Lead, LeadRequest } from '../stores/store.js';
import { noteKey } from '../why/manifest.js';
import { type AfterBody, runAttempts } from './attempts.js';
import { Ending } from './ending.js';
import { keepLease } from './lease.js';
import type { CacheFacts } from './outcome.js';
import { stored } from './result-copy.js';
import { isUndecodable, revived } from './revive.js';
import type { Flight } from './single-flight.js';
import { abandonLead, askLead, commitState, FAILED, type Failed } from './store-access.js';

/** A message may be lost: look again at least this often. */
const LOOK_AGAIN_MS = 1_000;
/** Nor more often than this, whatever a store says; and so many wakings in a row are believed. */
const LOOK_AGAIN_AT_MOST_MS = 10;
const BELIEVED_WAKINGS = 1_000;

const PROCESS = randomUUID();
let leads = 0;

/** What was found out on the way; the leader's outcome is made from it. */
export interface Computation {
  readonly flight: Flight;
  readonly mode: LeadRequest['mode'];
  readonly after: AfterBody;
  facts: CacheFacts;
}

/** A miss, from the right to compute to the written record. Never throws: every end is an {@link Ending}. */
export function compute(computation: Computation): MaybePromise<Ending> {
  const { flight, mode } = computation;
  const token = `${PROCESS}:${leads++}`;
  const request = { mode, token, leaseMs: flight.leader.plan.isAsync ? flight.leader.plan.settings.leaseMs : 0 };
  try {
    const answer = askLead(flight.leader.plan, flight.key, request);
    const ending = andThen(answer, (lead) => onLead(computation, request, lead));
    return isThenable(ending) ? ending.catch((error) => Ending.crashed(error)) : ending;
  } catch (error) {
    return Ending.crashed(error);
  }
}

/** Computes without a store: it failed before. Those who join still share the one run. */
export function computeUnstored(computation: Computation): MaybePromise<Ending> {
  return runAttempts(computation.flight.leader, computation.after);
}

function onLead(computation: Computation, request: LeadRequest, lead: Lead | Failed): MaybePromise<Ending> {
  if (lead === FAILED) {
    computation.facts = { ...computation.facts, status: 'error', reason: 'store-error' };
    return computeUnstored(computation);
  }
  switch (lead.status) {
    case 'hit':
    case 'stale':
      return foundElsewhere(computation, request, lead.record);
    case 'wait':
      return elsewhere(computation, request, lead);
    case 'lead':
      return asLeader(computation, request, lead);
  }
}

/** What another process or pond has stored meanwhile; computed anew where its class has changed. */
function foundElsewhere(computation: Computation, request: LeadRequest, record: StateRecord): MaybePromise<Ending> {
  const { plan } = computation.flight.leader;
  const back = revived(plan, record);
  if (!isUndecodable(back)) return Ending.found(back);
  computation.facts = { ...computation.facts, reason: back.reason, detail: back.detail };
  const anew: LeadRequest = { ...request, mode: 'refresh' };
  return andThen(askLead(plan, computation.flight.key, anew), (lead) =>
    lead !== FAILED && lead.status === 'lead' ? asLeader(computation, anew, lead) : computeUnstored(computation),
  );
}

type Leading = Extract<Lead, { status: 'lead' }>;
type Waiting = Extract<Lead, { status: 'wait' }>;

function asLeader(computation: Computation, { token, leaseMs }: LeadRequest, lead: Leading): MaybePromise<Ending> {
  const { flight } = computation;
  const frame = flight.leader;
  computation.facts = factsOf(computation, lead);
  frame.execution.fence = lead.generation;
  const tags = tagsOf(frame);
  const { renewEveryMs } = lead;
  const lease = renewEveryMs === undefined ? undefined : keepLease(frame, flight.key, token, leaseMs, renewEveryMs);
  const ending = runAttempts(frame, computation.after);
  return andThen(ending, (one) => {
    lease?.end();
    if (lease?.lost) one.lost = true;
    return write(computation, token, lead.generation, tags, one);
  });
}

function factsOf(computation: Computation, lead: Leading): CacheFacts {
  const { flight, mode, facts } = computation;
  const kin = noteKey(flight.leader, flight.key.text);
  if (mode === 'refresh') return facts;
  const { miss } = lead;
  return miss.reason === 'first-seen' ? { ...facts, reason: miss.reason, kin } : { ...facts, ...miss };
}

/** A run elsewhere holds the key: wait for its end, by message or timer, then ask again. */
async function elsewhere(computation: Computation, request: LeadRequest, first: Waiting): Promise<Ending> {
  const { flight } = computation;
  const { clock } = flight.leader.runtime;
  const { waitTimeoutMs } = flight.leader.plan.settings;
  const deadline = clock.monotonic() + waitTimeoutMs;
  let lead: Lead | Failed = first;
  for (let wakings = 0; lead !== FAILED && lead.status === 'wait'; wakings++) {
    await woken(flight, lead, Math.max(0, deadline - clock.monotonic()), wakings < BELIEVED_WAKINGS);
    if (flight.cancellation?.cancelled)
      return Ending.cancelled(new CancelledError(flight.leader.source, flight.cancellation.reason));
    if (clock.monotonic() >= deadline) return waitedTooLong(computation, lead);
    lead = await askLead(flight.leader.plan, flight.key, request);
  }
  return onLead(computation, request, lead);
}

/** A waiter's deadline has passed: as `onWaitTimeout` says. */
function waitedTooLong(computation: Computation, { stale }: Waiting): MaybePromise<Ending> {
  const { source, plan } = computation.flight.leader;
  const { onWaitTimeout, waitTimeoutMs } = plan.settings;
  const detail = `waited ${formatMs(waitTimeoutMs)} for a run elsewhere that holds the key`;
  computation.facts = { ...computation.facts, reason: 'wait-timeout', detail };
  if (onWaitTimeout === 'stale' && stale !== undefined) return Ending.found(stale);
  if (onWaitTimeout === 'fail')
    return Ending.timedOut(new TaskTimeoutError(`${source}: the wait for a run elsewhere`, waitTimeoutMs));
  return computeUnstored(computation);
}

function woken(flight: Flight, lead: Waiting, mostMs: number, believe: boolean): Promise<void> {
  return new Promise((resolve) => {
    let stopListening: (() => void) | undefined;
    const done = (): void => {
      stopTimer();
      stopListening?.();
      resolve();
    };
    const left = lead.leaseLeftMs >= LOOK_AGAIN_AT_MOST_MS ? lead.leaseLeftMs : LOOK_AGAIN_AT_MOST_MS;
    const stopTimer = flight.leader.runtime.clock.after(Math.min(left, LOOK_AGAIN_MS, mostMs), done);
    stopListening = flight.cancellation?.onCancel(done);
    if (believe) lead.woken?.then(done, done);
    else disowned(lead.woken);
  });
}

/** The labels as they are before the body may change its inputs; the error where they cannot be made. */
function tagsOf(frame: Frame): readonly string[] | Error {
  if (frame.kind === 'flow') return [];
  try {
    return (frame as TaskFrame).tagsOrThrow();
  } catch (error) {
    return new Error(`tags could not be made: ${messageOf(error)}`, { cause: error });
  }
}

function write(
  computation: Computation,
  token: string,
  generation: number,
  tags: readonly string[] | Error,
  ending: Ending,
): MaybePromise<Ending> {
  const { flight, facts } = computation;
  const { plan } = flight.leader;
  const refusal = refusalOf(flight.leader, ending, tags);
  if (refusal !== undefined) {
    if (ending.completed) computation.facts = { ...facts, ...refusal };
    return andThen(abandonLead(plan, flight.key, token, refusal, !ending.completed), () => ending);
  }
  const made = recordOf(flight, generation, tags as readonly string[], ending);
  if (made instanceof Error) {
    const miss = notStored(flight.leader, messageOf(made), made);
    computation.facts = { ...facts, ...miss };
    return andThen(abandonLead(plan, flight.key, token, miss, false), () => ending);
  }
  return andThen(commitState(plan, flight.key, token, made), (commit) => {
    if (commit === FAILED) computation.facts = { ...facts, status: 'error', reason: 'store-error' };
    else if (commit.committed) ending.record = made;
    // What was there before the run began is no answer to a refresh.
    else if (commit.current !== undefined && commit.current.generation > generation)
      return newer(plan, commit.current, ending);
    else if (commit.refused !== undefined) {
      computation.facts = { ...facts, ...notStored(flight.leader, commit.refused) };
    } else {
      ending.lost = true;
      computation.facts = {
        ...facts,
        reason: 'not-stored',
        detail: 'a refresh or an invalidation came before its end',
      };
    }
    if (ending.record !== undefined) computation.facts = { ...computation.facts, record: ending.record };
    return ending;
  });
}

/** The value that a later run has stored; the run's own where that cannot be brought back. */
function newer(plan: Plan, current: StateRecord, own: Ending): Ending {
  const back = revived(plan, current);
  return isUndecodable(back) ? own : Ending.found(back);
}

interface Refusal {
  readonly reason: MissReason;
  readonly detail: string;
}

/** Why a result is not stored; undefined where it is. Only completed runs ever are. */
function refusalOf(frame: Frame, ending: Ending, tags: readonly string[] | Error): Refusal | undefined {
  if (!ending.completed) return { reason: 'not-stored', detail: `its last run ended ${ending.name}` };
  if (tags instanceof Error) return notStored(frame, tags.message, tags);
  const { cacheIf } = frame.plan.settings;
  if (cacheIf === undefined) return undefined;
  try {
    const wanted: unknown = cacheIf(ending.value, frame as unknown as TaskRunContext);
    if (disowned(wanted)) throw new TypeError('it gave a promise, not true or false');
    if (wanted) return undefined;
    return { reason: 'cache-if', detail: 'cacheIf did not want the result stored' };
  } catch (error) {
    return notStored(frame, `cacheIf failed: ${messageOf(error)}`, error);
  }
}

function notStored(frame: Frame, detail: string, error?: unknown): Refusal {
  const { where } = frame.plan;
  frame.runtime.trouble(
    { kind: 'not-stored', where, message: `the result is not stored: ${detail}`, error },
    `not stored ${where}`,
  );
  return { reason: 'not-stored', detail };
}

function recordOf(flight: Flight, generation: number, tags: readonly string[], ending: Ending): StateRecord | Error {
  const frame = flight.leader;
  try {
    const storedAt = frame.runtime.clock.now();
    const { value, frozen } = stored(frame.plan, ending.value);
    // Field by field: a spread would put part of every record outside of it, 40 bytes an entry.
    return {
      schema: RECORD_SCHEMA,
      key: flight.key,
      value,
      frozen,
      plain: plainOf(frame.plan, ending.value),
      message: ending.message,
      storedAt,
      expiresAt: expiryOf(frame, ending, storedAt),
      renewForMs: 0,
      errorForMs: 0,
      computeMs: Math.round(ending.computeMs),
      generation,
      tags: tags.length === 0 ? undefined : tags,
      async: frame.plan.isAsync,
      from: (frame as TaskFrame | FlowFrame).identity,
      promise: undefined,
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error), { cause: error });
  }
}

/** What a store that writes bytes keeps of an instance; throws where it would not come back the same. */
function plainOf({ settings, store }: Plan, value: unknown): Plain | undefined {
  return settings.returns === undefined ? undefined : store.revival?.toPlain(value, settings.returns);
}

function expiryOf(frame: Frame, ending: Ending, now: number): number {
  const { expiration, expirationJitter } = frame.plan.settings;
  const given =
    typeof expiration === 'function' ? expiration(ending.value, frame as unknown as TaskRunContext) : expiration;
  if (given === undefined) return Number.POSITIVE_INFINITY;
  if (disowned(given)) throw new TypeError('cacheExpiration gave a promise, not a duration');
  const ms =
    typeof expiration === 'function' ? positiveDuration(given, frame.plan.where, 'cacheExpiration') : (given as number);
  return now + ms * (1 - expirationJitter * Math.random());
}
