import type { Misuse } from '../base/misuse.js';
import type { TaskReference } from '../pond/invalidation-target.js';
import type {
  AnyMethod,
  FirstOf,
  NoUnknown,
  ReadsVerdict,
  ResultVerdict,
  SecondOf,
  Settled,
  ThirdOf,
} from './option-checks.js';

/** What `@Invalidates` takes as an object. P: the method's parameters by name; R: what it resolves to. */
export interface InvalidatesOptions<P = never, R = never> {
  /** States with one of these tags; a function makes them of the inputs and the result, and may make none. */
  readonly tags?: string | readonly string[] | ((parameters: P, result: R) => string | readonly string[]) | undefined;
  /** All states of a task: the name of a method of the same class, or the task itself. */
  readonly task?: TaskReference | undefined;
}

/** Called with the receiver, the parameters by name and the result; what it answers is awaited. */
export type InvalidatesCallback<S = never, P = never, R = never> = (service: S, parameters: P, result: R) => unknown;

/** The type of `Invalidates`. Callbacks cannot be inferred from the method (TypeScript #39903): annotate what they take. */
export interface InvalidatesFactory {
  /** `@Invalidates((service, parameters, result) => …)` and `@Invalidates({ … })`. The second place keeps a method from passing for a callback. */
  <const O extends InvalidatesCallback | InvalidatesOptions | OpenInvalidatesOptions>(
    what: O & object & NoUnknownOption<O>,
    nothing?: undefined,
  ): InvalidatesDecorator<Given<O>>;
  /** `@Invalidates` under standard decorators. */
  (value: AnyMethod | object | undefined, context: DecoratorContext): Misuse<Uncalled>;
  /** `@Invalidates` under `experimentalDecorators`. */
  (target: object, key: string | symbol, descriptor: object): Misuse<Uncalled>;
}

type Uncalled = "@Invalidates needs a call: write @Invalidates({ task: 'get' })";

/** Lets unknown options through as far as NoUnknown, which has a sentence for them. */
interface OpenInvalidatesOptions extends InvalidatesOptions {
  readonly [unknown: string]: unknown;
}

/** The whole bound stands for an argument that did not fit: nothing to check then. */
type Given<O> = [InvalidatesOptions] extends [O] ? object : O;

type NoUnknownOption<O> = O extends AnyMethod ? unknown : NoUnknown<O, InvalidatesOptions, '@Invalidates'>;

/** What `@Invalidates(…)` gives: a decorator of methods that fit. The order of its signatures matters: the first that fits counts. */
export interface InvalidatesDecorator<O> {
  (
    value: AnyMethod,
    context: ClassMethodDecoratorContext & { readonly private: true },
  ): Misuse<'@Invalidates cannot take a #private method; make it private'>;
  <Self extends ServiceOf<O>, M extends AnyMethod>(
    value: M,
    context: ClassMethodDecoratorContext<Self, M>,
  ): CheckInvalidates<Self, M, O>;
  <Self extends ServiceOf<O>, M extends AnyMethod>(
    target: Self,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): CheckInvalidates<Self, M, O>;
  <Self, M extends AnyMethod>(value: M, context: ClassMethodDecoratorContext<Self, M>): Misuse<OtherService>;
  <M extends AnyMethod>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): Misuse<OtherService>;
  (
    ...elsewhere: readonly unknown[]
  ): Misuse<'@Invalidates belongs on a method, not on a field, accessor, parameter or class'>;
}

type OtherService = '@Invalidates: the callback takes another service than this method is called on';

/** A bound rather than a check, so that a generic class counts as what its bounds make of it. */
type ServiceOf<O> = O extends (service: infer S, ...more: never) => unknown
  ? [S] extends [never]
    ? unknown
    : S
  : unknown;

/** The verdict on a method M of Self: `undefined`, or a {@link Misuse} for each part that cannot work. */
export type CheckInvalidates<Self, M, O> = Settled<
  O extends AnyMethod ? CallbackVerdict<O, M> : OptionVerdict<Self, M, O>
>;

type By = '@Invalidates:';

type CallbackVerdict<V, M> =
  | ([FirstOf<V>] extends [never]
      ? Misuse<'@Invalidates: annotate what the callback takes, as in (service: Pricing); a decorator cannot infer it'>
      : never)
  | ReadsVerdict<'the callback', V, SecondOf<V>, M, object, By>
  | ResultVerdict<'the callback', V, ThirdOf<V>, M, By>;

type OptionVerdict<Self, M, O> = {
  readonly [K in keyof O]-?: K extends 'tags'
    ? TagsVerdict<O[K], M>
    : K extends 'task'
      ? TaskVerdict<O[K], Self>
      : never;
}[keyof O];

type TagsVerdict<V, M> = V extends AnyMethod
  ? ReadsVerdict<'tags', V, FirstOf<V>, M, object, By> | ResultVerdict<'tags', V, SecondOf<V>, M, By>
  : never;

/** A name that is known only at run time is looked for there. */
type TaskVerdict<V, Self> = V extends string
  ? string extends V
    ? never
    : V extends keyof Self
      ? Self[V] extends AnyMethod
        ? never
        : Misuse<`@Invalidates: '${V}' is no method of this class`>
      : Misuse<`@Invalidates: '${V}' is no public method of this class`>
  : never;
