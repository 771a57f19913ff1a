import type { Topic } from '../base/events.js';
import type { FlowInfo, FlowRun, TaskInfo, TaskRun } from '../states/run-context.js';
import type { State, StateName } from '../states/state.js';
import type { Invalidation } from '../stores/store.js';

/** A task run has entered a state. */
export interface TaskRunEvent {
  readonly task: TaskInfo;
  readonly taskRun: TaskRun;
  readonly state: State;
  /** The flow run around it. */
  readonly flowRun: FlowRun | undefined;
  readonly durationMs: number | undefined;
  /** The attempt that ended or begins, and the wait before the next. */
  readonly attempt: number;
  readonly retries: number;
  readonly delayMs: number | undefined;
  /** Whether it renews an expired value behind a call that was given it: no caller waits for this run. */
  readonly renewal: boolean;
}

/** A flow run has entered a state. */
export interface FlowRunEvent {
  readonly flow: FlowInfo;
  readonly flowRun: FlowRun;
  readonly state: State;
  readonly parentFlowRun: FlowRun | undefined;
  readonly durationMs: number | undefined;
  readonly taskRuns: number;
  readonly cachedTaskRuns: number;
  readonly savedMs: number;
  readonly attempt: number;
  readonly retries: number;
  readonly delayMs: number | undefined;
}

/** Something went wrong beside the run: the run goes on. `renewal`: an expired value was served, and renewing it failed. */
export interface TroubleEvent {
  readonly kind:
    | 'uncacheable'
    | 'store'
    | 'hook'
    | 'listener'
    | 'retry-if'
    | 'unawaited'
    | 'not-stored'
    | 'renewal'
    | 'not-invalidated'
    | 'invalidated-late';
  /** Whose trouble: `Pricing.quote`, `Task run 'quote-0'`. */
  readonly where: string;
  readonly message: string;
  readonly error?: unknown;
}

/** States were made void, or stale: all stores concerned have done it. */
export interface InvalidationEvent {
  /** Single keys, tasks by identity, tags, or everything. */
  readonly what: Invalidation;
  /** Who asked: `invalidate(Pricing.quote)`. */
  readonly by: string;
  /** Whether they may still be served where a stale value may. */
  readonly expire: boolean;
}

/** The events of a pond. A run's are named by role and state: `task:Cached`, `flow:Completed`. */
export type RunEvents = { readonly [K in `task:${StateName}`]: TaskRunEvent } & {
  readonly [K in `flow:${StateName}`]: FlowRunEvent;
} & { readonly invalidation: InvalidationEvent; readonly trouble: TroubleEvent };

const STATE_NAMES: readonly StateName[] = [
  'Pending',
  'Running',
  'Retrying',
  'AwaitingRetry',
  'Completed',
  'Cached',
  'Failed',
  'TimedOut',
  'Cancelled',
  'Crashed',
];

/** The topics of one role's runs, by state. */
export type StateTopics<T> = Readonly<Record<StateName, Topic<T>>>;

/** Finds a role's topics once, so that asking whether a state is wanted is one property read. */
export function stateTopics<T>(find: (name: StateName) => Topic<T>): StateTopics<T> {
  return Object.fromEntries(STATE_NAMES.map((name) => [name, find(name)])) as StateTopics<T>;
}

/** Every event's name. */
export const EVENT_NAMES: readonly (keyof RunEvents)[] = [
  ...STATE_NAMES.flatMap((name) => [`task:${name}`, `flow:${name}`] as const),
  'invalidation',
  'trouble',
];
