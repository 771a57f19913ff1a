// biome-ignore-all lint/correctness/noUnusedFunctionParameters: key functions read them by name
import { describe, expect, it } from '@jest/globals';
import {
  type CacheKeyFn,
  type CacheOutcome,
  Flow,
  inputs,
  memoryStore,
  perFlowRun,
  returnState,
  type State,
  type StateStore,
  staticKey,
  Task,
  type TroubleEvent,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/** What the outcome of a state says of why. */
function why(state: State): Partial<CacheOutcome> {
  const { status, reason, detail, changed } = state.cache ?? { status: 'error' };
  return { status, ...(reason && { reason }), ...(detail && { detail }), ...(changed && { changed }) };
}

class Weather {
  runs = 0;

  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' })
  async report(city: string, days = 1): Promise<number> {
    this.runs++;
    return days;
  }

  @Task({ cacheKeyFn: inputs({ pick: ['city'] }), cacheIf: (result: number) => result > 0 })
  async positive(city: string, value: number): Promise<number> {
    return value;
  }

  @Task({ cacheKeyFn: perFlowRun() })
  async inFlow(city: string): Promise<string> {
    return city;
  }

  @Task({ cacheKeyFn: taskInputHash })
  login(user: string, password: string, options?: object): number {
    return ++this.runs;
  }

  @Task({ cacheKeyFn: () => null })
  async keyless(): Promise<number> {
    return ++this.runs;
  }

  @Task()
  async plain(): Promise<number> {
    return ++this.runs;
  }

  @Task({ cacheKeyFn: taskInputHash })
  async failing(city: string): Promise<never> {
    this.runs++;
    throw new Error('supplier down');
  }

  @Flow()
  async daily(city: string): Promise<[State]> {
    return [await returnState(this as Weather).inFlow(city)]; // a state alone would become the flow's own
  }

  @Flow()
  async twice(city: string): Promise<[State, State]> {
    return [await returnState(this as Weather).inFlow(city), await returnState(this as Weather).inFlow(city)];
  }
}

describe('the outcome on a state', () => {
  it('says first-seen and nothing more of the first key of a task', async () => {
    const pond = createTestPond();
    const state = await pond.run(() => returnState(new Weather()).report('Berlin'));
    expect(why(state)).toEqual({ status: 'miss', reason: 'first-seen' });
    expect(String(state)).toBe('Completed()');
  });

  it('says which input differs from the nearest earlier key', async () => {
    const pond = createTestPond();
    const states = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('Rome', 9);
      await weather.report('Berlin', 3);
      return [await returnState(weather).report('Berlin', 4), await returnState(weather).report('Berlin')];
    });
    expect(states.map(why)).toEqual([
      { status: 'miss', reason: 'first-seen', changed: [{ part: 'days', before: '3', now: '4' }] },
      { status: 'miss', reason: 'first-seen', changed: [{ part: 'days', before: '4', now: '(absent)' }] },
    ]);
  });

  it('says of a hit how old it is, how long it is valid, what it saved, and who computed it', async () => {
    const pond = createTestPond();
    const state = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('Berlin');
      await pond.clock.advance('20s');
      return returnState(weather).report('Berlin');
    });
    expect(String(state)).toBe('Cached(type=COMPLETED)');
    expect(state.cache).toMatchObject({
      status: 'hit',
      ageMs: 20_000,
      store: 'memory',
      origin: { taskRunName: 'report' },
    });
    expect(state.cache?.reason).toBeUndefined();
    expect(state.cacheExpiration?.getTime()).toBe((state.cache?.storedAt?.getTime() ?? 0) + 60_000);
    expect(state.cache?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(state.cacheKey).toBe(state.cache?.key);
  });

  it('says expired, and how long ago', async () => {
    const pond = createTestPond();
    const state = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('Berlin');
      await pond.clock.advance('63.2s');
      return returnState(weather).report('Berlin');
    });
    expect(why(state)).toEqual({ status: 'miss', reason: 'expired', detail: 'expired 3.20s ago' });
  });

  it('says evicted', async () => {
    const pond = createTestPond({ store: memoryStore({ maxEntries: 1 }) });
    const state = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('Berlin');
      await weather.report('Rome');
      return returnState(weather).report('Berlin');
    });
    expect(why(state)).toMatchObject({ status: 'miss', reason: 'evicted' });
  });

  it('says invalidated, and by whom', async () => {
    const store = memoryStore();
    const pond = createTestPond({ store });
    const state = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('Berlin');
      void store.invalidate({ namespace: '', identities: ['Weather.report'], by: 'PriceFeed' });
      return returnState(weather).report('Berlin');
    });
    expect(why(state)).toEqual({ status: 'miss', reason: 'invalidated', detail: 'invalidated by PriceFeed' });
  });

  it('says version-changed, and from which', async () => {
    const pond = createTestPond();
    const state = await pond.run(async () => {
      const weather = new Weather();
      await withOptions(weather, { version: 1 }).report('Berlin');
      return returnState(withOptions(weather, { version: 2 })).report('Berlin');
    });
    expect(why(state)).toEqual({ status: 'miss', reason: 'version-changed', detail: "stored under version '1'" });
  });

  it('says other-flow-run for the same inputs in another flow run', async () => {
    const pond = createTestPond();
    const [first, second, other] = await pond.run(async () => {
      const weather = new Weather();
      return [await weather.daily('Berlin'), await weather.daily('Berlin'), await weather.daily('Rome')].flat();
    });
    expect(why(first as State)).toEqual({ status: 'miss', reason: 'first-seen' });
    expect(why(second as State)).toMatchObject({ status: 'miss', reason: 'other-flow-run' });
    expect(why(other as State)).toMatchObject({
      reason: 'first-seen',
      changed: [{ part: 'city' }, { part: '(flow run)' }],
    });
  });

  it('says hit within one flow run', async () => {
    const pond = createTestPond();
    const states = await pond.run(() => new Weather().twice('Berlin'));
    expect(states.map((state) => state.cache?.status)).toEqual(['miss', 'hit']);
  });

  it('says no-flow-run outside of a flow, warns once, and runs', async () => {
    const pond = createTestPond();
    const troubles: TroubleEvent[] = [];
    pond.events.on('trouble', (trouble) => troubles.push(trouble));
    const state = await pond.run(() => returnState(new Weather()).inFlow('Berlin'));
    expect(why(state)).toMatchObject({ status: 'uncacheable', reason: 'no-flow-run' });
    expect(state.result()).toBe('Berlin');
    expect(state.cacheKey).toBeUndefined();
    expect(troubles).toHaveLength(1);
    expect(troubles[0]?.where).toBe('Weather.inFlow');
  });

  it('says not-stored after a run that failed', async () => {
    const pond = createTestPond();
    const states = await pond.run(async () => {
      const weather = new Weather();
      return [await returnState(weather).failing('Berlin'), await returnState(weather).failing('Berlin')];
    });
    expect(why(states[0] as State)).toEqual({ status: 'miss', reason: 'first-seen' });
    expect(why(states[1] as State)).toEqual({
      status: 'miss',
      reason: 'not-stored',
      detail: 'its last run ended Failed',
    });
  });

  it('says not-stored of a value that is too large, then and the next time', async () => {
    const pond = createTestPond({ store: memoryStore({ maxBytes: 5_000 }) });
    const large = task(async () => 'x'.repeat(10_000), { name: 'large', cacheKeyFn: staticKey('x') });
    const states = await pond.run(async () => [await returnState(large)(), await returnState(large)()]);
    for (const state of states) {
      expect(why(state)).toMatchObject({
        status: 'miss',
        reason: 'not-stored',
        detail: expect.stringContaining('larger'),
      });
      expect(state.cache?.storedAt).toBeUndefined();
      expect(state.result()).toHaveLength(10_000);
    }
  });

  it('says cache-if of a result that was not wanted, then and the next time', async () => {
    const pond = createTestPond();
    const states = await pond.run(async () => {
      const weather = new Weather();
      const view = returnState(weather);
      return [await view.positive('a', 0), await view.positive('a', 5), await view.positive('a', 6)];
    });
    expect(states.map((state) => why(state))).toMatchObject([
      { status: 'miss', reason: 'cache-if' },
      { status: 'miss', reason: 'cache-if' },
      { status: 'hit' },
    ]);
    expect(states[2]?.result()).toBe(5);
  });

  it.each<[string, (result: number) => boolean, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
      /cacheIf failed: no idea/,
    ],
    ['answers later', (async () => true) as never, /cacheIf failed: it gave a promise/],
    ['rejects later', (async () => Promise.reject(new Error('late'))) as never, /cacheIf failed: it gave a promise/],
  ])('says not-stored where cacheIf %s', async (_, cacheIf, detail) => {
    const pond = createTestPond();
    const odd = task(async () => 1, { name: 'odd', cacheKeyFn: staticKey('x'), cacheIf });
    const state = await pond.run(() => returnState(odd)());
    expect(why(state)).toMatchObject({ reason: 'not-stored', detail: expect.stringMatching(detail) });
    expect(state.result()).toBe(1);
  });

  it.each<[string, CacheKeyFn<object>, Partial<CacheOutcome>]>([
    ['null', () => null, { reason: 'no-key', detail: 'the key function gave none' }],
    ['undefined', () => undefined, { reason: 'no-key', detail: 'the key function gave undefined' }],
    ['an empty text', () => '', { reason: 'no-key', detail: "the key function gave ''" }],
    ['a number', (() => 5) as never, { reason: 'key-error', detail: expect.stringContaining('number') as never }],
    ['an object', (() => ({})) as never, { reason: 'key-error', detail: expect.stringContaining('object') as never }],
    ['a promise of null', async () => null, { reason: 'no-key' }],
    ['a promise of an object', (async () => ({})) as never, { reason: 'key-error' }],
    ['an error', () => JSON.parse('{'), { reason: 'key-error', detail: expect.stringContaining('JSON') as never }],
    [
      'a rejection',
      async () => Promise.reject(new Error('late')),
      { reason: 'key-error', detail: expect.stringContaining('late') as never },
    ],
    [
      'a misspelt parameter',
      ((_context, parameters: { usr: string }) => `${parameters.usr}`) as CacheKeyFn<never> as never,
      { reason: 'key-error', detail: expect.stringContaining("has no parameter 'usr'") as never },
    ],
  ])('of a key function that gives %s says so; the task runs each time', async (_, cacheKeyFn, expected) => {
    const pond = createTestPond();
    let runs = 0;
    const odd = task(async (user: string) => `${user} ${++runs}`, {
      name: 'odd',
      cacheKeyFn: cacheKeyFn as CacheKeyFn<object>,
    });
    const states = await pond.run(async () => [await returnState(odd)('a'), await returnState(odd)('a')]);
    for (const state of states) expect(why(state)).toMatchObject({ status: 'uncacheable', ...expected });
    expect(states.map((state) => state.result())).toEqual(['a 1', 'a 2']);
    expect(pond.stats()).toMatchObject({ uncacheable: 2, hits: 0, misses: 0 });
  });

  it('warns of a key that cannot be made once per task and reason', async () => {
    const lines: string[] = [];
    const logger = {
      debug() {},
      info() {},
      warn: (line: string) => lines.push(line),
      error: (line: string) => lines.push(line),
    };
    const pond = createTestPond({ logger, logLevel: 'warn' });
    await pond.run(async () => {
      const weather = new Weather();
      for (let i = 0; i < 10; i++) await weather.inFlow(`${i}`);
      for (let i = 0; i < 10; i++) await weather.keyless();
    });
    expect(lines).toHaveLength(1); // null is a key function's way to say no
    expect(lines[0]).toContain('no-flow-run');
  });

  it('says unhashable, with the path', async () => {
    const pond = createTestPond();
    const save = task(async (data: object) => 1, { name: 'save', cacheKeyFn: taskInputHash });
    const state = await pond.run(() => returnState(save)({ deep: [{ callback: () => 1 }] }));
    expect(why(state)).toMatchObject({
      status: 'uncacheable',
      reason: 'unhashable',
      detail: expect.stringContaining('[0].deep[0].callback'),
    });
  });

  it('says no-key, as a bypass, of a task without a key function', async () => {
    const pond = createTestPond();
    const state = await pond.run(() => returnState(new Weather()).plain());
    expect(why(state)).toEqual({ status: 'bypass', reason: 'no-key', detail: 'it has no cacheKeyFn' });
  });

  it('says refresh, of the option and of the pond', async () => {
    const pond = createTestPond();
    const refreshing = createTestPond({ caching: 'refresh' });
    const weather = new Weather();
    const states = [
      await pond.run(() => returnState(withOptions(weather, { refreshCache: true })).report('Berlin')),
      await refreshing.run(() => returnState(weather).report('Berlin')),
      await refreshing.run(() => returnState(withOptions(weather, { refreshCache: false })).report('Berlin')),
    ];
    expect(states.map(why)).toMatchObject([
      { status: 'refresh', reason: 'refresh' },
      { status: 'refresh', reason: 'refresh' },
      { status: 'hit' },
    ]);
  });

  it('says off in a pond without caching', async () => {
    const pond = createTestPond({ caching: 'off' });
    const state = await pond.run(() => returnState(new Weather()).report('Berlin'));
    expect(why(state)).toMatchObject({ status: 'bypass', reason: 'off' });
  });

  it.each<[string, Partial<Record<keyof StateStore, () => never>>]>([
    ['read', { get: fail }],
    ['lead', { lead: fail }],
    ['write', { commit: fail }],
  ])('says store-error where the store cannot %s', async (_, broken) => {
    const store = Object.assign(Object.create(memoryStore()) as StateStore, { get: () => undefined }, broken);
    bindTo(store, memoryStore());
    const pond = createTestPond({ store });
    const state = await pond.run(() => returnState(new Weather()).report('Berlin'));
    expect(why(state)).toMatchObject({ status: 'error', reason: 'store-error' });
    expect(state.result()).toBe(1);
    expect(pond.stats().storeErrors).toBeGreaterThan(0);
  });

  it('says identity-taken of the second definition of a name', async () => {
    const pond = createTestPond();
    const make = (value: number) => task(async () => value, { name: 'rate', cacheKeyFn: staticKey('x') });
    const states = await pond.run(async () => [await returnState(make(1))(), await returnState(make(2))()]);
    expect(why(states[1] as State)).toMatchObject({
      status: 'uncacheable',
      reason: 'identity-taken',
      detail: expect.stringContaining("identity: '…'"),
    });
    expect(states.map((state) => state.result())).toEqual([1, 2]);
  });

  it('shows no secret among what changed', async () => {
    const pond = createTestPond();
    const states = await pond.run(() => {
      const weather = new Weather();
      weather.login('ann', 'hunter2', { apiKey: 'k-1' });
      return [
        returnState(weather).login('ann', 'hunter3', { apiKey: 'k-1' }),
        returnState(weather).login('ann', 'hunter3', { apiKey: 'k-2' }),
      ];
    });
    const changes = states.map((state) => state.cache?.changed);
    expect(changes.map((parts) => parts?.length)).toEqual([1, 1]);
    expect(changes[0]?.[0]?.before).not.toBe(changes[0]?.[0]?.now);
    expect(JSON.stringify(changes)).not.toMatch(/hunter|k-[12]/);
  });

  it('is told of the inputs as they were before the body changed them', async () => {
    const pond = createTestPond();
    const drain = task(
      async (list: number[]) => {
        list.length = 0;
        return 1;
      },
      { name: 'drain', cacheKeyFn: taskInputHash },
    );
    const state = await pond.run(async () => {
      await drain([1]);
      return returnState(drain)([2]);
    });
    expect(state.cache?.changed).toEqual([{ part: 'list', before: '[1]', now: '[2]' }]);
  });

  it('asks each getter among the inputs at most once', async () => {
    const pond = createTestPond();
    let asked = 0;
    const lazy = {
      get value() {
        return ++asked;
      },
    };
    const read = task(async (input: object) => 1, { name: 'read', cacheKeyFn: taskInputHash });
    await pond.run(() => read(lazy));
    expect(asked).toBe(1);
    const byId = task(async (id: string, input: object) => 1, { name: 'byId', cacheKeyFn: inputs({ pick: ['id'] }) });
    await pond.run(() => byId('a', lazy));
    expect(asked).toBe(1);
  });

  it('remembers keys in a bounded ring', async () => {
    const pond = createTestPond();
    const state = await pond.run(async () => {
      const weather = new Weather();
      await weather.report('the first', 0);
      for (let i = 1; i <= 64; i++) await weather.report(`city ${i}`, i);
      return returnState(weather).report('the first', 1_000);
    });
    expect(state.cache?.changed).toHaveLength(2); // nearest would be the first, with one
  });
});

function fail(): never {
  throw new Error('disk full');
}

/** A store whose methods are those of another, unless it has its own. */
function bindTo(store: StateStore, real: StateStore): void {
  for (const name of ['get', 'lead', 'renew', 'commit', 'abandon', 'invalidate', 'close', 'attach', 'stats'] as const) {
    if (Object.hasOwn(store, name) && name !== 'get') continue;
    if (name === 'get' && store.get === fail) continue;
    Object.defineProperty(store, name, { value: (real[name] as () => unknown).bind(real), configurable: true });
  }
  Object.defineProperty(store, 'stats', { value: () => ({ entries: 0 }) });
}
