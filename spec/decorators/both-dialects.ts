import { describe, expect, it } from '@jest/globals';
import { original, returnState, submit, withOptions } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/**
 * What must hold in both dialects. Each dialect declares these classes with its own decorators, and runs the same specs on them
 * (spec/decorators/decorators.spec.ts, spec/standard/decorators.spec.ts).
 */
export interface DecoratedClasses {
  readonly Pricing: new () => Pricing;
  readonly PricingStatics: { load(id: number): Promise<string>; flow(): Promise<string>; readonly name: string };
  readonly Heir: new () => Pricing;
  readonly Overriding: new () => Pricing;
  readonly Stacked: new () => Stacked;
  /** A method whose decorators below and above ours leave marks on the function. */
  readonly Marked: new () => Marked;
}

export const LOAD: unique symbol = Symbol('load');

export interface Pricing {
  readonly kind: string;
  runs: number;
  /** Keyed by all inputs, valid for a minute. */
  quote(sku: string, days?: number): Promise<string>;
  /** Keyed by all inputs, by the short form. */
  double(n: number): number;
  /** A task without a key. */
  plain(a: number, b: number): number;
  /** A flow of quotes. */
  report(...skus: string[]): Promise<string[]>;
  [LOAD](): Promise<string>;
  'odd name'(): Promise<string>;
  /** Not decorated. */
  undecorated(): number;
}

export interface Stacked {
  runs: number;
  /** `@Flow({ name: 'outer' }) @Task({ cacheKeyFn, name: 'inner' })` */
  work(n: number): Promise<string>;
  /** `@Task({ retries: 2 }) @Task({ name: 'once' })`, the second attempt of which succeeds. */
  twice(): Promise<number>;
}

export interface Marked {
  method(a: number, b: string): Promise<string>;
}

/** A decorator of somebody else's, in the manner of both dialects: sets an own property on the function and keeps it. */
export function mark(name: string): (...given: any[]) => any {
  return (...given) => {
    const fn = (typeof given[0] === 'function' && typeof given[1] === 'object' ? given[0] : given[2].value) as object;
    Object.defineProperty(fn, name, { value: true, enumerable: true, configurable: true });
    Reflect.defineMetadata(name, 'metadata', fn);
  };
}

/** A decorator of somebody else's that wraps the method and keeps nothing of it. */
export function shout(...given: any[]): any {
  const standard = typeof given[0] === 'function' && typeof given[1] === 'object';
  const fn = (standard ? given[0] : given[2].value) as (...args: unknown[]) => Promise<string>;
  async function shouted(this: unknown, ...args: unknown[]): Promise<string> {
    return `${await Reflect.apply(fn, this, args)}!`;
  }
  return standard ? shouted : { ...given[2], value: shouted };
}

/** @param classes called for every test, as two definitions in one pond must not have one identity */
export function bothDialects(dialect: string, classes: () => DecoratedClasses): void {
  describe(`decorators of the ${dialect} dialect`, () => {
    it('make a cached task of a method', async () => {
      const pond = createTestPond();
      const pricing = pond.bind(new (classes().Pricing)());
      expect([await pricing.quote('A', 1), await pricing.quote('A', 1), await pricing.quote('A', 2)]).toEqual([
        'A 1',
        'A 1',
        'A 2',
      ]);
      expect(pricing.runs).toBe(2);
      await pond.clock.advance('1m');
      await pricing.quote('A', 1);
      expect(pricing.runs).toBe(3);
      expect(pond.stats()).toMatchObject({ hits: 1, misses: 3, runs: 3 });
    });

    it('take the short form', async () => {
      const pond = createTestPond();
      const pricing = pond.bind(new (classes().Pricing)());
      expect([pricing.double(2), pricing.double(2), pricing.double(3)]).toEqual([4, 4, 6]);
      expect(pricing.runs).toBe(2);
      await pond.clock.advance('20s');
      pricing.double(2);
      expect(pricing.runs).toBe(3);
    });

    it('keep a synchronous method synchronous, and an asynchronous one asynchronous', async () => {
      const pricing = createTestPond().bind(new (classes().Pricing)());
      expect(pricing.plain(1, 2)).toBe(3);
      for (let i = 0; i < 2; i++) {
        const answer = pricing.quote('A');
        expect(answer).toBeInstanceOf(Promise);
        await answer;
      }
    });

    it('make a flow of a method, in which tasks have names by number', async () => {
      const pond = createTestPond();
      const names: string[] = [];
      for (const name of ['Completed', 'Cached'] as const)
        pond.events.on(`task:${name}`, ({ taskRun }) => names.push(taskRun.name));
      const pricing = pond.bind(new (classes().Pricing)());
      expect(await pricing.report('A', 'B', 'A')).toEqual(['A 1', 'B 1', 'A 1']);
      expect(names).toEqual(['quote-0', 'quote-1', 'quote-2']);
    });

    it('reach static methods, with the class for this', async () => {
      const { PricingStatics } = classes();
      const pond = createTestPond();
      expect(await pond.run(() => PricingStatics.load(5))).toBe(`${PricingStatics.name} 5`);
      const state = await pond.run(() => returnState(PricingStatics).load(5));
      expect(state.isCached()).toBe(true);
      expect(await pond.run(() => PricingStatics.flow())).toBe(PricingStatics.name);
    });

    it('reach methods with symbols and odd texts for names', async () => {
      const pond = createTestPond();
      const pricing = pond.bind(new (classes().Pricing)());
      expect([
        await pricing[LOAD](),
        await pricing[LOAD](),
        await pricing['odd name'](),
        await pricing['odd name'](),
      ]).toEqual(['loaded 1', 'loaded 1', 'odd 2', 'odd 2']);
    });

    it('hold for heirs, apart from each other', async () => {
      const { Pricing, Heir } = classes();
      const pond = createTestPond();
      const view = async (one: Pricing) => {
        const state = await pond.run(() => returnState(one).quote('A', 1));
        return [state.result(), state.cache?.status];
      };
      const [base, heir] = [new Pricing(), new Heir()];
      expect([await view(base), await view(heir), await view(base), await view(heir)]).toEqual([
        ['A 1', 'miss'],
        ['A 1', 'miss'],
        ['A 1', 'hit'],
        ['A 1', 'hit'],
      ]);
      expect([base.runs, heir.runs]).toEqual([1, 1]);
    });

    it('hold for an override, which is another task than what it calls above', async () => {
      const { Overriding, Pricing } = classes();
      const pond = createTestPond();
      const [own, base] = [new Overriding(), new Pricing()];
      const outcomes = [];
      for (const one of [own, own, base, own]) {
        const state = await pond.run(() => returnState(one).quote('A', 1));
        outcomes.push(`${String(state.result())} ${state.cache?.status}`);
      }
      expect(outcomes).toEqual(['over A 1 miss', 'over A 1 hit', 'A 1 miss', 'over A 1 hit']);
      expect(own.runs).toBe(1);
    });

    it('name class and method in identities', async () => {
      const { Pricing, Heir, PricingStatics } = classes();
      const pond = createTestPond();
      const seen: string[] = [];
      pond.events.on('task:Completed', ({ task, taskRun }) =>
        seen.push(`${task.identity} ${task.className} ${taskRun.taskKey}`),
      );
      await pond.run(async () => {
        await new Pricing().quote('A');
        await new Heir().quote('A');
        await PricingStatics.load(1);
        await new Pricing()[LOAD]();
      });
      expect(seen).toEqual([
        'Pricing.quote Pricing Pricing.quote',
        'Pricing.quote@Heir Pricing Pricing.quote@Heir',
        'PricingStatics::load PricingStatics PricingStatics::load',
        'Pricing.[load] Pricing Pricing.[load]',
      ]);
    });

    it('can stand on one another', async () => {
      const pond = createTestPond();
      const stacked = pond.bind(new (classes().Stacked)());
      const seen: string[] = [];
      pond.events.on('flow:Completed', ({ flow }) => seen.push(`flow ${flow.name}`));
      for (const name of ['Completed', 'Cached'] as const) {
        pond.events.on(`task:${name}`, ({ task, state }) => seen.push(`task ${task.name} ${state.name}`));
      }
      expect([await stacked.work(1), await stacked.work(1)]).toEqual(['work 1', 'work 1']);
      expect(stacked.runs).toBe(1);
      expect(seen).toEqual(['task inner Completed', 'flow outer', 'task inner Cached', 'flow outer']);
    });

    it('can stand on themselves', async () => {
      const pond = createTestPond();
      const stacked = pond.bind(new (classes().Stacked)());
      const states: string[] = [];
      for (const name of ['Completed', 'Failed', 'Retrying'] as const) {
        pond.events.on(`task:${name}`, ({ task, state }) => states.push(`${task.name} ${state.name}`));
      }
      expect(await stacked.twice()).toBe(2);
      expect(states).toEqual(['once Failed', 'twice Retrying', 'once Completed', 'twice Completed']);
    });

    it('keep name, length, own properties and metadata, from below and from above', async () => {
      const { Marked, Pricing } = classes();
      const { method } = Marked.prototype as Marked;
      expect([method.name, method.length]).toEqual(['method', 2]);
      expect({ ...method }).toMatchObject({ below: true, between: true, above: true });
      expect(['below', 'between', 'above'].map((name) => Reflect.getOwnMetadata(name, method) as unknown)).toEqual([
        'metadata',
        'metadata',
        'metadata',
      ]);
      expect(await createTestPond().bind(new Marked()).method(1, 'a')).toBe('1 a');
      const prototype = Pricing.prototype as Pricing;
      expect([prototype.quote.name, prototype.quote.length]).toEqual(['quote', 1]);
      expect([prototype.report.name, prototype.report.length]).toEqual(['report', 0]);
      expect([prototype['odd name'].name, prototype[LOAD].name]).toEqual(['odd name', '[load]']);
    });

    it('leave a method a method: not enumerable, no constructor, no prototype of its own', () => {
      const { Pricing } = classes();
      const property = Object.getOwnPropertyDescriptor(Pricing.prototype, 'quote');
      expect(property).toMatchObject({ enumerable: false, configurable: true, writable: true });
      expect(Object.hasOwn(property?.value as object, 'prototype')).toBe(false);
      expect(() => Reflect.construct(property?.value as () => unknown, [])).toThrow(TypeError);
    });

    it('pass what is thrown through as the same object', async () => {
      const pond = createTestPond();
      const pricing = pond.bind(new (classes().Pricing)());
      const error = new Error('no such sku');
      Object.defineProperty(pricing, 'kind', {
        get: () => {
          throw error;
        },
      });
      expect(() => pricing.plain(1, 2)).toThrow(error);
      await expect(pricing.quote('A')).rejects.toBe(error);
    });

    it('are seen by every verb', async () => {
      const pond = createTestPond();
      const pricing = pond.bind(new (classes().Pricing)());
      expect(String(await returnState(pricing).quote('A'))).toBe('Completed()');
      expect(String(await returnState(pricing).quote('A'))).toBe('Cached(type=COMPLETED)');
      expect(await submit(pricing).quote('A').result()).toBe('A 1');
      expect(await withOptions(pricing, { refreshCache: true }).quote('A')).toBe('A 1');
      expect(await original(pricing).quote('A')).toBe('A 1');
      expect(pricing.runs).toBe(3);
      expect(() => (returnState(pricing) as unknown as Pricing).undecorated()).toThrow(
        'Pricing.undecorated is not a task',
      );
      expect(pond.runtime.pending.size).toBe(0);
    });
  });
}

/** A misuse, by the sentence that refuses it. */
export type Misuse = readonly [what: string, act: () => unknown, sentence: RegExp];

export function refused(dialect: string, misuses: readonly Misuse[], error: new (...given: never[]) => Error): void {
  describe(`a decorator of the ${dialect} dialect`, () => {
    it.each(misuses)('is refused on %s', (_, act, sentence) => {
      expect(act).toThrow(error);
      expect(act).toThrow(sentence);
    });
  });
}
