import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  allOf,
  type CacheKeyFn,
  Flow,
  getRunContext,
  hashObjects,
  InvalidOptionsError,
  inputs,
  perFlowRun,
  returnState,
  type State,
  staticKey,
  Task,
  type TaskRunContext,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

jest.setTimeout(120_000); // some seconds here, many more on a machine that others keep busy

type AnyFn = (...args: never[]) => unknown;
type Given = CacheKeyFn<object>;

/** The key of one call of a function with these parameters. */
async function keyOf(keyFn: unknown, fn: AnyFn, ...args: unknown[]): Promise<string | undefined> {
  return (await stateOf(keyFn, fn, ...args)).cacheKey;
}

async function stateOf(keyFn: unknown, fn: AnyFn, ...args: unknown[]): Promise<State> {
  const twin = task(fn, { name: 'keyed', cacheKeyFn: keyFn as Given, async: true } as object) as (
    ...args: unknown[]
  ) => Promise<unknown>;
  return createTestPond().run(() => returnState(twin)(...args)) as Promise<State>;
}

const city = async (_city: string, _days?: number): Promise<number> => 1;
async function report(city: string, days: number, debug?: boolean): Promise<string> {
  return `${city} ${days} ${debug}`;
}
async function sum(first: number, ...rest: number[]): Promise<number> {
  return rest.length + first;
}
async function place({ city, country }: { city: string; country: string }, days: number): Promise<string> {
  return `${city} ${country} ${days}`;
}

describe('taskInputHash', () => {
  it('is the canonical text of the inputs', async () => {
    expect(await keyOf(taskInputHash, city, 'Berlin', 3)).toBe('2(s6:Berlin,3)');
  });

  it('gives six keys to six inputs that look alike', async () => {
    const keys = [];
    for (const value of [1, '1', [1], { 0: 1 }, 1n, true]) keys.push(await keyOf(taskInputHash, city, value));
    expect(new Set(keys).size).toBe(6);
  });

  it('tells an absent input from undefined and null', async () => {
    const keys = [
      await keyOf(taskInputHash, city),
      await keyOf(taskInputHash, city, undefined),
      await keyOf(taskInputHash, city, null),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it('is the same under other parameter names', async () => {
    const renamed = async (_a: string, _b: number) => 1;
    expect(await keyOf(taskInputHash, renamed, 'x', 1)).toBe(await keyOf(taskInputHash, city, 'x', 1));
  });

  it('counts arguments beyond the named ones', async () => {
    expect(await keyOf(taskInputHash, city, 'x', 1, 2)).not.toBe(await keyOf(taskInputHash, city, 'x', 1));
  });

  it('of the parameters as given is that of the call', async () => {
    const own: CacheKeyFn<object> = (context, parameters) => taskInputHash(context, parameters);
    expect(await keyOf(own, report, 'x', 1)).toBe(await keyOf(taskInputHash, report, 'x', 1));
  });

  it('of a dictionary of the user’s own is by its names', async () => {
    const own: CacheKeyFn<{ city: string }> = (context, { city }) =>
      taskInputHash(context, { city: city.toLowerCase() });
    expect(await keyOf(own, report, 'Berlin', 1)).toBe(await keyOf(own, report, 'BERLIN', 2));
    expect(await keyOf(own, report, 'Berlin', 1)).toBe(hashObjects({ city: 'berlin' }));
    const other: CacheKeyFn<{ city: string }> = (context, { city }) =>
      taskInputHash(context, { town: city.toLowerCase() });
    expect(await keyOf(other, report, 'Berlin', 1)).not.toBe(await keyOf(own, report, 'Berlin', 1));
  });

  it('reads the run context of the caller, not one of its own', async () => {
    const pond = createTestPond();
    const seen: string[] = [];
    class Service {
      @Task({
        cacheKeyFn: (context: TaskRunContext, parameters: object) => {
          seen.push(getRunContext().kind);
          return taskInputHash(context, parameters);
        },
      })
      async work(_a: number): Promise<number> {
        return 1;
      }
      @Flow()
      async all(): Promise<number> {
        return this.work(1);
      }
    }
    await pond.run(() => new Service().all());
    expect(seen).toEqual(['flow']);
  });
});

describe('staticKey', () => {
  it('is one key for all calls', async () => {
    expect(await keyOf(staticKey('rates'), city, 'a')).toBe('rates');
    expect(await keyOf(staticKey('rates'), city, 'b')).toBe('rates');
  });

  it.each([[''], [undefined], [null], [5], [{}]])('refuses %p', (key) => {
    expect(() => staticKey(key as never)).toThrow(InvalidOptionsError);
    expect(() => staticKey(key as never)).toThrow(/^staticKey: /);
  });
});

describe('perFlowRun', () => {
  class Service {
    runs = 0;

    @Task({ cacheKeyFn: perFlowRun(staticKey('rates')) })
    async rates(): Promise<number> {
      return ++this.runs;
    }

    @Task({ cacheKeyFn: perFlowRun(async (_context: TaskRunContext, _parameters: object) => 'later') })
    async later(): Promise<number> {
      return ++this.runs;
    }

    @Flow()
    async inner(): Promise<number> {
      return this.rates();
    }

    @Flow()
    async outer(): Promise<number[]> {
      return [await this.rates(), await this.inner(), await this.rates(), await this.later(), await this.later()];
    }
  }

  it('is one key within a flow run and another in the next; a subflow is a run of its own', async () => {
    const service = createTestPond().bind(new Service());
    expect(await service.outer()).toEqual([1, 2, 1, 3, 3]);
    expect(await service.outer()).toEqual([4, 5, 4, 6, 6]);
  });

  it('outside of a flow is no key, never undefined', async () => {
    for (const keyFn of [perFlowRun(), perFlowRun(staticKey('x')), perFlowRun(async () => 'x')]) {
      const state = await stateOf(keyFn, city, 'Berlin');
      expect(state.cache).toMatchObject({ status: 'uncacheable', reason: 'no-flow-run' });
      expect(state.cacheKey).toBeUndefined();
    }
  });

  it.each<[string, unknown]>([
    [
      'the flow run of its task run',
      (context: any, p: object) => `${context.taskRun.flowRunId}-${taskInputHash(context, p)}`,
    ],
    ['the flow run id', (context: any) => `${context.flowRunId}`],
    ['the flow run', (context: any) => `${context.flowRun.id}`],
    ['the flow run of its task run, later', async (context: any) => `${context.taskRun.flowRunId}`],
  ])('and a key function of the user’s own that reads %s outside of a flow agree', async (_, keyFn) => {
    expect((await stateOf(keyFn, city, 'Berlin')).cache).toMatchObject({
      status: 'uncacheable',
      reason: 'no-flow-run',
    });
  });

  it.each([null, undefined, ''])('of a function that gives %p is no key', async (nothing) => {
    const outcome = await inFlow(perFlowRun(() => nothing));
    expect(outcome).toMatchObject({ status: 'uncacheable', reason: 'no-key' });
  });

  it.each([5, {}, [], Symbol('x'), async () => 'x'])(
    'of a function that gives %p is no key either, and no text of it',
    async (odd) => {
      expect(await inFlow(perFlowRun(() => odd as never))).toMatchObject({
        status: 'uncacheable',
        reason: 'key-error',
      });
      expect(await inFlow(perFlowRun(async () => odd as never))).toMatchObject({
        status: 'uncacheable',
        reason: 'key-error',
      });
    },
  );

  it.each([null, 'taskInputHash', 5, {}])('refuses %p for a key function', (odd) => {
    expect(() => perFlowRun(odd as never)).toThrow(InvalidOptionsError);
  });
});

async function inFlow(keyFn: unknown): Promise<unknown> {
  const twin = task(async () => 1, { name: 'keyed', cacheKeyFn: keyFn as Given });
  class Runner {
    @Flow()
    async run(): Promise<unknown> {
      return (await returnState(twin)()).cache;
    }
  }
  return createTestPond().run(() => new Runner().run());
}

describe('inputs', () => {
  it('of all is taskInputHash', async () => {
    expect(inputs()).toBe(taskInputHash);
    expect(inputs({})).toBe(taskInputHash);
    expect(inputs({ omit: undefined })).toBe(taskInputHash);
  });

  it('can leave some out, there or not', async () => {
    const keyFn = inputs({ omit: ['debug'] });
    const keys = [
      await keyOf(keyFn, report, 'x', 1),
      await keyOf(keyFn, report, 'x', 1, true),
      await keyOf(keyFn, report, 'x', 1, undefined),
    ];
    expect(new Set(keys).size).toBe(1);
    expect(await keyOf(keyFn, report, 'x', 2, true)).not.toBe(keys[0]);
  });

  it('can be of some alone', async () => {
    const keyFn = inputs({ pick: ['city'] });
    expect(await keyOf(keyFn, report, 'x', 1)).toBe(await keyOf(keyFn, report, 'x', 2, true));
    expect(await keyOf(keyFn, report, 'x', 1)).not.toBe(await keyOf(keyFn, report, 'y', 1));
  });

  it('can pick and leave out at once', async () => {
    const keyFn = inputs({ pick: ['city', 'days'], omit: ['days'] });
    expect(await keyOf(keyFn, report, 'x', 1)).toBe(await keyOf(inputs({ pick: ['city'] }), report, 'x', 2));
  });

  it('take a rest parameter whole', async () => {
    const without = inputs({ omit: ['rest'] });
    expect(await keyOf(without, sum, 1, 2, 3)).toBe(await keyOf(without, sum, 1));
    const only = inputs({ pick: ['rest'] });
    expect(await keyOf(only, sum, 1, 2, 3)).toBe(await keyOf(only, sum, 9, 2, 3));
    expect(await keyOf(only, sum, 1, 2, 3)).not.toBe(await keyOf(only, sum, 1, 2));
  });

  it('call a destructured parameter by its place', async () => {
    const keyFn = inputs({ omit: ['arg0'] });
    expect(await keyOf(keyFn, place, { city: 'a' }, 1)).toBe(await keyOf(keyFn, place, { city: 'b' }, 1));
    expect(await keyOf(keyFn, place, { city: 'a' }, 1)).not.toBe(await keyOf(keyFn, place, { city: 'a' }, 2));
  });

  it('keep arguments beyond the named ones, unless some are picked', async () => {
    expect(await keyOf(inputs({ omit: ['debug'] }), report, 'x', 1, true, 'more')).not.toBe(
      await keyOf(inputs({ omit: ['debug'] }), report, 'x', 1, true),
    );
    expect(await keyOf(inputs({ pick: ['city'] }), report, 'x', 1, true, 'more')).toBe(
      await keyOf(inputs({ pick: ['city'] }), report, 'x', 1),
    );
  });

  it.each([{ omit: ['debgu'] }, { pick: ['town'] }, { pick: ['city'], omit: ['nothing'] }])(
    'with a name that the method does not have (%j) are no key, and say its names',
    async (choice) => {
      const { cache } = await stateOf(inputs(choice), report, 'x', 1);
      expect(cache).toMatchObject({ status: 'uncacheable', reason: 'key-error' });
      expect(cache?.detail).toMatch(
        /keyed has no parameter '(debgu|town|nothing)': its parameters are city, days, debug/,
      );
    },
  );

  it('serve a dictionary of the user’s own by its names', async () => {
    const own =
      (keyFn: Given): Given =>
      (context, p: any) =>
        keyFn(context, { ...p, city: p.city.toLowerCase(), at: Math.random() } as never);
    const keyFn = own(inputs({ omit: ['at', 'debug'] }) as Given);
    expect(await keyOf(keyFn, report, 'X', 1, true)).toBe(await keyOf(keyFn, report, 'x', 1));
    expect((await stateOf(own(inputs({ pick: ['town'] }) as Given), report, 'x', 1)).cache).toMatchObject({
      reason: 'key-error',
    });
  });

  it.each<[unknown]>([
    [{ omit: 'debug' }],
    [{ pick: 'city' }],
    [{ omit: [1] }],
    [{ omit: [''] }],
    [{ ommit: ['debug'] }],
    [['debug']],
    ['debug'],
    [null],
  ])('refuse the choice %j', (choice) => {
    expect(() => inputs(choice as never)).toThrow(InvalidOptionsError);
    expect(() => inputs(choice as never)).toThrow(/^inputs: /);
  });

  it('never give one key to calls that differ in what counts', async () => {
    const values = fc.array(fc.oneof(fc.constantFrom(undefined, null, 0, '0', false), fc.integer(), fc.string()), {
      maxLength: 4,
    });
    const names = ['city', 'days', 'debug'];
    const choice = fc.record({ omit: fc.subarray(names), pick: fc.option(fc.subarray(names), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(choice, values, values, async ({ omit, pick }, one, two) => {
        const keyFn = inputs({ omit, pick });
        const counts = (i: number) =>
          names[i] === undefined ? pick === undefined : (pick?.includes(names[i]) ?? true) && !omit.includes(names[i]);
        const what = (args: unknown[]) =>
          JSON.stringify(args.map((a, i) => [i, a, a === undefined]).filter(([i]) => counts(i as number)));
        expect((await keyOf(keyFn, report, ...one)) === (await keyOf(keyFn, report, ...two))).toBe(
          what(one) === what(two),
        );
      }),
      { numRuns: 150 },
    );
  });
});

/** Hands all on, as a user's own composition does. */
function handedOn(keyFn: Given): Given {
  return (context, parameters) => keyFn(context, parameters);
}

describe('allOf', () => {
  it('is a key of which every part must agree', async () => {
    const keyFn = allOf(inputs({ pick: ['city'] }), inputs({ pick: ['days'] }));
    const keys = new Set<unknown>();
    for (const [c, d] of [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['b', 2],
    ]) {
      keys.add(await keyOf(keyFn, report, c, d));
      keys.add(await keyOf(keyFn, report, c, d, true));
    }
    expect(keys.size).toBe(4);
  });

  it('counts all inputs by position, as they count alone, whatever else is in it', async () => {
    const parts: Given[] = [
      () => 'v2',
      (_context, { a }: { a?: number }) => `${a}`,
      (_context, all) => JSON.stringify(all),
    ];
    for (const part of parts) {
      for (const counted of [taskInputHash, inputs({ omit: ['a'] })]) {
        const alone = [await keyOf(counted, (a: number) => a, 1, 'x'), await keyOf(counted, (a: number) => a, 1, 'y')];
        const within = [
          await keyOf(allOf(counted, part), (a: number) => a, 1, 'x'),
          await keyOf(handedOn(allOf(part, counted)), (a: number) => a, 1, 'y'),
        ];
        for (const [i, key] of within.entries()) expect(key).toContain(`${alone[i]?.length}:${alone[i]}`);
      }
    }
  });

  it('never lets one part run into the next', async () => {
    const part = fc.string({ unit: fc.constantFrom('0', '1', '2', ':', 'a'), minLength: 1, maxLength: 5 });
    const parts = fc.array(part, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, parts, async (one, two) => {
        const [a, b] = await Promise.all(
          [one, two].map((texts) => keyOf(allOf(...texts.map((text) => () => text)), city, 'x')),
        );
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
      { numRuns: 300 },
    );
  });

  it.each([null, undefined, ''])('with a part that gives %p is no key', async (nothing) => {
    for (const part of [() => nothing, async () => nothing]) {
      const { cache } = await stateOf(allOf(staticKey('x'), part), city, 'x');
      expect(cache).toMatchObject({ status: 'uncacheable', reason: 'no-key' });
    }
  });

  it.each([5, {}, ['x'], true])('with a part that gives %p is no key', async (odd) => {
    for (const part of [() => odd as never, async () => odd as never]) {
      const { cache } = await stateOf(allOf(staticKey('x'), part), city, 'x');
      expect(cache).toMatchObject({ status: 'uncacheable', reason: 'key-error' });
    }
  });

  it('awaits parts that answer later', async () => {
    const keyFn = allOf(
      async () => 'a',
      () => 'b',
      async () => 'c',
    );
    expect(await keyOf(keyFn, city, 'x')).toBe('1:a1:b1:c');
  });

  it('leaves no rejection to nobody where one part throws and another rejects', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    const keyFn = allOf(
      async () => Promise.reject(new Error('later')),
      () => JSON.parse('{'),
      async () => Promise.reject(new Error('later still')),
    );
    expect((await stateOf(keyFn, city, 'x')).cache).toMatchObject({
      reason: 'key-error',
      detail: expect.stringContaining('JSON'),
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('composes with itself and with perFlowRun', async () => {
    const nested = allOf(allOf(staticKey('a'), staticKey('b')), staticKey('c'));
    expect(await keyOf(nested, city, 'x')).toBe('6:1:a1:b1:c');
    expect(await inFlow(perFlowRun(nested as Given))).toMatchObject({
      status: 'miss',
      key: expect.stringMatching(/^[0-9a-f-]{36}-6:1:a1:b1:c$/),
    });
    expect((await stateOf(allOf(nested, perFlowRun()), city, 'x')).cache).toMatchObject({ reason: 'no-flow-run' });
  });

  it.each([[[]], [[undefined]], [['x']], [[staticKey('a'), null]]])('refuses %p', (parts) => {
    expect(() => allOf(...(parts as never[]))).toThrow(InvalidOptionsError);
  });
});

describe('the built-in key functions', () => {
  it('are not changed by what is on Object.prototype', async () => {
    const before = [
      await keyOf(inputs({ omit: ['debug'] }), report, 'x', 1, true),
      await keyOf(taskInputHash, report, 'x', { a: 1 }),
      await keyOf(allOf(inputs(), staticKey('x')), report, 'x', 1),
    ];
    const names = { pick: ['days'], omit: ['city'], toCacheKey: () => 'polluted', toJSON: () => 'polluted' };
    for (const [name, value] of Object.entries(names)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    try {
      const after = [
        await keyOf(inputs({ omit: ['debug'] }), report, 'x', 1, true),
        await keyOf(taskInputHash, report, 'x', { a: 1 }),
        await keyOf(allOf(inputs(), staticKey('x')), report, 'x', 1),
      ];
      expect(after).toEqual(before);
    } finally {
      for (const name of Object.keys(names)) delete (Object.prototype as Record<string, unknown>)[name];
    }
  });
});
