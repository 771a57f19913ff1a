import type { MaybePromise } from '../base/maybe-promise.js';
import type { Misuse } from '../base/misuse.js';
import type { FlowOptions } from '../definitions/flow-options.js';
import type { TaskOptions } from '../definitions/task-options.js';
import type { State } from '../states/state.js';
import type { TaskFuture } from '../states/task-future.js';

/** What a run results in, for a method that returns R: what it resolves to, and of a state, the state's value. */
export type ResultOf<R> = Awaited<R> extends infer V ? (V extends State<infer S> ? S : V) : never;

/** Anything callable. */
type Callable = (this: never, ...args: never) => unknown;

/** What `returnState` makes of a method that returns R: a state, at once where R is no promise. */
// biome-ignore format: a table
export type StateAnswer<R> =
  unknown extends R ? MaybePromise<State<ResultOf<R>>>
  : [R] extends [never] ? State<never>
  : [R] extends [PromiseLike<unknown>] ? Promise<State<ResultOf<R>>>
  : Promise<never> extends R ? MaybePromise<State<ResultOf<R>>>
  : State<ResultOf<R>>;

/** The methods of T, as they are. Generics and overloads stay. */
export type SameView<T> = { readonly [K in keyof T]: T[K] };

/** The methods of T, each answering with the final state of its run. Plain mapped types, so that they work on `this` too. */
export type StateView<T> = { readonly [K in keyof T]: StateLift<T[K]> };

type StateLift<F> = F extends (...args: infer A) => infer R ? (...args: A) => StateAnswer<R> : Missing<F>;

/** The methods of T, each forgetting the state of its inputs. */
export type InvalidateView<T> = { readonly [K in keyof T]: InvalidateLift<T[K]> };

type InvalidateLift<F> = F extends (...args: infer A) => infer R ? (...args: A) => InvalidateAnswer<R> : Missing<F>;

/** What `invalidate` makes of a method that returns R: a promise where that is one; else one only where the store answers later. */
// biome-ignore format: a table
export type InvalidateAnswer<R> =
  unknown extends R ? MaybePromise<void>
  : [R] extends [never] ? MaybePromise<void>
  : [R] extends [PromiseLike<unknown>] ? Promise<void>
  : MaybePromise<void>;

/** The methods of T, each answering at once with a future. */
export type SubmitView<T> = { readonly [K in keyof T]: SubmitLift<T[K]> };

type SubmitLift<F> = F extends (...args: infer A) => infer R
  ? (...args: Submittable<A>) => TaskFuture<ResultOf<R>>
  : Missing<F>;

/** The methods of T, each answering with a future per item. */
export type MapView<T> = { readonly [K in keyof T]: MapLift<T[K]> };

type MapLift<F> = F extends (...args: infer A) => infer R
  ? (...args: Mappable<A>) => TaskFuture<ResultOf<R>>[]
  : Missing<F>;

/** An optional method stays optional. */
type Missing<F> = F extends undefined ? F : Misuse<'a verb calls methods; this is none'>;

/** Arguments of which any part may be a future. */
export type Submittable<A extends readonly unknown[]> = { [I in keyof A]: OrFuture<A[I]> };

/** A value, a future of it, or a value that has futures inside. */
export type OrFuture<V> = V | TaskFuture<V> | WithFutures<V>;

/** Futures are found in arrays and plain objects; what has methods is no plain object. */
// biome-ignore format: a table
type WithFutures<V> =
  V extends readonly unknown[] ? { readonly [I in keyof V]: OrFuture<V[I]> }
  : V extends Callable ? never
  : V extends object ? MethodsOf<V> extends never ? { readonly [K in keyof V]: OrFuture<V[K]> } : never
  : never;

type MethodsOf<V> = [keyof V] extends [never]
  ? 'nothing is known of it'
  : { [K in keyof V]-?: IsMethod<V[K], K> }[keyof V];
type IsMethod<F, K> = unknown extends F ? never : [NonNullable<F>] extends [Callable] ? K : never;

declare const unmappedMark: unique symbol;

/** A value that `map` gives to every call as it is: what `unmapped(x)` makes, for arrays. */
export interface Unmapped<T> {
  readonly [unmappedMark]: true;
  readonly value: T;
}

/** Arguments of `map`: an array gives each call its item, anything else goes to every call. An array to be given whole is `unmapped`. */
export type Mappable<A extends readonly unknown[]> = { [I in keyof A]: Items<A[I]> | Scalar<A[I]> };

type Items<P> = readonly OrFuture<P>[];
type Scalar<P> =
  | Exclude<P, readonly unknown[]>
  | TaskFuture<P>
  | WithFutures<Exclude<P, readonly unknown[]>>
  | Unmapped<OrFuture<P>>;

/** What `withOptions` can change for one call; R is what the method resolves to. */
export interface CallOptions<R = never>
  extends Omit<TaskOptions<never, R>, 'name' | 'identity' | 'parameters' | 'async'>,
    Pick<FlowOptions, 'flowRunName'> {
  /** Ends this caller's wait; the body is aborted once nobody waits for it. */
  readonly signal?: AbortSignal | undefined;
}

/** The type of `returnState`. Of one method it keeps what a view loses: generics and private methods. */
export interface ReturnStateVerb {
  <A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => StateAnswer<R>;
  <A extends readonly unknown[], R>(self: object, method: (...args: A) => R): (...args: A) => StateAnswer<R>;
  <T extends object>(service: T): StateView<T>;
}

/** The type of `submit`. */
export interface SubmitVerb {
  <A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: Submittable<A>) => TaskFuture<ResultOf<R>>;
  <A extends readonly unknown[], R>(
    self: object,
    method: (...args: A) => R,
  ): (...args: Submittable<A>) => TaskFuture<ResultOf<R>>;
  <T extends object>(service: T): SubmitView<T>;
}

/** The type of `map`. */
export interface MapVerb {
  <A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: Mappable<A>) => TaskFuture<ResultOf<R>>[];
  <A extends readonly unknown[], R>(
    self: object,
    method: (...args: A) => R,
  ): (...args: Mappable<A>) => TaskFuture<ResultOf<R>>[];
  <T extends object>(service: T): MapView<T>;
}

/** The type of `invalidate`. */
export interface InvalidateVerb {
  <A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => InvalidateAnswer<R>;
  <A extends readonly unknown[], R>(self: object, method: (...args: A) => R): (...args: A) => InvalidateAnswer<R>;
  <T extends object>(service: T): InvalidateView<T>;
}

/** The type of `withOptions`. */
export interface WithOptionsVerb {
  <F extends Callable>(fn: F, options: CallOptions<NoInfer<OutcomeOf<F>>>): F;
  <F extends Callable>(self: object, method: F, options: CallOptions<NoInfer<OutcomeOf<F>>>): F;
  <T extends object>(service: T, options: CallOptions): SameView<T>;
}

type OutcomeOf<F> = F extends (this: never, ...args: never) => infer R ? ResultOf<R> : never;

/** The type of `refresh` and `original`: a call like any other. */
interface SameVerb {
  <F extends Callable>(fn: F): F;
  <F extends Callable>(self: object, method: F): F;
  <T extends object>(service: T): SameView<T>;
}

/** The type of `refresh`. */
export type RefreshVerb = SameVerb;

/** The type of `original`. */
export type OriginalVerb = SameVerb;
