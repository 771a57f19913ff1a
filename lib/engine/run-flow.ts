import type { MaybePromise } from '../base/maybe-promise.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Frame } from '../runs/frame.js';
import { State } from '../states/state.js';
import { Ending } from './ending.js';
import { isTaskFuture } from './task-future.js';

/**
 * What a flow does at the end of its body: it waits for the runs it submitted and for hooks, then takes its state from what the body
 * returned. A synchronous flow cannot wait; the pond's `close()` does.
 */
export function endFlow(frame: Frame, ending: Ending): MaybePromise<Ending> {
  const flow = frame as FlowFrame;
  const { definition } = frame.plan;
  const async = definition.promised || definition.ranAsync === true;
  if (flow.pending.size > 0 && async) return drained(flow).then(() => ended(flow, ending));
  if (flow.pending.size > 0) void drained(flow).then(() => tellUnawaited(flow));
  return ended(flow, ending);
}

function ended(flow: FlowFrame, ending: Ending): Ending {
  const final = byReturned(ending); // looks at the futures that were returned
  tellUnawaited(flow);
  flow.tellFlowAround();
  return final;
}

async function drained(flow: FlowFrame): Promise<void> {
  while (flow.pending.size > 0) await Promise.allSettled(flow.pending);
}

/** A failure that nobody asked about is told of, never an unhandled rejection. */
function tellUnawaited(flow: FlowFrame): void {
  for (const run of flow.failedRuns) {
    if (!run.asked) flow.runtime.trouble({ kind: 'unawaited', where: flow.source, message: run.sentence });
  }
  flow.failedRuns.clear();
}

/** A flow that returns states or futures completes if all of them did. */
function byReturned(ending: Ending): Ending {
  if (!ending.completed) return ending;
  const states = statesIn(ending.value);
  if (states === undefined) return ending;
  const failed = states.filter((state) => !state.isCompleted());
  const [first] = failed;
  if (first === undefined) return Ending.completed(ending.value, 'All states completed.');
  return Ending.returned(first, 'Flow').saying(`${failed.length}/${states.length} states failed.`);
}

function statesIn(value: unknown): readonly State[] | undefined {
  const list = Array.isArray(value) ? value : [value];
  const states = list.map((one) => (isTaskFuture(one) ? one.state : one));
  return states.length > 0 && states.every((state) => State.is(state)) ? states : undefined;
}
