import { messageOf } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import type { TaskHook } from '../definitions/task-options.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import { type Frame, runInScope } from '../runs/frame.js';
import type { FlowRunEvent, TaskRunEvent } from '../runs/run-events.js';
import type { TaskFrame } from '../runs/task-frame.js';
import { State, type StateName } from '../states/state.js';

/** Whether anybody would look at a state of this name: a hook, a future, a listener. */
export function isWatched(frame: Frame, name: StateName): boolean {
  if (frame.observer !== undefined) return true;
  const { topics, settings } = frame.plan;
  // Those that every run enters are asked for by their own names: by a variable, each of these reads costs 15 ns.
  switch (name) {
    case 'Running':
      return topics.Running.wanted || settings.onRunning.length > 0;
    case 'Completed':
      return topics.Completed.wanted || settings.onCompletion.length > 0;
    default:
      return topics[name].wanted || hooksFor(frame, name).length > 0;
  }
}

/** Says that a run has entered a state that is not final; makes the state only where somebody looks. */
export function enter(frame: Frame, name: StateName, delayMs?: number, message?: string): void {
  if (flightOf(frame)?.leaderLeft) return; // its last state has been told
  if (isWatched(frame, name)) announce(frame, new State({ name, at: frame.runtime.clock.now(), message }), { delayMs });
}

/** What an event says beside the state. */
export interface Told {
  readonly delayMs?: number | undefined;
  readonly durationMs?: number | undefined;
  /** A joiner's failure is the leader's: its hooks have been told. */
  readonly joined?: boolean;
}

/** Tells a state to the future, the listeners and the hooks. Hooks are started, not awaited. */
export function announce(frame: Frame, state: State, told: Told): void {
  frame.observer?.(state);
  const { task, flow } = frame.runtime.topics;
  if (frame.plan.topics[state.name].wanted) {
    if (frame.kind === 'task') task[state.name].send(taskEvent(frame as TaskFrame, state, told));
    else flow[state.name].send(flowEvent(frame as FlowFrame, state, told));
  }
  const hooks = hooksFor(frame, state.name);
  if (hooks.length > 0 && !(told.joined && !state.isCompleted())) startHooks(frame, hooks, state);
}

function taskEvent(frame: TaskFrame, state: State, told: Told): TaskRunEvent {
  return {
    task: frame.task,
    taskRun: frame.taskRun,
    state,
    flowRun: frame.flowFrame?.flowRun,
    durationMs: told.durationMs,
    delayMs: told.delayMs,
    attempt: frame.attempt,
    retries: frame.plan.settings.retries,
    renewal: (flightOf(frame)?.caller ?? frame) !== frame,
  };
}

/** What is to be known of the flight that a run leads: the call that began it, and whether that waits no more. */
interface Led {
  readonly caller: Frame;
  readonly leaderLeft: boolean;
}

function flightOf(frame: Frame): Led | undefined {
  return frame.flight as Led | undefined;
}

function flowEvent(frame: FlowFrame, state: State, told: Told): FlowRunEvent {
  return {
    flow: frame.flow,
    flowRun: frame.flowRun,
    state,
    parentFlowRun: frame.parentFlow?.flowRun,
    durationMs: told.durationMs,
    delayMs: told.delayMs,
    taskRuns: frame.taskRuns,
    cachedTaskRuns: frame.cachedTaskRuns,
    savedMs: frame.savedMs,
    attempt: frame.attempt,
    retries: frame.plan.settings.retries,
  };
}

const NONE: readonly TaskHook[] = [];

function hooksFor(frame: Frame, name: StateName): readonly TaskHook[] {
  const { settings } = frame.plan;
  switch (name) {
    case 'Running':
    case 'Retrying':
      return settings.onRunning;
    case 'Completed':
    case 'Cached':
      return settings.onCompletion;
    case 'Failed':
    case 'TimedOut':
    case 'Crashed':
      return settings.onFailure;
    default:
      return NONE;
  }
}

/** Starts hooks where the call was made; the flow's end and `close()` await those that answer later. */
function startHooks(frame: Frame, hooks: readonly TaskHook[], state: State): void {
  const run = frame.kind === 'task' ? (frame as TaskFrame).taskRun : (frame as FlowFrame).flowRun;
  for (const hook of hooks) {
    try {
      const call = (): unknown => hook(frame.plan.info, run as never, state);
      const answer = frame.parent === undefined ? call() : runInScope(frame.parent, call);
      if (isThenable(answer))
        awaitLater(
          frame,
          Promise.resolve(answer).catch((error) => hookFailed(frame, hook, error)),
        );
    } catch (error) {
      hookFailed(frame, hook, error);
    }
  }
}

function hookFailed(frame: Frame, hook: TaskHook, error: unknown): void {
  const message = `an error was encountered while running hook '${hook.name || '(anonymous)'}': ${messageOf(error)}`;
  frame.runtime.trouble({ kind: 'hook', where: frame.source, message, error });
}

/** Has the flow around a run, and the pond, await this before they end. */
export function awaitLater(frame: Frame, promise: Promise<unknown>): void {
  const flow = flowAround(frame);
  const holders = [frame.runtime.pending, ...(flow === undefined ? [] : [flow.pending])];
  for (const holder of holders) holder.add(promise);
  const done = (): void => {
    for (const holder of holders) holder.delete(promise);
  };
  promise.then(done, done);
}

/** The flow run that a run was called in. */
export function flowAround(frame: Frame): FlowFrame | undefined {
  return frame.kind === 'flow' ? (frame as FlowFrame).parentFlow : frame.flowFrame;
}
