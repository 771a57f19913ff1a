import { CancelledError, messageOf } from '../base/errors.js';
import type { CacheOutcome } from './cache-outcome.js';

/** What kind of state it is; predicates go by it. */
export type StateType = 'SCHEDULED' | 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'CRASHED';

/** The name people see. Several names may share a type: a `Cached` run is COMPLETED, a `TimedOut` one FAILED. */
export type StateName =
  | 'Pending'
  | 'Running'
  | 'Retrying'
  | 'AwaitingRetry'
  | 'Completed'
  | 'Cached'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelled'
  | 'Crashed';

const BRAND = Symbol.for('flowpond.state');

const TYPE_OF: Readonly<Record<StateName, StateType>> = {
  Pending: 'PENDING',
  Running: 'RUNNING',
  Retrying: 'RUNNING',
  AwaitingRetry: 'SCHEDULED',
  Completed: 'COMPLETED',
  Cached: 'COMPLETED',
  Failed: 'FAILED',
  TimedOut: 'FAILED',
  Cancelled: 'CANCELLED',
  Crashed: 'CRASHED',
};

/** What a state is made from; the engine fills it in. */
export interface StateFacts<R> {
  readonly name: StateName;
  readonly at: number;
  readonly message?: string | undefined;
  readonly value?: R | undefined;
  readonly error?: unknown;
  readonly cache?: (() => CacheOutcome) | undefined;
  /** When the value stops being valid, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
}

/** Where a run stands. Immutable; what is costly to make (dates, the cache outcome) is made when it is read. */
export class State<R = unknown> {
  readonly name: StateName;
  readonly message?: string;
  readonly #facts: StateFacts<R>;
  #cache: CacheOutcome | undefined;

  static {
    Object.defineProperty(State.prototype, BRAND, { value: true });
  }

  /** @internal */
  constructor(facts: StateFacts<R>) {
    this.name = facts.name;
    if (facts.message !== undefined) this.message = facts.message;
    this.#facts = facts;
  }

  /** A completed state with this result, for a task that decides its own outcome by returning a state. */
  static completed<V>(value: V, message?: string): State<V> {
    return new State({ name: 'Completed', at: Date.now(), value, message });
  }

  /** A failed state with this error; a task or flow that returns it has failed. */
  static failed(error: unknown, message: string = messageOf(error)): State<never> {
    return new State<never>({ name: 'Failed', at: Date.now(), error, message });
  }

  /** A cancelled state; a task or flow that returns it was cancelled. */
  static cancelled(message = 'cancelled'): State<never> {
    return new State<never>({
      name: 'Cancelled',
      at: Date.now(),
      error: new CancelledError('the run', message),
      message,
    });
  }

  /** Whether a value is a state, of whichever copy of the package. */
  static is(value: unknown): value is State {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  get type(): StateType {
    return TYPE_OF[this.name];
  }

  get timestamp(): Date {
    return new Date(this.#facts.at);
  }

  /** What the cache did; undefined on states that are not final. */
  get cache(): CacheOutcome | undefined {
    this.#cache ??= this.#facts.cache?.();
    return this.#cache;
  }

  /** What the key function returned. */
  get cacheKey(): string | undefined {
    return this.cache?.key;
  }

  /** When the stored value expires; undefined where it never does, or nothing was stored. */
  get cacheExpiration(): Date | undefined {
    return this.cache?.expiresAt;
  }

  /**
   * The value of a completed run; throws the run's own error, the very object, for one that failed or was cancelled, and an
   * `Error` for one that is not final.
   */
  result(): R {
    if (this.type === 'COMPLETED') return this.#facts.value as R;
    if (!this.isFinal()) throw new Error(`the run has no result yet: ${String(this)}`);
    throw this.#facts.error;
  }

  isScheduled(): boolean {
    return this.type === 'SCHEDULED';
  }

  isPending(): boolean {
    return this.type === 'PENDING';
  }

  isRunning(): boolean {
    return this.type === 'RUNNING';
  }

  isCompleted(): boolean {
    return this.type === 'COMPLETED';
  }

  /** Completed without running the method: from the store, or from a run that another caller had begun. */
  isCached(): boolean {
    return this.name === 'Cached';
  }

  isFailed(): boolean {
    return this.type === 'FAILED';
  }

  isCancelled(): boolean {
    return this.type === 'CANCELLED';
  }

  isCrashed(): boolean {
    return this.type === 'CRASHED';
  }

  isFinal(): boolean {
    return this.isCompleted() || this.isFailed() || this.isCancelled() || this.isCrashed();
  }

  /** As Prefect prints it: `Completed()`, `Cached(type=COMPLETED)`, `TimedOut('…', type=FAILED)`. */
  toString(): string {
    const parts = [];
    if (this.message !== undefined) parts.push(`'${this.message}'`);
    if (this.name.toUpperCase() !== this.type) parts.push(`type=${this.type}`);
    return `${this.name}(${parts.join(', ')})`;
  }
}
