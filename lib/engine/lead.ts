import { describeError } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import type { Frame } from '../runs/frame.js';
import type { StoreKey } from '../stores/store-key.js';
import type { Computation } from './computation.js';
import { compute, computeUnstored } from './compute.js';
import type { Ending } from './ending.js';
import type { CacheFacts } from './outcome.js';
import { conclude, settle, type Want } from './settle.js';
import { Flight } from './single-flight.js';

/** How a flight begins. */
export type Leading = Pick<Computation, 'mode' | 'after' | 'facts'>;

/** Begins the flight of a key, and waits for it like everybody else. */
export function lead(frame: Frame, key: StoreKey, want: Want, leading: Leading): unknown {
  const flight = new Flight(frame, key);
  const computation: Computation = { flight, ...leading };
  const ending = leading.facts.status === 'error' ? computeUnstored(computation) : compute(computation);
  if (!isThenable(ending)) {
    flight.ended(ending);
    if (flight.leader !== frame && frame.plan.isAsync) {
      // Its body threw before it gave a promise: the caller has the expired value all the same.
      renewed(flight.leader, ending, computation.facts);
      return flight.wait(frame).then((one) => settle(frame, one, computation.facts, want));
    }
    if (ending.instead !== undefined) tellOfRenewal(frame, ending.instead);
    return settle(frame, ending, computation.facts, want);
  }
  const { waiting, plan } = frame;
  const mayEndEarly =
    waiting !== undefined || plan.settings.renewForMs > 0 || plan.settings.softTimeoutMs !== undefined;
  const ended = ending.then((one) => {
    flight.ended(one);
    if (flight.leader !== frame) renewed(flight.leader, one, computation.facts);
    else if (one.instead !== undefined) tellOfRenewal(frame, one.instead);
    else if (flight.wentOn && one.failed) tellOfRenewal(frame, one);
    return one;
  });
  return (mayEndEarly ? flight.wait(frame, leading.mode === 'normal') : ended).then((one: Ending) =>
    settle(frame, one, computation.facts, want),
  );
}

/** The end of a renewal behind its caller, which nobody waits for. */
function renewed(frame: Frame, ending: Ending, facts: CacheFacts): void {
  try {
    conclude(frame, ending.instead ?? ending, facts, 'value');
  } catch {
    // whoever looks has been told
  }
}

/** A renewal that failed where an expired value was served: nobody else would hear of it. */
export function tellOfRenewal(frame: Frame, failure: Ending): void {
  frame.runtime.counters.failures++;
  const message = `an expired value was served, its renewal failed: ${describeError(failure.error)}`;
  frame.runtime.trouble({ kind: 'renewal', where: frame.source, message, error: failure.error });
}
