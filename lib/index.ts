export type { Clock } from './base/clock.js';
export type { Duration, DurationParts } from './base/duration.js';
export {
  CancelledError,
  FlowpondError,
  InvalidOptionsError,
  LeaseLostError,
  MissingContextError,
  NoFlowRunError,
  NotATaskError,
  RevivalError,
  SelfWaitError,
  StoreError,
  SyncTaskError,
  TaskTimeoutError,
  UnhashableError,
  UnknownParameterError,
} from './base/errors.js';
export type { Events, Listener } from './base/events.js';
export type { MaybePromise } from './base/maybe-promise.js';
export type { Misuse } from './base/misuse.js';
export { Flow, flow } from './decorators/flow.js';
export type { FlowDecorator } from './decorators/flow-types.js';
export { Invalidates } from './decorators/invalidates.js';
export type { InvalidatesCallback, InvalidatesDecorator, InvalidatesOptions } from './decorators/invalidates-types.js';
export { Task, task } from './decorators/task.js';
export type { TaskDecorator } from './decorators/task-types.js';
export type { FlowHook, FlowOptions } from './definitions/flow-options.js';
export {
  type CacheFailures,
  exponentialBackoff,
  type ResultCopy,
  type TaskHook,
  type TaskOptions,
} from './definitions/task-options.js';
export { hashObjects } from './keys/hash.js';
export {
  allOf,
  type InputChoice,
  inputs,
  type KeyHelper,
  perFlowRun,
  staticKey,
  taskInputHash,
} from './keys/helpers.js';
export type { CacheKey, CacheKeyFn, FlowCacheKeyFn, KeyContext } from './keys/key-function.js';
export { CachePolicy, DEFAULT, FLOW_PARAMETERS, INPUTS, NO_CACHE, RUN_ID, TASK_SOURCE } from './keys/policies.js';
export type { LogFields, LogFormat, Logger, LogLevel } from './log/logger.js';
export { configure, defaultPond } from './pond/default-pond.js';
export type { InvalidationTarget, TaskReference } from './pond/invalidation-target.js';
export type { PondOptions } from './pond/options.js';
export { createPond, Pond, type PondRunOptions, type PondStats } from './pond/pond.js';
export {
  getFlowRunContext,
  getRunContext,
  getRunLogger,
  getTaskRunContext,
  tryGetRunContext,
} from './runs/contexts.js';
export type { FlowRunEvent, InvalidationEvent, RunEvents, TaskRunEvent, TroubleEvent } from './runs/run-events.js';
export type { CachingMode, Counters } from './runs/runtime.js';
export type { CacheOutcome, CacheStatus, ChangedPart, MissReason, Origin } from './states/cache-outcome.js';
export type {
  FlowInfo,
  FlowKeyContext,
  FlowRun,
  FlowRunContext,
  RunContext,
  TaskInfo,
  TaskRun,
  TaskRunContext,
} from './states/run-context.js';
export { State, type StateName, type StateType } from './states/state.js';
export type { TaskFuture } from './states/task-future.js';
export { type FailureFields, FailureRecord } from './stores/failure.js';
export { type MemoryStoreOptions, memoryStore } from './stores/memory-store.js';
export type { StateRecord } from './stores/record.js';
export type {
  Commit,
  Invalidation,
  Lead,
  LeadRequest,
  Miss,
  StateStore,
  StoreHost,
  StoreStats,
} from './stores/store.js';
export { KeyScope, StoreKey } from './stores/store-key.js';
export { type TieredStoreOptions, tieredStore } from './stores/tiered-store.js';
export type { StoreEvent, WatchableStore } from './stores/watchable-store.js';
export { invalidate } from './verbs/invalidate.js';
export { map, unmapped } from './verbs/map.js';
export { original } from './verbs/original.js';
export { returnState } from './verbs/return-state.js';
export { submit } from './verbs/submit.js';
export type {
  CallOptions,
  InvalidateAnswer,
  InvalidateView,
  MapView,
  ResultOf,
  SameView,
  StateView,
  SubmitView,
  Unmapped,
} from './verbs/view-types.js';
export { refresh, withOptions } from './verbs/with-options.js';
