import {
  map,
  original,
  refresh,
  returnState,
  State,
  submit,
  Task,
  type TaskFuture,
  task,
  taskInputHash,
  unmapped,
  withOptions,
} from 'flowpond';
import { type Equal, same } from './equal.js';

type Mode = 'fast' | 'slow';

class Pricing {
  readonly field = 1;

  @Task({ cacheKeyFn: taskInputHash }) async quote(sku: string, _days = 1): Promise<number> {
    return sku.length;
  }
  @Task() half(price: number): number {
    return price / 2;
  }
  @Task() either(fast: boolean): number | Promise<number> {
    return fast ? 1 : Promise.resolve(1);
  }
  @Task() async generic<T extends { id: string }>(value: T): Promise<T> {
    return value;
  }
  overloaded(x: string): Promise<string>;
  overloaded(x: number): Promise<number>;
  @Task() async overloaded(x: string | number): Promise<string | number> {
    return x;
  }
  @Task() async sum(
    _order: { readonly prices: readonly number[]; readonly mode: Mode },
    ..._more: number[]
  ): Promise<number> {
    return 1;
  }
  @Task() async total(_prices: number[], _exact: boolean): Promise<number> {
    return 1;
  }
  @Task() async each(_prices: number[], _name: (price: number) => string, _on?: Date): Promise<void> {}
  @Task() async ownState(): Promise<State<string> | string> {
    return State.completed('a');
  }
  @Task() unknown(): any {}
  @Task() never(): never {
    throw new Error('never');
  }
  optional?(sku: string): Promise<number>;
  @Task() private async load(sku: string): Promise<number> {
    return sku.length;
  }
  @Task() static async ofClass(sku: string): Promise<number> {
    return sku.length;
  }

  async inside(): Promise<void> {
    (await returnState(this).quote('a')).result().toFixed();
    (await returnState(this, this.load)('a')).result().toFixed();
    (await returnState(this, this.generic)({ id: 'a', extra: 1 })).result().extra.toFixed();
    submit(this).quote('a').taskRun.id.toUpperCase();
    (await submit(this, this.generic)({ id: 'a', extra: 1 }).result()).extra.toFixed();
    (await submit(this, this.load)(submit(this).ownState()).result()).toFixed();
    (await map(this, this.load)(['a']).at(0)?.result())?.toFixed();
    (await withOptions(this, { refreshCache: true }).quote('a')).toFixed();
    (await withOptions(this, this.load, { cacheIf: (result) => result > 0 })('a')).toFixed();
    (await refresh(this).generic({ id: 'a', extra: 1 })).extra.toFixed();
    (await original(this, this.load)('a')).toFixed();
    // @ts-expect-error private methods go as the second argument
    returnState(this).load('a');
  }
}

declare const pricing: Pricing;
declare const mode: TaskFuture<Mode>;
declare const prices: TaskFuture<number[]>;
declare const flag: TaskFuture<boolean>;
const quote = task(async (sku: string) => sku.length, { name: 'quote' });
const { signal } = new AbortController();

export async function stateViews(): Promise<void> {
  const states = returnState(pricing);
  same<Equal<ReturnType<typeof states.quote>, Promise<State<number>>>>();
  same<Equal<Parameters<typeof states.quote>, [sku: string, _days?: number | undefined]>>();
  same<Equal<ReturnType<typeof states.half>, State<number>>>();
  same<Equal<ReturnType<typeof states.either>, State<number> | Promise<State<number>>>>();
  same<Equal<ReturnType<typeof states.ownState>, Promise<State<string>>>>();
  same<Equal<ReturnType<typeof states.unknown>, State<any> | Promise<State<any>>>>();
  same<Equal<ReturnType<typeof states.never>, State<never>>>();
  states.half(1).result().toFixed();
  (await returnState(quote)('a')).result().toFixed();
  (await returnState(Pricing).ofClass('a')).result().toFixed();
  (await states.optional?.('a'))?.result().toFixed();
  // @ts-expect-error it may be missing
  states.optional('a');
  // @ts-expect-error no such method
  states.quotes('a');
  // @ts-expect-error takes a text
  states.quote(1);
  // @ts-expect-error no method
  states.field();
  // @ts-expect-error not of the class
  returnState(Pricing).quote('a');
  // @ts-expect-error a promise of a state
  states.quote('a').result();
  // @ts-expect-error nothing to look through
  returnState('pricing');
}

export async function composed(): Promise<void> {
  const calm = withOptions(pricing, { refreshCache: true, retries: 1, signal, tags: ['a'] });
  (await returnState(calm).quote('a')).result().toFixed();
  (await calm.generic({ id: 'a', extra: 1 })).extra.toFixed();
  (await calm.overloaded('a')).toUpperCase();
  (await withOptions(returnState(pricing), { signal }).quote('a')).result().toFixed();
  (await returnState(withOptions(quote, { cacheIf: (result) => result > 0 }))('a')).result().toFixed();
  same<Equal<typeof quote, typeof renewed>>();
  const renewed = refresh(quote);
  (await refresh(Pricing).ofClass('a')).toFixed();
  (await original(pricing).quote('a')).toFixed();
  // @ts-expect-error unknown option
  withOptions(pricing, { refreshCash: true });
  // @ts-expect-error what belongs to the task itself
  withOptions(pricing, { identity: 'a' });
  // @ts-expect-error no signal
  withOptions(pricing, { signal: 1 });
  // @ts-expect-error no options
  withOptions(pricing);
}

export async function futures(): Promise<void> {
  const first = submit(pricing).quote('a');
  same<Equal<typeof first, TaskFuture<number>>>();
  same<Equal<typeof first.state, State<number>>>();
  (await first.wait('1s')).result().toFixed();
  first.cancel('enough');
  submit(pricing).half(first);
  submit(pricing).sum({ prices: [first, 2], mode }, 1, first);
  submit(pricing).sum({ prices, mode: 'fast' });
  submit(pricing).total(prices, flag);
  submit(pricing).total([first, 2], true);
  submit(pricing).each([1], (price) => price.toFixed(), new Date());
  submit(pricing).quote(submit(pricing).ownState()).state.name.toUpperCase();
  submit(quote)(submit(quote)('a') as TaskFuture<never>);
  // @ts-expect-error a future of another type
  submit(pricing).quote(first);
  // @ts-expect-error a future of another type, deep inside
  submit(pricing).sum({ prices: [mode], mode });
  // @ts-expect-error a list is needed
  submit(pricing).total(first, true);
}

export async function maps(): Promise<void> {
  same<Equal<typeof halves, TaskFuture<number>[]>>();
  const halves = map(pricing).half([1, 2]);
  map(pricing).quote(['a', 'b'], 3);
  map(pricing).quote('a', [1, 2]);
  map(pricing).half(halves);
  map(pricing).total([[1], [2, 3]], true);
  map(pricing).total(unmapped([1, 2]), [true, false, flag]);
  map(pricing).total(prices, [true]);
  map(pricing).sum([{ prices: [1], mode }], 1, [2]);
  map(quote)(['a'])[0]?.cancel();
  map(pricing).quote(['a'] as const);
  // @ts-expect-error each call would get a number, not a list
  map(pricing).total([1, 2], true);
  // @ts-expect-error texts are needed
  map(pricing).quote([1]);
  // @ts-expect-error a list of numbers whole, not texts
  map(pricing).total(unmapped(['a']), [true]);
}
