import { type AnyKeyFn, readersOf } from '../keys/key-function.js';
import type { TaskRunContext } from '../states/run-context.js';
import type { Returns, StateStore } from '../stores/store.js';
import type { ParsedFlowOptions } from './flow-options.js';
import {
  type DurationRule,
  type FailureRule,
  NO_DELAY,
  type ParsedTaskOptions,
  type ResultCopy,
  type RetryDelay,
  type TaskHook,
} from './task-options.js';

type OfParameters<T> = T | ((parameters: object) => T);

/** A task's or flow's options as the engine uses them: complete, frozen, nothing left to parse. */
export interface Settings {
  readonly version: string | undefined;
  readonly keyFn: AnyKeyFn | undefined;
  /** The key functions that are given the inputs by name. */
  readonly keyReaders: readonly AnyKeyFn[];
  readonly shared: boolean;
  readonly instanceKey: ((instance: unknown) => string) | undefined;
  readonly varyBy: readonly string[];
  readonly expiration: DurationRule<[unknown, TaskRunContext]> | undefined;
  readonly expirationJitter: number;
  readonly cacheIf: ((result: unknown, context: TaskRunContext) => boolean) | undefined;
  readonly cacheFailures: FailureRule | undefined;
  /** 0: not at all. */
  readonly renewForMs: number;
  readonly errorForMs: number;
  readonly softTimeoutMs: number | undefined;
  readonly refresh: boolean | undefined;
  readonly store: string | StateStore | undefined;
  readonly returns: Returns | undefined;
  readonly resultCopy: ResultCopy;
  readonly leaseMs: number;
  readonly waitTimeoutMs: number;
  readonly onWaitTimeout: 'run' | 'fail' | 'stale';
  readonly tags: OfParameters<readonly string[]>;
  readonly retries: number;
  readonly retryDelay: RetryDelay;
  readonly retryJitter: number;
  readonly retryIf: ((error: unknown, context: TaskRunContext) => boolean) | undefined;
  readonly timeoutMs: number | undefined;
  readonly concurrency: number | undefined;
  readonly runName: OfParameters<string> | undefined;
  readonly logPrints: boolean | undefined;
  readonly onRunning: readonly TaskHook[];
  readonly onCompletion: readonly TaskHook[];
  readonly onFailure: readonly TaskHook[];
  /** The option that only an asynchronous task can have, where there is one. */
  readonly asyncOnly: string | undefined;
}

const NONE: readonly never[] = Object.freeze([]);

const LEASE_MS = 5_000;
const WAIT_TIMEOUT_MS = 30_000;

/** Fills in the defaults. */
export function settle(options: ParsedTaskOptions & ParsedFlowOptions): Settings {
  const keyFn = options.cacheKeyFn ?? options.cachePolicy?.keyFn;
  const retryDelay = options.retryDelay ?? NO_DELAY;
  return Object.freeze({
    version: options.version,
    keyFn,
    keyReaders: keyFn === undefined ? NONE : readersOf(keyFn),
    shared: options.cacheKeyScope === 'shared',
    instanceKey: options.instanceKey,
    varyBy: options.varyBy ?? NONE,
    expiration: options.cacheExpiration,
    expirationJitter: options.expirationJitter ?? 0,
    cacheIf: options.cacheIf,
    cacheFailures: options.cacheFailures,
    renewForMs: options.staleWhileRevalidate ?? 0,
    errorForMs: options.staleIfError ?? 0,
    softTimeoutMs: options.softTimeout,
    refresh: options.refreshCache,
    store: options.store,
    returns: options.returns,
    resultCopy: options.resultCopy ?? 'share',
    leaseMs: options.lease ?? LEASE_MS,
    waitTimeoutMs: options.waitTimeout ?? WAIT_TIMEOUT_MS,
    onWaitTimeout: options.onWaitTimeout ?? 'run',
    tags: options.tags ?? NONE,
    retries: options.retries ?? 0,
    retryDelay,
    retryJitter: options.retryJitter ?? 0,
    retryIf: options.retryIf,
    timeoutMs: options.timeout,
    concurrency: options.concurrency,
    runName: options.taskRunName ?? options.flowRunName,
    logPrints: options.logPrints,
    onRunning: options.onRunning ?? NONE,
    onCompletion: options.onCompletion ?? NONE,
    onFailure: options.onFailure ?? NONE,
    asyncOnly: firstAsyncOnly(options, retryDelay),
  });
}

/** Options that only an asynchronous task can have. */
function firstAsyncOnly(options: ParsedTaskOptions, retryDelay: RetryDelay): string | undefined {
  for (const option of ['timeout', 'concurrency', 'staleWhileRevalidate', 'softTimeout'] as const)
    if (options[option] !== undefined) return option;
  return retryDelay === NO_DELAY ? undefined : 'retryDelay';
}
