import type { Cancellation } from './cancellation.js';
import type { RunIdentity } from './run-identity.js';

/** What a call has only once it runs, or is looked at; a hit that nobody reads has none. */
export class Execution {
  /** Attempts begun. */
  attempt = 0;
  startedAt = 0;
  /** What stops the run. */
  cancellation: Cancellation | undefined = undefined;
  /** The flight that the run leads. */
  flight: object | undefined = undefined;
  /** The stored generation that fences the run's write; 0 where nothing is stored. */
  fence = 0;
  /** Set when the key function answered with a promise. */
  keyCameLater = false;
  /** The run's id and name, once somebody asked. */
  identity: RunIdentity | undefined = undefined;
  /** Its labels, once they were made. */
  tags: readonly string[] | undefined = undefined;
}
