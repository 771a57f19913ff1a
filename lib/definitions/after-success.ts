import type { MaybePromise } from '../base/maybe-promise.js';
import type { Dictionary } from './dictionary.js';

/** A call that has succeeded. */
export interface Success {
  readonly receiver: unknown;
  /** The inputs by name; reading a name that the method does not have throws. */
  readonly parameters: Dictionary;
  /** What the method gave, awaited; the value of a state. */
  readonly result: unknown;
}

/** What is done after a method's success: one `@Invalidates`. */
export interface AfterSuccess {
  /** Throws, before the method runs, where it can never be done. */
  check(receiver: unknown): void;
  act(success: Success): MaybePromise<unknown>;
}
