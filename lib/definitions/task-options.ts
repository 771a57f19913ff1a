import { type Duration, nonNegativeDuration, positiveDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import {
  flag,
  fn,
  oneOf,
  type Parsed,
  type Read,
  readOptions,
  type Schema,
  share,
  text,
  texts,
  whole,
} from '../base/option-reader.js';
import type { AnyKeyFn } from '../keys/key-function.js';
import { CachePolicy } from '../keys/policies.js';
import type { TaskInfo, TaskRun, TaskRunContext } from '../states/run-context.js';
import type { State } from '../states/state.js';
import { isStateStore, type Returns, type StateStore } from '../stores/store.js';
import { isTaskFunction } from './registry.js';

/** A function told of a task run's state. What it throws is logged and changes nothing. */
export type TaskHook = (task: TaskInfo, taskRun: TaskRun, state: State) => unknown;

/** How results leave the memory store: the same object, a frozen copy, or a copy for every hit. */
export type ResultCopy = 'share' | 'freeze' | 'clone';

/**
 * What `@Task` takes. P is what the callbacks read of the inputs by name, R what the method resolves to; both are inferred
 * from annotated callbacks and checked against the method.
 */
export interface TaskOptions<P = never, R = never> {
  /** What logs and runs call it. Default: the method's name. */
  readonly name?: string | undefined;
  /** What its keys belong to, instead of class and method: for minified builds, anonymous classes, class factories. */
  readonly identity?: string | undefined;
  /** A change forgets what was stored. Default: none. */
  readonly version?: string | number | undefined;
  /** The parameters' names, where a build renames them. Default: read from the source. */
  readonly parameters?: readonly string[] | undefined;
  /** Always answers with a promise. Default: async functions and methods typed as a promise do. */
  readonly async?: true | undefined;
  /** What makes two calls identical. Default: none, and nothing is cached. */
  readonly cacheKeyFn?:
    | ((context: TaskRunContext, parameters: P) => string | null | undefined | Promise<string | null | undefined>)
    | undefined;
  /** The same, as a policy. Not together with `cacheKeyFn`. */
  readonly cachePolicy?: CachePolicy | undefined;
  /** Whom a key belongs to: this task, or every task that shares the text. Default `'task'`. */
  readonly cacheKeyScope?: 'task' | 'shared' | undefined;
  /** What tells instances apart, where their state matters. Default: they share. */
  readonly instanceKey?: ((instance: never) => string) | undefined;
  /** Names of run-scope values, such as `['tenant']`, that are part of the key; a call without one of them throws `MissingContextError`. Default: none. */
  readonly varyBy?: readonly string[] | undefined;
  /** How long a stored result stays valid, counted from the end of the run. Default: for ever. */
  readonly cacheExpiration?: Duration | ((result: R, context: TaskRunContext) => Duration | undefined) | undefined;
  /** Shortens each expiry by a random part of up to this share, 0 to 1, so that entries do not expire together. Default 0. */
  readonly expirationJitter?: number | undefined;
  /** Which results are worth storing. Default: all. */
  readonly cacheIf?: ((result: R, context: TaskRunContext) => boolean) | undefined;
  /** Stores failures too, for this long: until then a call with the key fails with an equal error at once. `when` says which. Default: none are. */
  readonly cacheFailures?: CacheFailures | undefined;
  /** How long past expiry the old value is served at once, while one run renews it behind. Asynchronous tasks. Default: not at all. */
  readonly staleWhileRevalidate?: Duration | undefined;
  /** How long past expiry the old value is served if the run fails; then the source is left alone for a while. Default: not at all. */
  readonly staleIfError?: Duration | undefined;
  /** After this wait a call takes the old value of either window, and its run goes on behind. Asynchronous tasks. Default: it waits. */
  readonly softTimeout?: Duration | undefined;
  /** true: runs and overwrites; false: never, whatever the pond says. Default: the pond's. */
  readonly refreshCache?: boolean | undefined;
  /** Labels of the runs and of what they store. */
  readonly tags?: readonly string[] | ((parameters: P) => readonly string[]) | undefined;
  /** Name of one of the pond's stores, or a store. Default: the pond's. */
  readonly store?: string | StateStore | undefined;
  /** The class of the result, or of the elements of an array: a persistent store gives instances of it back. Default: plain data. */
  readonly returns?: Returns | undefined;
  /** How long the run holds its key in a shared store without renewing; a dead holder is replaced after it. Default 5 s. */
  readonly lease?: Duration | undefined;
  /** How long a call waits for a run elsewhere that holds its key. Default 30 s. */
  readonly waitTimeout?: Duration | undefined;
  /** What it does then: computes without storing, fails with `TaskTimeoutError`, or serves the expired value if there is one. Default `'run'`. */
  readonly onWaitTimeout?: 'run' | 'fail' | 'stale' | undefined;
  /** How a stored result reaches callers. Default `'share'`: the same object. */
  readonly resultCopy?: ResultCopy | undefined;
  /** Attempts after the first. Default 0. */
  readonly retries?: number | undefined;
  /** Wait before a retry: one for all, a list (the last repeats), or a function of the attempt that failed. Default 0. */
  readonly retryDelay?: Duration | readonly Duration[] | ((attempt: number) => Duration) | undefined;
  /** Spreads each delay by up to this share either way, 0 to 1. Default 0. */
  readonly retryJitter?: number | undefined;
  /** Which errors are worth another attempt. Default: all. */
  readonly retryIf?: ((error: unknown, context: TaskRunContext) => boolean) | undefined;
  /** Longest an attempt may take; then the state is TimedOut. Default: no limit. */
  readonly timeout?: Duration | undefined;
  /** At most this many bodies at once in this process. Default: no limit. */
  readonly concurrency?: number | undefined;
  /** The run's name: a template such as `'quote {sku}'`, or a function. Default `name-0`, `name-1` … in a flow. */
  readonly taskRunName?: string | ((parameters: P) => string) | undefined;
  /** Whether `console.log` inside becomes a log line of the run. Default: the flow's, then the pond's. */
  readonly logPrints?: boolean | undefined;
  /** Told at each attempt's begin. */
  readonly onRunning?: TaskHook | readonly TaskHook[] | undefined;
  /** Told of a completed run, hits too. */
  readonly onCompletion?: TaskHook | readonly TaskHook[] | undefined;
  /** Told once of a failed run, after its retries. */
  readonly onFailure?: TaskHook | readonly TaskHook[] | undefined;
}

/** Which failures are stored, and for how long. */
export interface CacheFailures {
  readonly expiration: Duration;
  /** Default: all. */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

/** As the engine uses it. */
export interface FailureRule {
  readonly expirationMs: number;
  readonly when: ((error: unknown) => boolean) | undefined;
}

const HOOK_TAKES = '(task, taskRun, state)';

/** A reader for one hook or a list of them. */
export function hooks<H>(value: unknown, where: string, option: string): readonly H[] {
  const list = Array.isArray(value) ? value : [value];
  return Object.freeze(list.map((hook) => fn<H>(HOOK_TAKES)(hook, where, option)));
}

/** A reader for a key function; a decorated method is not one (the key would itself be a task run). */
export function keyFunction(value: unknown, where: string, option: string): AnyKeyFn {
  if (value instanceof CachePolicy) {
    const remedy = 'Give it as cachePolicy.';
    throw new InvalidOptionsError({ where, option, problem: 'is a cache policy, not a function', remedy });
  }
  if (typeof value === 'function' && isTaskFunction(value)) {
    const remedy = 'Give the undecorated function; a cache key function is not a task.';
    throw new InvalidOptionsError({ where, option, problem: 'is itself a task or flow', remedy });
  }
  return fn<AnyKeyFn>('of (context, parameters)')(value, where, option);
}

/** A reader for a cache policy, giving its key function. */
export function policy(value: unknown, where: string, option: string): CachePolicy {
  if (value instanceof CachePolicy) return value;
  const remedy = 'Give INPUTS, RUN_ID …, or CachePolicy.fromKeyFn(fn).';
  throw new InvalidOptionsError({ where, option, value, problem: 'must be a CachePolicy', remedy });
}

/** A reader for a version: a text or a finite number. */
export const version: Read<string> = (value, where, option) =>
  typeof value === 'number' && Number.isFinite(value) ? `${value}` : text(value, where, option);

/** A reader for a store, or the name of one. */
export const storeOrName: Read<string | StateStore> = (value, where, option) => {
  if (isStateStore(value)) return value;
  if (typeof value === 'string' && value !== '') return value;
  const remedy = "Give memoryStore(), or the name of one of the pond's stores.";
  throw new InvalidOptionsError({ where, option, value, problem: 'must be a store or the name of one', remedy });
};

const failureSchema = {
  expiration: positiveDuration as Read<number>,
  when: fn<(error: unknown) => boolean>('of the error'),
};

/** A reader for what is stored of failures. */
const failures: Read<FailureRule> = (value, where, option) => {
  const remedy = "Give { expiration: '10s' }.";
  const { expiration: expirationMs, when } = readOptions(failureSchema, value, `${where}, ${option}`, remedy);
  if (expirationMs !== undefined) return Object.freeze({ expirationMs, when });
  throw new InvalidOptionsError({ where, option, problem: 'needs an `expiration`', remedy });
};

/** A duration, or a function that finds one from what it is given. */
export type DurationRule<A extends readonly unknown[]> = number | ((...args: A) => Duration | undefined);

/** A reader for an expiry. */
export const expiration: Read<DurationRule<[unknown, TaskRunContext]>> = (value, where, option) =>
  typeof value === 'function'
    ? fn<(result: unknown, context: TaskRunContext) => Duration | undefined>('of (result, context)')(
        value,
        where,
        option,
      )
    : positiveDuration(value, where, option);

/** How long to wait after a failed attempt, counted from 1, in milliseconds; undefined for at once. */
export type RetryDelay = (attempt: number) => number;

/** A reader for retry delays. */
export const retryDelay: Read<RetryDelay> = (value, where, option) => {
  if (typeof value === 'function') {
    return (attempt) => nonNegativeDuration((value as (attempt: number) => unknown)(attempt), where, option);
  }
  const list = (Array.isArray(value) ? value : [value]).map((one) => nonNegativeDuration(one, where, option));
  if (list.length === 0) {
    throw new InvalidOptionsError({
      where,
      option,
      value,
      problem: 'is an empty list',
      remedy: "Give ['1s', '5s']; the last repeats.",
    });
  }
  const delay: RetryDelay = (attempt) => list[Math.min(attempt, list.length) - 1] ?? 0;
  return list.every((ms) => ms === 0) ? NO_DELAY : delay;
};

/** Retries at once: what a synchronous task can do. */
export const NO_DELAY: RetryDelay = () => 0;

const namesOfParameters: Read<readonly string[]> = (value, where, option) => {
  const names = texts(value, where, option);
  if (new Set(names).size === names.length) return names;
  throw new InvalidOptionsError({
    where,
    option,
    value,
    problem: 'names a parameter twice',
    remedy: 'Give each name once, in order.',
  });
};

const always: Read<true> = (value, where, option) => {
  if (value === true) return value;
  const remedy = 'Leave it out: whether a task is synchronous is seen from its method.';
  throw new InvalidOptionsError({ where, option, value, problem: 'can only be true', remedy });
};

/** Runs' options that tasks and flows share. */
export const runSchema = {
  name: text,
  identity: text,
  version,
  parameters: namesOfParameters,
  cacheKeyFn: keyFunction as Read<AnyKeyFn>,
  cachePolicy: policy as Read<CachePolicy>,
  cacheExpiration: expiration,
  cacheIf: fn<(result: unknown, context: TaskRunContext) => boolean>('of (result, context)'),
  refreshCache: flag,
  store: storeOrName,
  returns: fn<Returns>('that gives a class: () => Report or () => [Report]'),
  retries: whole(0, 1_000_000),
  retryDelay,
  retryJitter: share,
  retryIf: fn<(error: unknown, context: TaskRunContext) => boolean>('of (error, context)'),
  timeout: positiveDuration as Read<number>,
  logPrints: flag,
  onRunning: hooks as Read<readonly TaskHook[]>,
  onCompletion: hooks as Read<readonly TaskHook[]>,
  onFailure: hooks as Read<readonly TaskHook[]>,
} satisfies Schema;

/** A reader for a run's name: a template, or a function of the inputs. */
export const nameOfRun: Read<string | ((parameters: object) => string)> = (value, where, option) =>
  typeof value === 'function' ? (value as (parameters: object) => string) : text(value, where, option);

const taskSchema = {
  ...runSchema,
  async: always,
  cacheKeyScope: oneOf('task', 'shared'),
  instanceKey: fn<(instance: unknown) => string>('of the instance'),
  varyBy: texts,
  cacheFailures: failures,
  staleWhileRevalidate: positiveDuration as Read<number>,
  staleIfError: positiveDuration as Read<number>,
  softTimeout: positiveDuration as Read<number>,
  expirationJitter: share,
  tags: ((value, where, option) =>
    typeof value === 'function'
      ? (value as (parameters: object) => readonly string[])
      : texts(value, where, option)) as Read<readonly string[] | ((parameters: object) => readonly string[])>,
  resultCopy: oneOf('share', 'freeze', 'clone'),
  lease: positiveDuration as Read<number>,
  waitTimeout: positiveDuration as Read<number>,
  onWaitTimeout: oneOf('run', 'fail', 'stale'),
  concurrency: whole(1),
  taskRunName: nameOfRun,
} satisfies Schema;

/** A task's options as given, each one read and checked. */
export type ParsedTaskOptions = Parsed<typeof taskSchema>;

/** Reads a task's options. `where` is `Class.method` for the error. */
export function parseTaskOptions(given: unknown, where: string): ParsedTaskOptions {
  return readOptions(taskSchema, given, where);
}

/** Seconds that double from `base`: `retryDelay: exponentialBackoff('1s')` waits 1 s, 2 s, 4 s … */
export function exponentialBackoff(base: Duration): (attempt: number) => number {
  const ms = positiveDuration(base, 'exponentialBackoff', 'base');
  return (attempt) => ms * 2 ** (attempt - 1);
}
