import { isThenable } from '../base/maybe-promise.js';
import { Cancellation } from '../runs/cancellation.js';
import type { Frame } from '../runs/frame.js';
import { type AfterBody, runAttempts } from './attempts.js';
import type { CacheFacts } from './outcome.js';
import { settle, type Want } from './settle.js';

/** Runs without a key: nobody joins, nothing is stored. */
export function alone(frame: Frame, want: Want, after: AfterBody, facts: CacheFacts): unknown {
  if (frame.waiting !== undefined) frame.execution.cancellation = Cancellation.following(frame.waiting);
  const ending = runAttempts(frame, after);
  if (!isThenable(ending)) return settle(frame, ending, facts, want);
  return ending.then((one) => {
    frame.cancellation?.release();
    return settle(frame, one, facts, want);
  });
}
