import type { Duration } from '../base/duration.js';
import { positiveDuration } from '../base/duration.js';
import { CancelledError } from '../base/errors.js';
import type { Cancellation } from '../runs/cancellation.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import type { Frame } from '../runs/frame.js';
import type { TaskFrame } from '../runs/task-frame.js';
import type { TaskRun } from '../states/run-context.js';
import { State } from '../states/state.js';
import type { TaskFuture } from '../states/task-future.js';
import { flowAround } from './announce.js';

const BRAND = Symbol.for('flowpond.future');

/** Whether a value is a future, of whichever copy of the package. */
export function isTaskFuture(value: unknown): value is TaskFuture<unknown> {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** A submitted run: its state now, its end later. */
export class SubmittedRun implements TaskFuture<unknown> {
  /** A submitted flow's is its flow run. */
  readonly taskRun: TaskRun;
  readonly #frame: Frame;
  readonly #cancellation: Cancellation;
  readonly #final: Promise<State>;
  #state: State;
  #asked = false;

  static {
    Object.defineProperty(SubmittedRun.prototype, BRAND, { value: true });
  }

  constructor(frame: Frame, cancellation: Cancellation, start: () => Promise<State>) {
    this.#frame = frame;
    this.taskRun =
      frame.kind === 'task' ? (frame as TaskFrame).taskRun : ((frame as FlowFrame).flowRun as unknown as TaskRun);
    this.#cancellation = cancellation;
    this.#state = new State({ name: 'Pending', at: frame.runtime.clock.now() });
    frame.execution.observer = (state) => {
      this.#state = state;
    };
    this.#final = start().then((state) => {
      this.#state = state;
      cancellation.release();
      if (!state.isCompleted() && !state.isCancelled()) flowAround(frame)?.failedRuns.add(this);
      return state;
    });
  }

  get state(): State {
    this.#asked = true;
    return this.#state;
  }

  /** The final state; never rejects. With a timeout, the state at that time. */
  async wait(timeout?: Duration): Promise<State> {
    this.#asked = true;
    if (timeout === undefined) return this.#final;
    const ms = positiveDuration(timeout, 'TaskFuture.wait', 'timeout');
    return new Promise((resolve) => {
      const stop = this.#frame.runtime.clock.after(ms, () => resolve(this.#state));
      void this.#final.then((state) => {
        stop();
        resolve(state);
      });
    });
  }

  /** The value; rejects with the run's own error. */
  async result(): Promise<unknown> {
    return (await this.wait()).result();
  }

  /** Ends this caller's wait; the body stops when nobody else waits for it. */
  cancel(reason?: unknown): void {
    this.#cancellation.cancel(new CancelledError(this.#frame.source, reason));
  }

  /** Whether anybody asked for its state or result. */
  get asked(): boolean {
    return this.#asked;
  }

  /** What to say of it where nobody asked. */
  get sentence(): string {
    return `${this.#frame.source} was submitted and never awaited; it ended in state ${String(this.#state)}`;
  }

  /** When it has ended. Never rejects. */
  get final(): Promise<State> {
    return this.#final;
  }
}
