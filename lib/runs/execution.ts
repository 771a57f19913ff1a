import type { Clock } from '../base/clock.js';
import type { State } from '../states/state.js';
import type { Cancellation } from './cancellation.js';
import type { RunIdentity } from './run-identity.js';

/** What a call has only once it runs, or is looked at; a hit that nobody reads has none. */
export class Execution {
  /** Attempts begun. */
  attempt = 0;
  /** What the key function returned. */
  key: string | undefined = undefined;
  /** Told of every state; set by `submit`. */
  observer: ((state: State) => void) | undefined = undefined;
  /** When the first attempt was asked for, by the clock that never goes back. */
  begunAt = 0;
  /** When it began, in milliseconds since 1970, once somebody asked; from the beginning where it had to wait for its turn. */
  wallTime = 0;
  /** What stops the run. */
  cancellation: Cancellation | undefined = undefined;
  /** The flight that the run leads. */
  flight: object | undefined = undefined;
  /** The stored generation that fences the run's write; 0 where nothing is stored. */
  fence = 0;
  /** The expired value that the run renews. */
  previous: unknown = undefined;
  /** Set when the key function answered with a promise. */
  keyCameLater = false;
  /** Until when it waits for a run elsewhere, by the clock that never goes back, where it has waited before with another that gave up. */
  waitsUntil: number | undefined = undefined;
  /** The run's id and name, once somebody asked. */
  identity: RunIdentity | undefined = undefined;
  /** Its labels, once they were made. */
  tags: readonly string[] | undefined = undefined;

  /**
   * When the first attempt began, in milliseconds since 1970; 0 before it. Worked out when read, as most runs are never asked: never later
   * than the time of asking, and never earlier than whole milliseconds told before the run.
   */
  startedAt(clock: Clock): number {
    if (this.attempt > 0 && this.wallTime === 0)
      this.wallTime = Math.ceil(clock.now() - (clock.monotonic() - this.begunAt));
    return this.wallTime;
  }
}
