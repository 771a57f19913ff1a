import { type CacheKeyFn, type State, task, taskInputHash } from 'flowpond';
import { type Equal, same } from './equal.js';

interface Quote {
  readonly sku: string;
  readonly price: number;
}

const perRun: CacheKeyFn<object> = (context) => context.taskRun.flowRunId;
const fetchQuote = async (sku: string, days = 1): Promise<Quote> => ({ sku, price: days });

// Accepted: the function's own type comes back.
same<Equal<ReturnType<typeof plain>, Promise<Quote>>>();
const plain = task(fetchQuote);
same<Equal<typeof plain, typeof fetchQuote>>();

// The result is inferred from the function, inputs are annotated.
task(fetchQuote, {
  name: 'quote',
  cacheKeyFn: (context, p: { sku: string; days?: number }) => `${context.taskRun.id}${p.sku}${p.days}`,
  cacheIf: (result, context) => result.price > context.attempt,
  cacheExpiration: (result) => (result.price > 1 ? '1m' : undefined),
  tags: (p: { sku: string }) => [p.sku],
});
task(fetchQuote, { cacheKeyFn: taskInputHash, cacheExpiration: () => '1m', timeout: '1s' });
task(fetchQuote, { cacheKeyFn: perRun, parameters: ['sku', 'days'], taskRunName: 'quote {sku}' });
task((price: number) => price, { cacheKeyFn: taskInputHash, cacheIf: (result) => result.toFixed() !== '0' });
task(async (): Promise<State<Quote>> => Promise.reject(), {
  cacheKeyFn: taskInputHash,
  cacheIf: (result) => result.price > 0,
});

const generic = task(async <T extends { id: string }>(value: T): Promise<T> => value, { name: 'generic' });
export const extra = async (): Promise<number> => (await generic({ id: 'a', extra: 1 })).extra;

interface Overloaded {
  (x: string): string;
  (x: number): number;
}
declare const overloaded: Overloaded;
same<Equal<ReturnType<typeof overloadedTwin>, number>>();
const overloadedTwin = task(overloaded, { cacheKeyFn: (_, p: { x: string | number }) => `${p.x}` });
overloadedTwin('a').toUpperCase();

// @ts-expect-error unannotated, and read
task(fetchQuote, { cacheKeyFn: (_, p) => p.sku });
// @ts-expect-error unannotated, and passed on
task(fetchQuote, { cacheKeyFn: (_, p) => String(p) });
// @ts-expect-error no parameter is a Date
task(fetchQuote, { cacheKeyFn: (_, p: { day: Date }) => p.day.toISOString() });
// @ts-expect-error no such name
task(fetchQuote, { parameters: ['sku', 'days'], tags: (p: { skew: string }) => [p.skew] });
// @ts-expect-error unknown option
task(fetchQuote, { cacheKeyfn: taskInputHash });
// @ts-expect-error no length of time
task(fetchQuote, { timeout: 'soon' });
// @ts-expect-error a quote has no such property
task(fetchQuote, { cacheKeyFn: taskInputHash, cacheIf: (result) => result.cost > 0 });
// @ts-expect-error resolves to a quote
task(fetchQuote, { cacheKeyFn: taskInputHash, cacheIf: (result: Date) => !!result });
// @ts-expect-error synchronous
task((sku: string) => sku, { timeout: '1s' });
// @ts-expect-error synchronous
task((sku: string) => sku, { cacheKeyFn: async () => 'key' });
// @ts-expect-error no options
task(fetchQuote, taskInputHash);
// @ts-expect-error no options
task(fetchQuote, '1m');
// @ts-expect-error no function
task({ cacheKeyFn: taskInputHash });
// @ts-expect-error a class
task(class {});
