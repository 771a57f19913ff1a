// What the compiler says: the very sentences, and no sentence where all is well.
import type { CacheKeyFn, State, TaskOptions } from 'flowpond';
import type { Misuse } from '../../lib/base/misuse.js';
import type { Check, NoUnknown } from '../../lib/decorators/option-checks.js';
import { type Equal, same } from './equal.js';

interface Quote {
  readonly price: number;
}

type Method = (sku: string, days?: number) => Promise<Quote>;
type Sync = (sku: string, ...more: Date[]) => Quote;
type Reads<P> = { readonly cacheKeyFn: (context: never, parameters: P) => string };
type Named<P> = Reads<P> & { readonly parameters: readonly ['sku', 'days'] };
type Result<R> = { readonly cacheIf: (result: R) => boolean };

declare function accepted<_ extends undefined>(): void;
accepted<Check<Method, object>>();
accepted<Check<Method, Reads<{ sku: string }>>>();
accepted<Check<Method, Reads<{ sku: string; days?: number }>>>();
accepted<Check<Method, Reads<object>>>();
accepted<Check<Method, Reads<unknown>>>();
accepted<Check<Method, Reads<any>>>();
accepted<Check<Sync, Reads<{ rest: readonly Date[] }>>>();
accepted<Check<Method, Named<{ days?: number }>>>();
accepted<Check<Method, TaskOptions>>();
accepted<Check<Sync, TaskOptions>>();
accepted<Check<Sync, { readonly cacheKeyFn: CacheKeyFn<object> }>>();
accepted<Check<Method, { readonly timeout: '1s' }>>();
accepted<Check<Sync, { readonly timeout: undefined }>>();
accepted<Check<() => Promise<State<Quote>>, Result<Quote>>>();
accepted<Check<(...args: any[]) => any, Reads<{ sku: string }>>>();

same<
  Equal<
    Check<Method, Reads<{ no: Date }>>,
    Misuse<"@Task: cacheKeyFn reads 'no', and no parameter of this method fits">
  >
>();
same<
  Equal<Check<Sync, Reads<{ no: Date }>>, Misuse<"@Task: cacheKeyFn reads 'no', and no parameter of this method fits">>
>();
same<
  Equal<
    Check<Method, Reads<{ days: number }>>,
    | Misuse<"@Task: cacheKeyFn reads 'days' as always given, but the parameter is optional; write it with a ?">
    | undefined
  >
>();
same<
  Equal<
    Check<Method, Named<{ skew: string }>>,
    Misuse<"@Task: cacheKeyFn reads 'skew', which is not among its parameters">
  >
>();
same<
  Equal<
    Check<Method, Named<{ days: string }>>,
    Misuse<"@Task: cacheKeyFn reads 'days', and no parameter of this method fits">
  >
>();
same<
  Equal<
    Check<Method, { readonly parameters: readonly ['a', 'b', 'c'] }>,
    Misuse<'@Task: parameters has more names than this method has parameters'>
  >
>();
same<
  Equal<
    Check<Method, Reads<string>>,
    Misuse<'@Task: cacheKeyFn gets the inputs by name: annotate them as { sku: string }'>
  >
>();
same<
  Equal<
    Check<Method, Reads<never>>,
    Misuse<'@Task: annotate what cacheKeyFn takes, as in parameters: { sku: string }; a decorator cannot infer it'>
  >
>();
same<
  Equal<
    Check<Method, Result<never>>,
    Misuse<'@Task: annotate what cacheIf takes, as in (result: Quote); a decorator cannot infer it'>
  >
>();
same<Equal<Check<Method, Result<Date>>, Misuse<'@Task: cacheIf takes another value than this method resolves to'>>>();
same<
  Equal<Check<Sync, { readonly concurrency: 2 }>, Misuse<'@Task: concurrency needs a method that returns a promise'>>
>();
same<
  Equal<
    Check<Sync, { readonly cacheKeyFn: () => Promise<string> }>,
    Misuse<'@Task: a cacheKeyFn that answers with a promise needs a method that does'>
  >
>();
// Two things at once are both said.
same<
  Equal<
    Check<Sync, { readonly timeout: 1; readonly tags: (p: { on: boolean }) => string[] }, '@Flow'>,
    | Misuse<'@Flow: timeout needs a method that returns a promise'>
    | Misuse<"@Flow: tags reads 'on', and no parameter of this method fits">
  >
>();

type Unknown<O> = NoUnknown<O, TaskOptions, '@Task'>;
same<
  Equal<
    Unknown<{ cachekeyfn: 1; name: 'a' }>['cachekeyfn'],
    Misuse<"@Task has no option 'cachekeyfn'; did you mean 'cacheKeyFn'?">
  >
>();
same<Equal<Unknown<{ ttl: 1 }>, { readonly ttl: Misuse<"@Task has no option 'ttl'"> }>>();
same<Equal<keyof Unknown<{ cacheKeyFn: 1; name: 'a' }>, never>>();
