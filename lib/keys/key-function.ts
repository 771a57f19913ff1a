import type { MaybePromise } from '../base/maybe-promise.js';
import type { FlowKeyContext, TaskRunContext } from '../states/run-context.js';

/** A key, or none: null, undefined and '' mean that this call is not cached. */
export type CacheKey = string | null | undefined;

/**
 * Says what makes two calls of a task identical. Gets the run's context and the inputs by name; P is what it reads of them,
 * checked against the method where it is used. It may answer later on asynchronous tasks. If it throws, the task runs uncached.
 */
export type CacheKeyFn<P extends object = never> = (context: TaskRunContext, parameters: P) => MaybePromise<CacheKey>;

/** The key function of a cached flow: no task run, and `flowRunId` is the parent's. */
export type FlowCacheKeyFn<P extends object = never> = (
  context: FlowKeyContext,
  parameters: P,
) => MaybePromise<CacheKey>;

/** What the built-in key functions take: they serve tasks and flows. */
export type KeyContext = TaskRunContext | FlowKeyContext;

/** A key function as the engine calls it. */
export type AnyKeyFn = (context: KeyContext, parameters: object) => MaybePromise<CacheKey>;

/** What built-in key functions need to know of the method beyond the public context. */
export interface KeySource {
  /** `Pricing.quote`, for errors. */
  readonly where: string;
  /** Parameter names by position. */
  readonly names: readonly string[];
  /** Whether the last name takes the rest of the arguments. */
  readonly rest: boolean;
  /** The method's source text, as the build left it. */
  source(): string;
}

/** Where a context keeps its {@link KeySource}. */
export const KEY_SOURCE = Symbol.for('flowpond.key-source');

/** The key source of a context of ours. */
export function keySourceOf(context: KeyContext): KeySource {
  return (context as unknown as { readonly [KEY_SOURCE]: KeySource })[KEY_SOURCE];
}

const NEEDS_NO_DICTIONARY = Symbol.for('flowpond.needs-no-dictionary');

/** Marks a key function that takes everything from the context, so that no dictionary is built for it. */
export function fromContextAlone<F extends object>(keyFn: F): F {
  Object.defineProperty(keyFn, NEEDS_NO_DICTIONARY, { value: true });
  return keyFn;
}

/** Whether a key function was marked by {@link fromContextAlone}. */
export function needsNoDictionary(keyFn: object): boolean {
  return Object.hasOwn(keyFn, NEEDS_NO_DICTIONARY);
}
