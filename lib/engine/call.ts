import type { Definition } from '../definitions/definition.js';
import type { ParsedTaskOptions } from '../definitions/task-options.js';
import { Cancellation } from '../runs/cancellation.js';
import { FlowFrame } from '../runs/flow-frame.js';
import type { Frame, Scope } from '../runs/frame.js';
import { Plan } from '../runs/plan.js';
import type { Runtime } from '../runs/runtime.js';
import { TaskFrame } from '../runs/task-frame.js';
import type { AfterBody } from './attempts.js';
import { mayBeQuick, quickHit } from './quick-hit.js';
import { run } from './run.js';
import { endFlow } from './run-flow.js';
import type { Want } from './settle.js';

/** What one call asks for beside its arguments. */
export interface CallOptions {
  readonly overrides?: ParsedTaskOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A plain call of a task or flow: gives the value, or throws what the run threw. */
export function call(
  definition: Definition,
  runtime: Runtime,
  scope: Scope | undefined,
  receiver: unknown,
  args: readonly unknown[],
): unknown {
  let plan: Plan;
  try {
    plan = planFor(runtime, definition, receiver);
  } catch (error) {
    if (definition.promised || definition.ranAsync === true) return Promise.reject(error);
    throw error;
  }
  if (mayBeQuick(plan, scope)) return quickHit(plan, receiver, args, scope);
  return start(newFrame(plan, receiver, args, scope), 'value');
}

/** The frame of a call under other options. */
export function frameFor(
  definition: Definition,
  runtime: Runtime,
  scope: Scope | undefined,
  receiver: unknown,
  args: readonly unknown[],
  options: CallOptions,
): Frame {
  const { overrides, signal } = options;
  const plan =
    overrides === undefined
      ? planFor(runtime, definition, receiver)
      : new Plan(runtime, definition, homeOf(definition, receiver), receiver, overrides);
  const frame = newFrame(plan, receiver, args, scope);
  if (signal !== undefined) frame.waiting = Cancellation.following(frame.waiting, signal);
  return frame;
}

function newFrame(plan: Plan, receiver: unknown, args: readonly unknown[], scope: Scope | undefined): Frame {
  return plan.definition.role === 'task'
    ? new TaskFrame(plan, receiver, args, scope)
    : new FlowFrame(plan, receiver, args, scope);
}

/** Runs a frame to its end. */
export function start(frame: Frame, want: Want): unknown {
  const after: AfterBody = frame.kind === 'flow' ? endFlow : undefined;
  if (frame.kind === 'flow') frame.runtime.counters.flowRuns++;
  return run(frame, want, after);
}

/** The plan of a definition for this pond and receiver: the last one, nearly always. */
function planFor(runtime: Runtime, definition: Definition, receiver: unknown): Plan {
  const home = homeOf(definition, receiver);
  const last = definition.lastPlan as Plan | undefined;
  if (last !== undefined && last.home === home && last.runtime === runtime && last.revision === runtime.revision)
    return last;
  return findPlan(runtime, definition, receiver, home);
}

function findPlan(runtime: Runtime, definition: Definition, receiver: unknown, home: object): Plan {
  let byHome = runtime.plans.get(definition);
  if (byHome === undefined) {
    byHome = new WeakMap();
    runtime.plans.set(definition, byHome);
  }
  let plan = byHome.get(home);
  if (plan === undefined || plan.revision !== runtime.revision) {
    plan = new Plan(runtime, definition, home, receiver);
    byHome.set(home, plan);
    plan.shape = newFrame(plan, undefined, [], undefined);
  }
  definition.lastPlan = plan;
  return plan;
}

/** What decides the receiver's part of an identity: its prototype, a static method's class; the definition where there is none. */
function homeOf(definition: Definition, receiver: unknown): object {
  if (definition.subject.isTwin) return definition;
  if (typeof receiver === 'function') return receiver;
  if (typeof receiver !== 'object' || receiver === null) return definition;
  return (Object.getPrototypeOf(receiver) as object | null) ?? definition;
}
