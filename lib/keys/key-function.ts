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

const READERS = Symbol.for('flowpond.dictionary-readers');
const NOBODY: readonly AnyKeyFn[] = [];

/** Marks a key function of ours with the functions that it hands its dictionary to, and no one else. */
export function handsTo<F extends object>(keyFn: F, readers: readonly AnyKeyFn[]): F {
  Object.defineProperty(keyFn, READERS, { value: readers });
  return keyFn;
}

/** Marks a key function that takes everything from the context, so that no dictionary is built for it. */
export function fromContextAlone<F extends object>(keyFn: F): F {
  return handsTo(keyFn, NOBODY);
}

/** Who reads the dictionary that a key function is given: those it was marked with, else itself. */
export function readersOf(keyFn: AnyKeyFn): readonly AnyKeyFn[] {
  return Object.hasOwn(keyFn, READERS) ? (keyFn as unknown as { [READERS]: readonly AnyKeyFn[] })[READERS] : [keyFn];
}

const OF_ARGUMENTS = Symbol.for('flowpond.key-of-arguments');

/** A key of the arguments alone. */
export type KeyOfArguments = (args: readonly unknown[]) => string;

/** Marks a key function of ours with what makes the same key of the arguments, so that no context is made for it. */
export function madeOfArguments<F extends object>(keyFn: F, ofArguments: KeyOfArguments): F {
  Object.defineProperty(keyFn, OF_ARGUMENTS, { value: ofArguments });
  return keyFn;
}

/** What makes a key function's key of the arguments, where it was marked so. */
export function keyOfArguments(keyFn: AnyKeyFn): KeyOfArguments | undefined {
  return Object.hasOwn(keyFn, OF_ARGUMENTS)
    ? (keyFn as unknown as { [OF_ARGUMENTS]: KeyOfArguments })[OF_ARGUMENTS]
    : undefined;
}
