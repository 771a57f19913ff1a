import type { Dictionary } from '../definitions/dictionary.js';
import type { AnyKeyFn } from '../keys/key-function.js';
import type { Scope } from '../runs/frame.js';
import type { Plan } from '../runs/plan.js';
import { TaskFrame } from '../runs/task-frame.js';
import type { Kept } from '../stores/memory-record.js';
import { KeyFailure } from './key.js';
import { keptPromise } from './result-copy.js';
import { goOn } from './run.js';

/**
 * Whether a call may take the short way. `run` serves every call there is: its call sites see flows and tasks, stores of all kinds,
 * futures, hooks and listeners, so the optimiser can assume nothing there. The short way is for what nearly all hits are: plain calls of a
 * task with states in memory, of which nobody is told and whose prints nobody logs. Most of that is known before (`plan.quick`).
 */
export function mayBeQuick(plan: Plan, scope: Scope | undefined): boolean {
  return (
    plan.quick &&
    plan.circuit.healthy &&
    !plan.topics.Pending.wanted &&
    (scope === undefined || (!scope.logPrints && !scope.cancellation?.cancelled))
  );
}

/**
 * Key, lookup, hit. No frame is made for a key function that reads nothing of the context. What turns out to be no hit goes on along the
 * long way, from the same key, so that nothing is asked or counted twice.
 */
export function quickHit(plan: Plan, receiver: unknown, args: readonly unknown[], scope: Scope | undefined): unknown {
  let frame: TaskFrame | undefined;
  let key: unknown;
  try {
    if (plan.keyOfArguments !== undefined) key = plan.keyOfArguments(args);
    else {
      const keyFn = plan.keyFn as AnyKeyFn; // called without a receiver
      if (plan.keyNeedsContext) {
        frame = new TaskFrame(plan, receiver, args, scope);
        key = keyFn(frame, frame.keyInputs as Dictionary);
      } else key = keyFn(undefined as never, plan.inputsFor(args) as Dictionary);
    }
  } catch (error) {
    return goOn(frame ?? new TaskFrame(plan, receiver, args, scope), new KeyFailure(error));
  }
  const record = typeof key === 'string' ? lookUp(plan, key) : undefined;
  if (record === undefined || plan.topics.Cached.wanted)
    return goOn(frame ?? new TaskFrame(plan, receiver, args, scope), key);
  const flowFrame = scope?.flowFrame;
  if (flowFrame !== undefined) {
    if (frame === undefined) flowFrame.countRun(plan.definition);
    flowFrame.cachedTaskRuns++;
    flowFrame.savedMs += record.computeMs;
  }
  return serve(plan, record);
}

function lookUp({ findable, scope }: Plan, key: string): Kept | undefined {
  try {
    return findable?.find(scope, key);
  } catch {
    return undefined; // a clock of the user's: the long way meets the failure again, and tells of it
  }
}

function serve(plan: Plan, record: Kept): unknown {
  plan.runtime.counters.hits++;
  if (!plan.isAsync && !record.async) return record.value;
  return record.promise ?? keptPromise(plan, record);
}
