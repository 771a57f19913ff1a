import { MissingContextError, messageOf, NoFlowRunError, SyncTaskError, UnhashableError } from '../base/errors.js';
import { disowned, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Dictionary } from '../definitions/dictionary.js';
import { inputHash } from '../keys/hash.js';
import { isNoKey } from '../keys/helpers.js';
import type { AnyKeyFn, KeyContext } from '../keys/key-function.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import { type Frame, runInScope, type Scope } from '../runs/frame.js';
import { withPrints } from '../runs/prints.js';
import { hasValue } from '../runs/run-values.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { MissReason } from '../states/cache-outcome.js';
import { StoreKey } from '../stores/store-key.js';

/** Why a call has no key: it runs uncached. */
export class NoKey {
  constructor(
    readonly reason: MissReason,
    readonly detail: string | undefined,
  ) {}
}

/** What ends a call at once: its task cannot wait for its key, or is not told whose run it is. */
export type KeyRefusal = SyncTaskError | MissingContextError;

/** What a key function threw. */
export class KeyFailure {
  constructor(readonly error: unknown) {}
}

/** The key of a call, or why there is none. A key that cannot be made safely is none: never a shared or unstable one. */
export function keyOf(frame: Frame): MaybePromise<StoreKey | NoKey | KeyRefusal> {
  const { keyFn } = frame.plan;
  const missing = missingValue(frame);
  if (missing !== undefined) return missing;
  try {
    const made =
      frame.logPrints || printsOtherwise(frame) ? printing(frame, keyFn as AnyKeyFn) : ask(frame, keyFn as AnyKeyFn);
    return keyFrom(frame, made);
  } catch (error) {
    return failed(frame, error);
  }
}

/** The error of a call in a scope without a value that its keys vary by; undefined where all are there. */
export function missingValue({ plan, values }: Frame): MissingContextError | undefined {
  const { varyBy } = plan.settings;
  if (varyBy.length === 0) return undefined;
  const missing = varyBy.find((name) => !hasValue(values, name));
  return missing === undefined ? undefined : MissingContextError.ofValue(plan.where, missing);
}

/** The same where the key function has been asked. */
export function keyAfter(frame: Frame, made: unknown): MaybePromise<StoreKey | NoKey | SyncTaskError> {
  if (made instanceof KeyFailure) return failed(frame, made.error);
  try {
    return keyFrom(frame, made);
  } catch (error) {
    return failed(frame, error);
  }
}

function keyFrom(frame: Frame, made: unknown): MaybePromise<StoreKey | NoKey | SyncTaskError> {
  if (typeof made === 'string') return scoped(frame, made);
  if (isThenable(made)) return later(frame, made);
  return scoped(frame, made);
}

/** Whether the caller's prints are logged, but this task's are not. */
function printsOtherwise({ plan, parent }: Frame): boolean {
  return plan.settings.logPrints === false && parent?.logPrints === true;
}

function ask(frame: Frame, keyFn: AnyKeyFn): unknown {
  return keyFn(contextOf(frame), frame.keyInputs as Dictionary);
}

function contextOf(frame: Frame): KeyContext {
  return frame.kind === 'task' ? (frame as TaskFrame) : (frame as FlowFrame).keyContext;
}

/** The key function runs in its caller's scope, but prints for the task whose key it makes. */
function printing(frame: Frame, keyFn: AnyKeyFn): unknown {
  const { parent } = frame;
  const scope: Scope = {
    runtime: frame.runtime,
    explicit: frame.explicit,
    parent,
    flowFrame: parent?.flowFrame,
    frame: parent?.frame,
    cancellation: parent?.cancellation,
    values: frame.values,
    logPrints: frame.logPrints,
    printsAs: frame,
  };
  return withPrints(() => runInScope(scope, () => ask(frame, keyFn)));
}

/** A task that is known to be synchronous cannot wait for its key. */
function later(frame: Frame, made: PromiseLike<unknown>): MaybePromise<StoreKey | NoKey | KeyRefusal> {
  const { definition, where } = frame.plan;
  if (definition.ranAsync === false && !definition.promised) {
    disowned(made);
    return new SyncTaskError(where, 'its cacheKeyFn gave a promise');
  }
  frame.execution.keyCameLater = true;
  return Promise.resolve(made).then(
    (key) => scopedOrNone(frame, key),
    (error: unknown) => failed(frame, error),
  );
}

function scopedOrNone(frame: Frame, made: unknown): StoreKey | NoKey {
  try {
    return scoped(frame, made);
  } catch (error) {
    return failed(frame, error);
  }
}

function scoped(frame: Frame, made: unknown): StoreKey | NoKey {
  const { settings, keyring } = frame.plan;
  if (typeof made !== 'string' || made === '') return none(frame, made);
  frame.execution.key = made;
  const varied = settings.varyBy.length === 0 ? made : `${variation(frame)}${made}`;
  if (settings.instanceKey === undefined) return new StoreKey(keyring.scope, varied);
  const instance: unknown = settings.instanceKey(frame.receiver);
  if (typeof instance !== 'string') {
    if (isThenable(instance)) instance.then(undefined, () => {}); // its failure would be nobody's
    throw new TypeError(`instanceKey gave a value of type ${typeof instance}, not a string`);
  }
  return new StoreKey(keyring.scope, `${instance.length}:${instance}${varied}`);
}

/** The values of the run scope as part of a key, by name, with their length before them. */
function variation({ plan, values }: Frame): string {
  const text = inputHash(plan.settings.varyBy.map((name) => [name, values[name]]));
  return `${text.length}:${text}`;
}

function none(frame: Frame, made: unknown): NoKey {
  if (made === null) return new NoKey('no-key', 'the key function gave none');
  const given = made === '' ? "''" : typeof made;
  if (isNoKey(made)) return warned(frame, new NoKey('no-key', `the key function gave ${given}`));
  return warned(frame, new NoKey('key-error', `the key function gave a value of type ${given}, not a string`));
}

function failed(frame: Frame, error: unknown): NoKey {
  const detail = messageOf(error);
  if (error instanceof NoFlowRunError) return warned(frame, new NoKey('no-flow-run', detail), error);
  if (error instanceof UnhashableError) return warned(frame, new NoKey('unhashable', detail), error);
  return warned(frame, new NoKey('key-error', `the key function failed: ${detail}`), error);
}

function warned(frame: Frame, noKey: NoKey, error?: unknown): NoKey {
  const { where } = frame.plan;
  const message = `not cached (${noKey.reason}): ${noKey.detail}`;
  frame.runtime.trouble({ kind: 'uncacheable', where, message, error }, `${noKey.reason} ${where}`);
  return noKey;
}
