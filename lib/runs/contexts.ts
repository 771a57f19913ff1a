import { MissingContextError } from '../base/errors.js';
import type { Logger } from '../log/logger.js';
import type { FlowRunContext, RunContext, TaskRunContext } from '../states/run-context.js';
import type { FlowFrame } from './flow-frame.js';
import { currentScope, type Frame } from './frame.js';
import type { TaskFrame } from './task-frame.js';

/** The context of the innermost run, task or flow; undefined outside. */
export function tryGetRunContext(): RunContext | undefined {
  return currentScope()?.frame as (Frame & RunContext) | undefined;
}

/** The context of the innermost run, task or flow. Throws `MissingContextError` outside. */
export function getRunContext(): RunContext {
  const context = tryGetRunContext();
  if (context === undefined) throw new MissingContextError('getRunContext()');
  return context;
}

/** The context of the task run around the call. Throws `MissingContextError` where the innermost run is no task. */
export function getTaskRunContext(): TaskRunContext {
  const frame = currentScope()?.frame;
  if (frame?.kind !== 'task') throw new MissingContextError('getTaskRunContext()', 'a task run');
  return frame as TaskFrame;
}

/** The context of the innermost flow run, also from inside its tasks. Throws `MissingContextError` outside a flow. */
export function getFlowRunContext(): FlowRunContext {
  const flow: FlowFrame | undefined = currentScope()?.flowFrame;
  if (flow === undefined) throw new MissingContextError('getFlowRunContext()', 'a flow run');
  return flow;
}

/** A logger whose lines name the innermost run. Throws `MissingContextError` outside. */
export function getRunLogger(): Logger {
  const context = tryGetRunContext();
  if (context === undefined) throw new MissingContextError('getRunLogger()');
  return context.logger;
}
