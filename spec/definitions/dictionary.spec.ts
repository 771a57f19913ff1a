import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  areOrdinary,
  dictionaryOf,
  plainDictionary,
  refusal,
  strictDictionary,
} from '../../lib/definitions/dictionary.js';
import {
  allOf,
  type CacheKeyFn,
  getTaskRunContext,
  Invalidates,
  perFlowRun,
  returnState,
  type State,
  staticKey,
  Task,
  type TaskRunContext,
  task,
  taskInputHash,
  UnknownParameterError,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

type Keyed = (...args: unknown[]) => unknown;

/** What a key function sees of one call. */
function seen(fn: (...args: never[]) => unknown, args: unknown[], parameters?: string[]): Record<string, unknown> {
  let dictionary: Record<string, unknown> = {};
  const cacheKeyFn = (_context: unknown, given: Record<string, unknown>) => {
    dictionary = given;
    return 'x';
  };
  const twin = task(fn, { name: 'keyed', cacheKeyFn, ...(parameters && { parameters }) } as object) as Keyed;
  createTestPond().run(() => twin(...args));
  return dictionary;
}

describe('the dictionary of parameters', () => {
  it('has the arguments by name', () => {
    expect(seen((city: string, days: number) => [city, days], ['Berlin', 3])).toEqual({ city: 'Berlin', days: 3 });
  });

  it('leaves defaults to the method, and omitted trailing arguments out', () => {
    const fn = (city: string, days = 3, debug = false) => [city, days, debug];
    expect(Object.keys(seen(fn, ['x']))).toEqual(['city']);
    expect(Object.keys(seen(fn, ['x', undefined]))).toEqual(['city', 'days']);
    expect(seen(fn, [])).toEqual({});
  });

  it('has a rest parameter as a list, where there is something in it', () => {
    const fn = (first: number, ...more: number[]) => [first, more];
    expect(seen(fn, [1, 2, 3])).toEqual({ first: 1, more: [2, 3] });
    expect(Object.keys(seen(fn, [1]))).toEqual(['first']);
  });

  it('calls destructured parameters by their place', () => {
    const fn = ({ a }: { a: number }, b: number, [c]: number[]) => [a, b, c];
    expect(seen(fn as never, [{ a: 1 }, 2, [3]])).toEqual({ arg0: { a: 1 }, b: 2, arg2: [3] });
  });

  it('leaves out arguments beyond the named ones', () => {
    expect(seen((a: number) => a, [1, 2, 3])).toEqual({ a: 1 });
  });

  it('takes names that are declared', () => {
    expect(seen((a: number, b: number) => a + b, [1, 2], ['city', 'days'])).toEqual({ city: 1, days: 2 });
    expect(seen((a: number, ...b: number[]) => [a, b], [1, 2, 3], ['city', 'days'])).toEqual({ city: 1, days: [2, 3] });
    expect(seen((a: number, b: number) => a + b, [1, 2], ['city'])).toEqual({ city: 1 });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'has a parameter called %s as an own entry',
    (name) => {
      const dictionary = seen((_a: unknown) => 1, [{ polluted: true }], [name]);
      expect(Object.keys(dictionary)).toEqual([name]);
      expect(Object.getOwnPropertyDescriptor(dictionary, name)?.value).toEqual({ polluted: true });
      expect('polluted' in dictionary).toBe(false);
    },
  );

  it('has each argument once, at its name, for any names and arguments', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(names, fc.array(fc.anything(), { maxLength: 8 }), fc.boolean(), (list, args, rest) => {
        const takesRest = rest && list.length > 0;
        const dictionary = dictionaryOf({ names: list, rest: takesRest }, args);
        const plain = takesRest ? list.length - 1 : list.length;
        const expected = list
          .slice(0, plain)
          .slice(0, args.length)
          .map((name, i) => [name, args[i]]);
        if (takesRest && args.length > plain) expected.push([list[plain] as string, args.slice(plain)]);
        const ordinary = { names: list, rest: takesRest };
        if (areOrdinary(ordinary))
          expect(Object.entries(plainDictionary(list, args))).toEqual(Object.entries(dictionary));
        expect(
          new Map(
            Object.keys(dictionary).map((name) => [name, Object.getOwnPropertyDescriptor(dictionary, name)?.value]),
          ),
        ).toEqual(new Map(expected as [string, unknown][]));
      }),
    );
  });
});

describe('a strict dictionary', () => {
  const strict = (args: unknown[] = ['Berlin']) => {
    const list = { names: ['city', 'days'], rest: false };
    return strictDictionary(list, args, refusal(list, 'Weather.report'));
  };

  it('throws for a name that the method does not have, and names those it has', () => {
    expect(() => strict()['town']).toThrow(UnknownParameterError);
    expect(() => strict()['town']).toThrow("Weather.report has no parameter 'town': its parameters are city, days");
    expect(() => {
      const { town } = strict();
      return town;
    }).toThrow(UnknownParameterError);
  });

  it('gives what is there, and undefined for what was not given', () => {
    expect(strict()['city']).toBe('Berlin');
    expect(strict()['days']).toBeUndefined();
  });

  it('lets the language, promises, JSON and printing through', async () => {
    const dictionary = strict();
    expect(await Promise.resolve(dictionary)).toBe(dictionary);
    expect(JSON.stringify(dictionary)).toBe('{"city":"Berlin"}');
    expect(String(dictionary)).toBe('[object Object]');
    expect(Object.hasOwn(dictionary, 'town')).toBe(false);
    expect('town' in dictionary).toBe(false);
    expect({ ...dictionary }).toEqual({ city: 'Berlin' });
    expect(dictionary[Symbol.iterator as never]).toBeUndefined();
    expect(dictionary).toEqual({ city: 'Berlin' });
  });
});

type User = { readonly usr?: string };

const perFlowRunOrNot: CacheKeyFn<User> = (context, parameters) =>
  context.inFlow ? perFlowRun(taskInputHash)(context, parameters) : `${parameters?.usr ?? 'anonymous'}`;

const MISSPELT: ReadonlyArray<readonly [string, CacheKeyFn<User>]> = [
  ['at once', (_context, { usr }: User) => `user-${usr}`],
  ['later', async (_context, { usr }: User) => `user-${usr}`],
  ['later still', async (_context, parameters: User) => Promise.resolve().then(() => `user-${parameters.usr}`)],
  ['inside an object', (_context, parameters: User) => `user-${[parameters.usr].map(String)}`],
  ['behind a default', (_context, parameters: User) => `user-${parameters.usr ?? 'anonymous'}`],
  ['behind a default of the pattern', (_context, { usr = 'anonymous' }: User) => `user-${usr}`],
  ['by a computed name', (_context, parameters: object) => `user-${Object(parameters)[['u', 'sr'].join('')] ?? 'x'}`],
  ['in JSON', (_context, parameters: User) => JSON.stringify([parameters.usr])],
  ['handed on', (_context, parameters: object) => ((inputs: User) => `${inputs.usr}`)(parameters)],
  ['in a part of a whole', allOf(staticKey('v'), (_context: TaskRunContext, { usr = 'x' }: User) => usr)],
  ['within a flow run or not', perFlowRunOrNot],
  ['of the context', (context: TaskRunContext) => `${(context.parameters as User).usr ?? 'anonymous'}`],
];

describe('reading a misspelt parameter', () => {
  it.each(MISSPELT)('%s never makes a key, after any number of calls', async (_, cacheKeyFn) => {
    const load = task(async (user: string) => user, { name: 'load', cacheKeyFn: cacheKeyFn as CacheKeyFn<object> });
    const pond = createTestPond();
    for (let i = 0; i < 60; i++) {
      const state = await pond.run(() => returnState(load)(`user ${i}`));
      expect(state.result()).toBe(`user ${i}`);
      expect(state.cache).toMatchObject({ status: 'uncacheable', reason: 'key-error' });
      expect(state.cache?.detail).toContain("'usr'");
      expect(state.cacheKey).toBeUndefined();
    }
    expect(pond.runtime.pending.size).toBe(0);
  });

  it('that a build renamed is refused from the first call on', async () => {
    const minified = task(async (a: string) => a, {
      name: 'load',
      cacheKeyFn: ((_context: unknown, { user }: { user: string }) => user) as never,
    });
    const state = (await createTestPond().run(() => returnState(minified)('x'))) as State;
    expect(state.cache).toMatchObject({ reason: 'key-error', detail: expect.stringContaining('parameters: [...]') });
  });

  it('in a branch that no call took before is refused as well', async () => {
    const byPlan = (_context: TaskRunContext, inputs: { user: string; plan?: string }) =>
      inputs.user.startsWith('user') ? inputs.user : `plan-${inputs.plan ?? 'free'}`;
    const load = task(async (user: string) => user, { name: 'load', cacheKeyFn: byPlan as CacheKeyFn<object> });
    const pond = createTestPond();
    for (let i = 0; i < 60; i++) await pond.run(() => load(`user ${i}`));
    for (const name of ['ann', 'bob']) {
      const state = await pond.run(() => returnState(load)(name));
      expect(state.result()).toBe(name);
      expect(state.cache).toMatchObject({ reason: 'key-error', detail: expect.stringContaining("'plan'") });
    }
  });

  it('is not said of a key whose text is that of undefined, and the function is asked once', async () => {
    let asked = 0;
    const load = task(async (user?: string) => `${user}`, {
      name: 'load',
      cacheKeyFn: (_context, { user }: { user?: string }) => {
        asked++;
        return `user-${user}`;
      },
    });
    const pond = createTestPond();
    await pond.run(() => load());
    const states = [await pond.run(() => returnState(load)()), await pond.run(() => returnState(load)('undefined'))];
    expect(asked).toBe(3);
    expect(states.map((state) => [state.cacheKey, state.cache?.status])).toEqual([
      ['user-undefined', 'hit'],
      ['user-undefined', 'hit'],
    ]);
  });

  it('in tags, a name function or the context of the run says so', async () => {
    const twin = task(
      async (_city: string) => {
        const { parameters } = getTaskRunContext();
        return (parameters as { town?: string }).town;
      },
      { name: 'report' },
    );
    const state = await createTestPond().run(() => returnState(twin)('x'));
    expect(() => state.result()).toThrow(UnknownParameterError);
  });
});

describe('a key function', () => {
  it('is called once a call', async () => {
    let asked = 0;
    class Service {
      @Task({
        cacheKeyFn: (_context: unknown, { id }: { id: number }) => {
          asked++;
          return `${id % 3}`;
        },
        retries: 2,
      })
      async load(id: number): Promise<number> {
        if (id === 5) throw new Error('no');
        return id;
      }
    }
    const service = createTestPond().bind(new Service());
    for (let i = 0; i < 50; i++) await service.load(i % 4);
    expect(asked).toBe(50);
    await returnState(service).load(5);
    expect(asked).toBe(51);
  });

  it('is called without a receiver', async () => {
    let receiver: unknown = 'unset';
    const twin = task(async () => 1, {
      name: 'x',
      cacheKeyFn: function (this: unknown) {
        receiver = this;
        return 'x';
      },
    });
    await createTestPond().run(() => twin());
    expect(receiver).toBeUndefined();
  });

  it('may change its dictionary without changing what @Invalidates is given', async () => {
    const given: unknown[] = [];
    class Service {
      @Invalidates((_service: Service, parameters: { id: string; debug?: string }) => {
        given.push({ ...parameters });
        return [];
      })
      @Task({
        cacheKeyFn: (context: TaskRunContext, parameters: { id: string; debug?: string }) => {
          parameters.id = parameters.id.toLowerCase();
          delete parameters.debug;
          return taskInputHash(context, parameters);
        },
      })
      async save(id: string, _debug?: string): Promise<string> {
        return id;
      }
    }
    await createTestPond().bind(new Service()).save('A', 'x');
    expect(given).toEqual([{ id: 'A', _debug: 'x' }]);
  });

  it('may change its dictionary without changing the call', async () => {
    const twin = task(async (list: number[], n: number) => [...list, n], {
      name: 'x',
      cacheKeyFn: (_context: unknown, parameters: { n: number }) => {
        parameters.n = 99;
        return 'x';
      },
    });
    expect(await createTestPond().run(() => twin([1], 2))).toEqual([1, 2]);
  });
});
