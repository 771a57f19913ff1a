import { isThenable } from '../base/maybe-promise.js';
import { awaitLater } from '../engine/announce.js';
import { start } from '../engine/call.js';
import { endedByUpstream } from '../engine/settle.js';
import { SubmittedRun } from '../engine/task-future.js';
import { Cancellation } from '../runs/cancellation.js';
import type { State } from '../states/state.js';
import { awaitedArguments } from './future-arguments.js';
import { type CallSite, lens } from './lens.js';
import type { SubmitVerb } from './view-types.js';

/**
 * Begins a run and answers at once with its future: `submit(svc).quote('A1')`. It keeps the flow run it was submitted in, and the flow
 * awaits it. Futures among the arguments, deep inside arrays and plain objects, are awaited first.
 */
export const submit = lens('submit', submitted) as unknown as SubmitVerb;

/** Begins one run; what `submit` and `map` share. */
export function submitted(site: CallSite, args: readonly unknown[]): SubmittedRun {
  const frame = site.frame(args);
  const cancellation = Cancellation.following(frame.waiting);
  frame.waiting = cancellation;
  const future = new SubmittedRun(frame, cancellation, async () => {
    try {
      const ready = awaitedArguments(args);
      if (isThenable(ready)) frame.replaceArgs((await unlessCancelled(ready, cancellation)) ?? args);
    } catch (error) {
      return endedByUpstream(frame, error);
    }
    return start(frame, 'state') as State;
  });
  awaitLater(frame, future.final);
  return future;
}

/** Undefined where the run was cancelled first: it does not wait for what it no longer needs. */
async function unlessCancelled<T>(ready: PromiseLike<T>, cancellation: Cancellation): Promise<T | undefined> {
  let stop = (): void => {};
  const left = new Promise<undefined>((resolve) => {
    stop = cancellation.onCancel(() => resolve(undefined));
  });
  try {
    return await Promise.race([ready, left]);
  } finally {
    stop();
  }
}
