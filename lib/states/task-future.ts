import type { Duration } from '../base/duration.js';
import type { TaskRun } from './run-context.js';
import type { State } from './state.js';

/** A submitted task run: what is known of it now, and ways to wait for the rest. */
export interface TaskFuture<R = unknown> {
  readonly taskRun: TaskRun;
  /** Where the run stands now; final states stay. */
  readonly state: State<R>;
  /**
   * Waits for the final state, which a failed run has too, so that it never rejects. With a timeout, gives the state that the run
   * is in by then; the run goes on. Default: waits as long as it takes.
   */
  wait(timeout?: Duration): Promise<State<R>>;
  /** The result; rejects with the run's own error, the very object, where it failed or was cancelled. */
  result(): Promise<R>;
  /** Ends this wait for the run; the body is aborted once nobody waits for it. After the end it does nothing. */
  cancel(reason?: unknown): void;
}
