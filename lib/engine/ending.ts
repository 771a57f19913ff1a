import { CancelledError, describeError, messageOf } from '../base/errors.js';
import type { StateName } from '../states/state.js';
import { State } from '../states/state.js';
import { FailureRecord } from '../stores/failure.js';
import type { StateRecord } from '../stores/record.js';
import type { WhyStale } from './stale.js';

/** How a run's body, or the run of another that it waited for, came to its end. */
export class Ending {
  /** How long the body ran, all attempts and waits included. */
  computeMs = 0;
  /** What is stored, where something is. */
  record: StateRecord | undefined = undefined;
  /** Whether the value was found, not computed: another process or pond was first. */
  found = false;
  /** Why, where the value that was found has expired. */
  stale: WhyStale | undefined = undefined;
  /** The failure in whose place an expired value is served. */
  instead: Ending | undefined = undefined;
  /** Whether the run had lost its right to the key: who joined it leads anew. */
  lost = false;
  /** Whether a wait for a run elsewhere took too long: the failure, or the expired value, that `onWaitTimeout` asks for. */
  gaveUp = false;

  private constructor(
    readonly name: StateName,
    readonly value: unknown,
    readonly error: unknown,
    readonly message: string | undefined,
  ) {}

  static completed(value: unknown, message?: string): Ending {
    return new Ending('Completed', value, undefined, message);
  }

  /** What is stored: a value, or a failure that is remembered. */
  static found(record: StateRecord): Ending {
    const { value, message } = record;
    const ending = FailureRecord.is(value)
      ? new Ending('Failed', undefined, value.toError(), message)
      : new Ending('Cached', value, undefined, message);
    ending.record = record;
    ending.found = true;
    return ending;
  }

  /** An expired value that is served all the same. */
  static stale(record: StateRecord, why: WhyStale): Ending {
    const ending = Ending.found(record);
    ending.stale = why;
    return ending;
  }

  static failed(error: unknown, what: string): Ending {
    if (error instanceof CancelledError) return Ending.cancelled(error);
    return new Ending('Failed', undefined, error, `${what} run encountered an exception ${describeError(error)}`);
  }

  static timedOut(error: Error): Ending {
    return new Ending('TimedOut', undefined, error, error.message);
  }

  static cancelled(error: unknown): Ending {
    return new Ending('Cancelled', undefined, error, messageOf(error));
  }

  /** For what reason whoever waited, or the run, was told to stop; a CancelledError is passed on as it is. */
  static cancelledFor(reason: unknown, what: string): Ending {
    return Ending.cancelled(reason instanceof CancelledError ? reason : new CancelledError(what, reason));
  }

  /** The run could not be carried out as asked. */
  static crashed(error: unknown): Ending {
    return new Ending('Crashed', undefined, error, messageOf(error));
  }

  /** What a body returned: a value, or a state that it takes as its own. */
  static returned(value: unknown, what: string): Ending {
    if (!isState(value)) return Ending.completed(value);
    if (value.isCompleted()) return Ending.completed(value.result(), value.message);
    const error = errorOf(value);
    if (value.isFailed()) return new Ending(value.name, undefined, error, value.message);
    return value.isCancelled() ? Ending.cancelled(error) : Ending.failed(error, what);
  }

  /** The same end with another message. */
  saying(message: string): Ending {
    return new Ending(this.name, this.value, this.error, message);
  }

  get completed(): boolean {
    return this.name === 'Completed' || this.name === 'Cached';
  }

  get failed(): boolean {
    return this.name === 'Failed' || this.name === 'TimedOut';
  }

  get cancelled(): boolean {
    return this.name === 'Cancelled';
  }
}

/** A Proxy whose traps throw is a value like any other. */
function isState(value: unknown): value is State {
  try {
    return State.is(value);
  } catch {
    return false;
  }
}

function errorOf(state: State): unknown {
  try {
    state.result();
    return undefined;
  } catch (error) {
    return error;
  }
}
