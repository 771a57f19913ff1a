import { messageOf } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import type { AfterSuccess, Success } from '../definitions/after-success.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Runtime } from '../runs/runtime.js';

/** Whose success it is. */
export interface Place {
  readonly runtime: Runtime;
  /** `Pricing.update`, as log lines name it. */
  readonly where: string;
}

/**
 * Does what is to be done after a success: all of it, whatever fails. The method has happened, so a failure takes nothing from its
 * caller; it is told as trouble, and logged as an error. A promise where something is done later, which never rejects.
 */
export function afterSuccess(
  rules: readonly AfterSuccess[],
  success: Success,
  place: Place,
): Promise<unknown> | undefined {
  const later: PromiseLike<unknown>[] = [];
  const failed = (error: unknown): void => {
    const message = `it has succeeded, but not what it invalidates, which may be served again: ${messageOf(error)}`;
    place.runtime.trouble({ kind: 'not-invalidated', where: place.where, message, error });
  };
  for (const rule of rules) {
    try {
      const answer = rule.act(success);
      if (isThenable(answer)) later.push(answer.then(undefined, failed));
    } catch (error) {
      failed(error);
    }
  }
  return later.length === 0 ? undefined : Promise.all(later);
}

/** A synchronous method's answer does not wait for this; the flow around it and `close()` do. */
export function goesOnBehind(done: Promise<unknown>, { runtime, where }: Place, flow: FlowFrame | undefined): void {
  const message =
    'it is synchronous, so its caller goes on before its invalidations are done, and may read what they void. ' +
    'Make the method async';
  runtime.trouble({ kind: 'invalidated-late', where, message }, `invalidated-late ${where}`);
  const holders = flow === undefined ? [runtime.pending] : [runtime.pending, flow.pending];
  for (const holder of holders) holder.add(done);
  void done.then(() => {
    for (const holder of holders) holder.delete(done);
  });
}
