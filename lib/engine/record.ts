import { positiveDuration } from '../base/duration.js';
import { messageOf } from '../base/errors.js';
import { disowned } from '../base/maybe-promise.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Frame } from '../runs/frame.js';
import type { Plan } from '../runs/plan.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { MissReason } from '../states/cache-outcome.js';
import type { TaskRunContext } from '../states/run-context.js';
import { cut, FailureRecord } from '../stores/failure.js';
import { MemoryRecord } from '../stores/memory-record.js';
import type { Plain } from '../stores/plain.js';
import { RECORD_SCHEMA, type StateRecord } from '../stores/record.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Ending } from './ending.js';
import { stored } from './result-copy.js';

/** The labels as they are before the body may change its inputs; the error where they cannot be made. */
export function tagsOf(frame: Frame): readonly string[] | Error {
  if (frame.kind === 'flow') return [];
  try {
    return (frame as TaskFrame).tagsOrThrow();
  } catch (error) {
    return new Error(`tags could not be made: ${messageOf(error)}`, { cause: error });
  }
}

/** Why nothing is stored. */
export interface Refusal {
  readonly reason: MissReason;
  readonly detail: string;
}

/** Why a run's end is not stored; undefined where it is. Only completed runs are, and failures that `cacheFailures` wants. */
export function refusalOf(frame: Frame, ending: Ending, tags: readonly string[] | Error): Refusal | undefined {
  if (!ending.completed && !isRemembered(frame, ending))
    return { reason: 'not-stored', detail: `its last run ended ${ending.name}` };
  if (tags instanceof Error) return notStored(frame, tags.message, tags);
  const { cacheIf } = frame.plan.settings;
  if (cacheIf === undefined || !ending.completed) return undefined;
  try {
    const wanted: unknown = cacheIf(ending.value, frame as unknown as TaskRunContext);
    if (disowned(wanted)) throw new TypeError('it gave a promise, not true or false');
    if (wanted) return undefined;
    return { reason: 'cache-if', detail: 'cacheIf did not want the result stored' };
  } catch (error) {
    return notStored(frame, `cacheIf failed: ${messageOf(error)}`, error);
  }
}

/** Whether a failure is stored in place of a result. */
function isRemembered(frame: Frame, ending: Ending): boolean {
  const { cacheFailures } = frame.plan.settings;
  if (cacheFailures === undefined || !ending.failed) return false;
  if (cacheFailures.when === undefined) return true;
  try {
    const wanted: unknown = cacheFailures.when(ending.error);
    if (disowned(wanted)) throw new TypeError('it gave a promise, not true or false');
    return wanted === true;
  } catch (error) {
    notStored(frame, `cacheFailures.when failed: ${messageOf(error)}`, error);
    return false;
  }
}

/** Says that a result which was to be stored is not. */
export function notStored(frame: Frame, detail: string, error?: unknown): Refusal {
  const { where } = frame.plan;
  frame.runtime.trouble(
    { kind: 'not-stored', where, message: `the result is not stored: ${detail}`, error },
    `not stored ${where}`,
  );
  return { reason: 'not-stored', detail };
}

/** A run's end as it is stored; the error where it cannot be. */
export function recordOf(
  frame: Frame,
  key: StoreKey,
  generation: number,
  tags: readonly string[],
  ending: Ending,
): StateRecord | Error {
  const { plan } = frame;
  try {
    const storedAt = frame.runtime.clock.now();
    const failed = !ending.completed;
    const { value, frozen } = failed
      ? { value: FailureRecord.of(ending.error), frozen: false }
      : stored(plan, ending.value);
    const record: StateRecord = {
      schema: RECORD_SCHEMA,
      key,
      value,
      frozen,
      plain: failed ? undefined : plainOf(plan, ending.value),
      message: failed && ending.message !== undefined ? cut(ending.message) : ending.message,
      storedAt,
      expiresAt: failed ? failureExpiry(plan, storedAt) : expiryOf(frame, ending, storedAt),
      renewForMs: failed ? 0 : plan.settings.renewForMs,
      errorForMs: failed ? 0 : plan.settings.errorForMs,
      computeMs: Math.round(ending.computeMs),
      generation,
      tags: tags.length === 0 ? undefined : tags,
      async: plan.isAsync,
      from: (frame as TaskFrame | FlowFrame).identity,
      promise: undefined,
    };
    return plan.memory === undefined ? record : new MemoryRecord(record);
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error), { cause: error });
  }
}

/** What a store that writes bytes keeps of an instance; throws where it would not come back the same. */
function plainOf({ settings, store }: Plan, value: unknown): Plain | undefined {
  return settings.returns === undefined ? undefined : store.revival?.toPlain(value, settings.returns);
}

function failureExpiry({ settings }: Plan, now: number): number {
  return now + (settings.cacheFailures?.expirationMs ?? 0);
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
