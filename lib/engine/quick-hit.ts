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
    plan.strictCalls === 0 &&
    plan.circuit.healthy &&
    !plan.topics.Pending.wanted &&
    (scope === undefined || (!scope.logPrints && !scope.cancellation?.cancelled))
  );
}

/** Key, lookup, hit. What turns out to be no hit goes on along the long way, with the same frame and from the same key. */
export function quickHit(plan: Plan, receiver: unknown, args: readonly unknown[], scope: Scope | undefined): unknown {
  const frame = new TaskFrame(plan, receiver, args, scope);
  let key: unknown;
  try {
    const inputs = plan.inputs === undefined ? (undefined as never) : frame.plainInputs(plan.inputs);
    key = (plan.keyFn as AnyKeyFn)(frame, inputs);
  } catch (error) {
    return goOn(frame, new KeyFailure(error));
  }
  const record = typeof key === 'string' ? lookUp(plan, key) : undefined;
  return record === undefined || plan.topics.Cached.wanted ? goOn(frame, key) : serve(frame, record);
}

function lookUp({ findable, scope }: Plan, key: string): Kept | undefined {
  try {
    return findable?.find(scope, key);
  } catch {
    return undefined; // a clock of the user's: the long way meets the failure again, and tells of it
  }
}

function serve({ plan, flowFrame }: TaskFrame, record: Kept): unknown {
  plan.runtime.counters.hits++;
  if (flowFrame !== undefined) {
    flowFrame.cachedTaskRuns++;
    flowFrame.savedMs += record.computeMs;
  }
  if (!plan.isAsync && !record.async) return record.value;
  return record.promise ?? keptPromise(plan, record);
}
