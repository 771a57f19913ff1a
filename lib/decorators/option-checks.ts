import type { Misuse } from '../base/misuse.js';
import type { CacheKeyFn, FlowCacheKeyFn } from '../keys/key-function.js';
import type { ResultOf } from '../verbs/view-types.js';

/** Any method at all: the bound of TypeScript's own `ClassMethodDecoratorContext`, which nothing narrower satisfies. */
// biome-ignore lint/suspicious/noExplicitAny: see above; a bound only
export type AnyMethod = (this: any, ...args: any) => any;

/**
 * The verdict on a method M under options O: `undefined`, or a {@link Misuse} for each option that cannot work. It is what a
 * decorator answers, so that TypeScript's one line of complaint (the answer must be void) holds the sentence.
 */
export type Check<M, O, By extends string = '@Task'> = Settled<Verdicts<M, O, By>[keyof O]>;

/** `undefined` where no verdict is left. */
export type Settled<V> = [V] extends [never] ? undefined : V;

/** The verdict on each option: `never` or `undefined` where it works. */
export type Verdicts<M, O, By extends string> = { readonly [K in keyof O]-?: Verdict<K, O[K], M, O, `${By}:`> };

/** As all options may be left out, a number or a method would else pass for options. */
export type OptionsObject = object & { readonly apply?: undefined };

/** A sentence for each option that Known lacks, naming the one that differs in case alone. */
export type NoUnknown<O, Known, By extends string> = {
  readonly [K in Exclude<keyof O, keyof Known>]: Misuse<`${By} has no option '${K & string}'${DidYouMean<K, Known>}`>;
};

type DidYouMean<K, Known> = SameLetters<K, keyof Known> extends infer N extends string ? Hint<N> : '';
type SameLetters<K, N> = N extends string ? (Lowercase<N> extends Lowercase<K & string> ? N : never) : never;
type Hint<N extends string> = [N] extends [never] ? '' : `; did you mean '${N}'?`;

// biome-ignore format: a table
type Verdict<K, V, M, O, By extends string> =
  [V] extends [never] ? never
  : K extends 'cacheKeyFn' ? ReadsVerdict<K, V, SecondOf<V>, M, O, By> | KeyVerdict<V, M, O, By>
  : K extends 'tags' | 'taskRunName' | 'flowRunName' ? ReadsVerdict<K, V, FirstOf<V>, M, O, By>
  : K extends 'cacheIf' | 'cacheExpiration' ? ResultVerdict<K, V, FirstOf<V>, M, By>
  : K extends 'timeout' | 'concurrency' | 'retryDelay' | 'staleWhileRevalidate' | 'softTimeout' ? LaterVerdict<K, V, M, O, By>
  : K extends 'instanceKey' ? InstanceVerdict<V, FirstOf<V>, By>
  : K extends 'parameters' ? PlacesVerdict<V, InputsOf<M>, By>
  : never;

export type FirstOf<V> = V extends (first: infer P) => unknown ? P : unknown;
export type SecondOf<V> = V extends (first: never, second: infer P) => unknown ? P : unknown;
export type ThirdOf<V> = V extends (first: never, second: never, third: infer P) => unknown ? P : unknown;

/** A callback that leaves its parameter open gets `never`. So does what was typed elsewhere, which passes. */
type Unannotated<K extends string, V, As extends string, By extends string> =
  TypedElsewhere<V> extends true
    ? never
    : Misuse<`${By} annotate what ${K} takes, as in ${As}; a decorator cannot infer it`>;

/** Of options that may be absent, or as wide as a plain `CacheKeyFn`; but what returns `any` is a callback that did not compile. */
// biome-ignore format: a table
type TypedElsewhere<V> =
  undefined extends V ? true
  : [V] extends [(...given: never) => Misuse<'any'>] ? false
  : [CacheKeyFn] extends [V] ? true
  : [FlowCacheKeyFn] extends [V] ? true
  : false;

// ── Callbacks that read the inputs by name ──

// biome-ignore format: a table
export type ReadsVerdict<K extends string, V, P, M, O, By extends string> =
  unknown extends P ? never
  : [P] extends [never] ? Unannotated<K, V, 'parameters: { sku: string }', By>
  : [P] extends [readonly unknown[]] ? NotByName<K, By>
  : [P] extends [object] ? NamesVerdict<K, P, M, O, By>
  : NotByName<K, By>;

type NotByName<
  K extends string,
  By extends string,
> = Misuse<`${By} ${K} gets the inputs by name: annotate them as { sku: string }`>;

/** A dictionary of any names (an index signature) is not held to any. */
type NamesVerdict<K extends string, P, M, O, By extends string> = string extends keyof P
  ? never
  : {
      [N in keyof P & string]-?: NameVerdict<N, P[N], DeclaredNames<O>, InputsOf<M>, `${By} ${K} reads '${N}'`>;
    }[keyof P & string];

type DeclaredNames<O> = O extends { readonly parameters: infer Names extends readonly string[] }
  ? string extends Names[number]
    ? unknown
    : Names
  : unknown;

/** Types do not know names: unless they are declared, any input may be meant. */
type NameVerdict<N, Wanted, Names, A extends Inputs, Reads extends string> = Names extends readonly string[]
  ? N extends Names[number]
    ? Fit<AtPlace<A, PlaceOf<N, Names>>, Wanted, AtPlace<A, PlaceOf<N, Names>>, Reads>
    : Misuse<`${Reads}, which is not among its parameters`>
  : Fit<AllOf<A>, Wanted, AllOf<A>, Reads>;

/**
 * `never` where some candidate can be read as Wanted. The second question, member by member, is for type parameters of the class: only
 * then does TypeScript ask their bounds.
 */
type Fit<Left, Wanted, All extends readonly unknown[], Reads extends string> = Left extends readonly [
  infer Head,
  ...infer Tail,
]
  ? [Head] extends [Wanted]
    ? never
    : Head extends Wanted
      ? undefined
      : Fit<Tail, Wanted, All, Reads>
  : FitsIfGiven<All, Wanted> extends never
    ? Misuse<`${Reads}, and no parameter of this method fits`>
    : Misuse<`${Reads} as always given, but the parameter is optional; write it with a ?`>;

type FitsIfGiven<All extends readonly unknown[], Wanted> = {
  [I in keyof All]: [Exclude<All[I], undefined>] extends [Wanted] ? I : never;
}[number];

// ── Callbacks that take the result ──

// biome-ignore format: a table
export type ResultVerdict<K extends string, V, R, M, By extends string> =
  unknown extends R ? never
  : [R] extends [never] ? Unannotated<K, V, '(result: Quote)', By>
  : ResultFit<Awaited<OutputOf<M>>, R, Misuse<`${By} ${K} takes another value than this method resolves to`>>;

/** As {@link Fit}. A method that answers with a State has that state's value. */
type ResultFit<R, Wanted, Otherwise> = [R] extends [Wanted]
  ? never
  : R extends Wanted
    ? undefined
    : [ResultOf<R>] extends [Wanted]
      ? undefined
      : Otherwise;

// ── What needs a promise ──

type LaterVerdict<K extends string, V, M, O, By extends string> = undefined extends V
  ? never
  : V extends 0 | readonly 0[]
    ? never
    : MayAnswerLater<M, O> extends true
      ? never
      : Misuse<`${By} ${K} needs a method that returns a promise`>;

/** Only a key function that always answers with a promise; many are typed as `string` or a promise of it. */
// biome-ignore format: a table
type KeyVerdict<V, M, O, By extends string> =
  [SecondOf<V>] extends [never] ? never
  : V extends (...args: never) => infer Key
    ? unknown extends Key ? never
    : [Key] extends [never] ? never
    : [Key] extends [PromiseLike<unknown>] ? MayAnswerLater<M, O> extends true ? never : Misuse<`${By} a cacheKeyFn that answers with a promise needs a method that does`>
    : never
  : never;

/** `any`, `unknown` and `object` may be a promise; so may one member of a union. */
// biome-ignore format: a table
type MayAnswerLater<M, O> =
  O extends { readonly async: true } ? true
  : Promise<never> extends OutputOf<M> ? true
  : [Extract<OutputOf<M>, PromiseLike<unknown>>] extends [never] ? false
  : true;

// ── Other options ──

/** Whether it fits the receiver is asked where the receiver is known: see CheckedDecorator. */
type InstanceVerdict<V, Self, By extends string> = [Self] extends [never]
  ? Unannotated<'instanceKey', V, '(instance: Pricing)', By>
  : never;

/** Declared names beyond the last parameter of every signature. */
type PlacesVerdict<Names, A extends Inputs, By extends string> = Names extends readonly string[]
  ? `${Places<A>}` extends keyof Names
    ? Misuse<`${By} parameters has more names than this method has parameters`>
    : never
  : never;

type Places<A extends Inputs> = A[number] extends infer Each
  ? Each extends readonly unknown[]
    ? Positions<Each>['length'] & number
    : never
  : never;

// ── What a method is ──

/** The parameters of each signature of a method. */
type Inputs = readonly (readonly unknown[])[];

/** Up to three overloads; of a method with fewer, TypeScript repeats the first. */
type InputsOf<M> = M extends {
  (this: never, ...args: infer A): unknown;
  (this: never, ...args: infer B): unknown;
  (this: never, ...args: infer C): unknown;
}
  ? [A, B, C]
  : [];

type OutputOf<M> = M extends {
  (this: never, ...args: never): infer A;
  (this: never, ...args: never): infer B;
  (this: never, ...args: never): infer C;
}
  ? A | B | C
  : never;

/** Every input of every signature. */
type AllOf<A extends Inputs> = A extends readonly [infer Head extends readonly unknown[], ...infer Tail extends Inputs]
  ? [...Positions<Head>, ...AllOf<Tail>]
  : [];

/** The inputs at a place, one of each signature. */
type AtPlace<A extends Inputs, Place> = { [S in keyof A]: Positions<A[S]>[Place & keyof Positions<A[S]>] };

type PlaceOf<N extends string, Names extends readonly string[]> = {
  [I in keyof Names & `${number}` as Names[I]]: I;
}[N];

/** Inputs by place: an optional one may be undefined, and what a rest parameter takes is one array. `never` fits everywhere. */
// biome-ignore format: a table
type Positions<A extends readonly unknown[]> =
  unknown extends A ? [never]
  : A extends readonly [] ? []
  : A extends readonly [infer Head, ...infer Tail] ? [Head, ...Positions<Tail>]
  : '0' extends keyof A ? A extends readonly [(infer Head)?, ...infer Tail] ? [Head | undefined, ...Positions<Tail>] : []
  : 0 extends 1 & A[number] ? [never]
  : [A];
