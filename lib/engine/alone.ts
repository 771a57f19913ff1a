import { Cancellation } from '../runs/cancellation.js';
import type { Frame } from '../runs/frame.js';
import { type AfterBody, runAttempts } from './attempts.js';
import type { CacheFacts } from './outcome.js';
import { settle, type Want } from './settle.js';

/** Runs without a key: nobody joins, nothing is stored. */
export function alone(frame: Frame, want: Want, after: AfterBody, facts: CacheFacts): unknown {
  if (frame.waiting !== undefined) frame.execution.cancellation = Cancellation.following(frame.waiting);
  return runAttempts(frame, after, (ending) => {
    frame.cancellation?.release();
    return settle(frame, ending, facts, want);
  });
}
