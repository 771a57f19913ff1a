import { describe, expect, it } from '@jest/globals';
import {
  CachePolicy,
  DEFAULT,
  FLOW_PARAMETERS,
  Flow,
  INPUTS,
  InvalidOptionsError,
  NO_CACHE,
  RUN_ID,
  returnState,
  type State,
  TASK_SOURCE,
  Task,
  task,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

type Keyed = (...args: unknown[]) => Promise<unknown>;

function keyed(
  cachePolicy: CachePolicy,
  fn: (...args: never[]) => unknown = async (city: string, days?: number) => `${city}${days}`,
): Keyed {
  return task(fn, { name: 'keyed', cachePolicy } as object) as Keyed;
}

async function outside(policy: CachePolicy, ...args: unknown[]): Promise<State> {
  return createTestPond().run(() => returnState(keyed(policy))(...args)) as Promise<State>;
}

class Runner {
  @Flow()
  async run(policy: CachePolicy, ...args: unknown[]): Promise<[State]> {
    return [(await returnState(keyed(policy))(...args)) as State];
  }
}

async function inFlow(policy: CachePolicy, ...args: unknown[]): Promise<State> {
  const [state] = await createTestPond().run(() => new Runner().run(policy, ...args));
  return state;
}

describe('a cache policy', () => {
  it('INPUTS is of the inputs', async () => {
    expect((await outside(INPUTS, 'a', 1)).cacheKey).toBe('2(s1:a,1)');
  });

  it('RUN_ID is of the flow run, and no key outside', async () => {
    const [one, two] = [await inFlow(RUN_ID, 'a'), await inFlow(RUN_ID, 'a')];
    expect(one.cacheKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.cacheKey).not.toBe(two.cacheKey);
    expect((await outside(RUN_ID, 'a')).cache).toMatchObject({ status: 'uncacheable', reason: 'no-flow-run' });
  });

  it('FLOW_PARAMETERS outside of a flow is no key', async () => {
    expect((await outside(FLOW_PARAMETERS, 'a')).cache).toMatchObject({ status: 'uncacheable', reason: 'no-flow-run' });
  });

  it('FLOW_PARAMETERS tells flow runs with other inputs apart', async () => {
    class Nightly {
      @Task({ cachePolicy: FLOW_PARAMETERS })
      async load(): Promise<number> {
        return 1;
      }
      @Flow()
      async run(_day: string, _region = 'eu'): Promise<[State]> {
        return [await returnState(this as Nightly).load()];
      }
    }
    const nightly = createTestPond().bind(new Nightly());
    const statuses = [];
    for (const day of ['Monday', 'Tuesday', 'Monday']) statuses.push((await nightly.run(day))[0].cache?.status);
    expect(statuses).toEqual(['miss', 'miss', 'hit']);
  });

  it('TASK_SOURCE is of the source text', async () => {
    const key = async (fn: () => Promise<number>) =>
      ((await createTestPond().run(() => returnState(keyed(TASK_SOURCE, fn))())) as State).cacheKey;
    const one = await key(async () => 1);
    expect(await key(async () => 1)).toBe(one);
    expect(await key(async () => 2)).not.toBe(one);
  });

  it('DEFAULT is of inputs, source and run together', async () => {
    const state = await inFlow(DEFAULT, 'a');
    expect(state.cache?.status).toBe('miss');
    expect(state.cacheKey).toContain('1(s1:a)');
    expect((await outside(DEFAULT, 'a')).cache).toMatchObject({ reason: 'no-flow-run' });
  });

  it('NO_CACHE is never a key, silently', async () => {
    expect((await outside(NO_CACHE, 'a')).cache).toMatchObject({ status: 'uncacheable', reason: 'no-key' });
  });
});

describe('a sum of policies', () => {
  it('has NO_CACHE for its neutral element', async () => {
    const { cacheKey } = await outside(INPUTS, 'a');
    expect((await outside(INPUTS.plus(NO_CACHE), 'a')).cacheKey).toBe(cacheKey);
    expect((await outside(NO_CACHE.plus(INPUTS), 'a')).cacheKey).toBe(cacheKey);
    expect((await outside(NO_CACHE.plus(NO_CACHE), 'a')).cache).toMatchObject({ reason: 'no-key' });
  });

  it('is the same in any order and however often a part is added', async () => {
    const sums = [
      INPUTS.plus(TASK_SOURCE).plus(FLOW_PARAMETERS),
      FLOW_PARAMETERS.plus(INPUTS).plus(TASK_SOURCE),
      TASK_SOURCE.plus(FLOW_PARAMETERS.plus(INPUTS)),
      INPUTS.plus(INPUTS).plus(TASK_SOURCE.plus(FLOW_PARAMETERS)).plus(TASK_SOURCE),
    ];
    const fn = async (x: string) => x;
    const keys = [];
    for (const sum of sums) {
      class Once {
        @Flow()
        async run(): Promise<[State]> {
          return [(await returnState(keyed(sum, fn))('x')) as State];
        }
      }
      keys.push((await createTestPond().run(() => new Once().run()))[0].cacheKey);
    }
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toBeDefined();
  });

  it('with a part that cannot be made has no key', async () => {
    expect((await outside(INPUTS.plus(RUN_ID), 'a')).cache).toMatchObject({
      status: 'uncacheable',
      reason: 'no-flow-run',
    });
    const none = CachePolicy.fromKeyFn(() => null);
    expect((await outside(INPUTS.plus(none), 'a')).cache).toMatchObject({ status: 'uncacheable', reason: 'no-key' });
  });

  it('takes key functions of the user’s own', async () => {
    const own = CachePolicy.fromKeyFn((_context: never, { city }: { city: string }) => city.toUpperCase());
    expect((await outside(own, 'a', 1)).cacheKey).toBe('A');
    const sum = own.plus(CachePolicy.fromKeyFn(async () => 'later'));
    expect((await outside(sum, 'a', 1)).cacheKey).toBe('1:A5:later');
    expect((await outside(sum, 'a', 1)).cacheKey).toBe((await outside(sum, 'A', 2)).cacheKey);
  });

  it('changes neither of its terms', async () => {
    INPUTS.plus(RUN_ID).minus('city');
    expect((await outside(INPUTS, 'a', 1)).cacheKey).toBe('2(s1:a,1)');
  });
});

describe('a difference of policies', () => {
  it('leaves one input out', async () => {
    const policy = INPUTS.minus('days');
    expect((await outside(policy, 'a', 1)).cacheKey).toBe((await outside(policy, 'a', 2)).cacheKey);
    expect((await outside(policy, 'a', 1)).cacheKey).not.toBe((await outside(policy, 'b', 1)).cacheKey);
  });

  it('holds wherever the inputs are added', async () => {
    const { cacheKey } = await outside(INPUTS.minus('days'), 'a', 1);
    expect((await outside(NO_CACHE.minus('days').plus(INPUTS), 'a', 2)).cacheKey).toBe(cacheKey);
    expect((await outside(INPUTS.plus(NO_CACHE.minus('days')), 'a', 3)).cacheKey).toBe(cacheKey);
    expect((await outside(NO_CACHE.minus('days'), 'a', 2)).cache).toMatchObject({ reason: 'no-key' });
  });

  it('with a name that the method does not have is no key', async () => {
    const { cache } = await outside(INPUTS.minus('dyas'), 'a', 1);
    expect(cache).toMatchObject({
      status: 'uncacheable',
      reason: 'key-error',
      detail: expect.stringContaining("'dyas'"),
    });
  });
});

describe('a misused policy', () => {
  it.each<[string, () => unknown]>([
    ['fromKeyFn without a function', () => CachePolicy.fromKeyFn('x' as never)],
    ['fromKeyFn of a policy', () => CachePolicy.fromKeyFn(INPUTS as never)],
    ['minus without a name', () => INPUTS.minus(undefined as never)],
    ['minus of a policy', () => INPUTS.minus(RUN_ID as never)],
    ['plus without a policy', () => INPUTS.plus(undefined as never)],
    ['plus of a key function', () => INPUTS.plus((() => 'x') as never)],
  ])('(%s) is refused with a remedy', (_, act) => {
    expect(act).toThrow(InvalidOptionsError);
    expect(act).toThrow(/^CachePolicy\.\w+: takes .*Give/);
  });
});
