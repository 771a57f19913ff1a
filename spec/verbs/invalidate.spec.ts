import { describe, expect, it } from '@jest/globals';
import {
  Flow,
  flow,
  InvalidOptionsError,
  invalidate,
  MissingContextError,
  memoryStore,
  NotATaskError,
  perFlowRun,
  returnState,
  StoreError,
  SyncTaskError,
  staticKey,
  Task,
  type TroubleEvent,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from '../engine/pond-under-test.js';

class Pricing {
  runs: string[] = [];
  gate: Promise<unknown> | undefined = undefined;

  @Task({ cacheKeyFn: taskInputHash })
  async quote(sku: string, days?: number) {
    this.runs.push(sku);
    const run = this.runs.length;
    await this.gate;
    return `${sku} ${days} ${run}`;
  }

  @Task({ cacheKeyFn: taskInputHash })
  double(n: number) {
    this.runs.push(`${n}`);
    return this.runs.length;
  }

  @Task({ cacheKeyFn: taskInputHash })
  static async rate(currency: string) {
    return `${currency} ${++rates}`;
  }

  @Task({ cacheKeyFn: taskInputHash, instanceKey: (pricing: Pricing) => pricing.region })
  async regional(sku: string) {
    return `${sku} ${this.runs.push(sku)}`;
  }

  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
  async offer(sku: string) {
    return `${sku} ${this.runs.push(sku)}`;
  }

  @Flow({ cacheKeyFn: taskInputHash })
  async report(day: string) {
    return `${day} ${this.runs.push(day)}`;
  }

  @Task({ cacheKeyFn: taskInputHash })
  private async hidden(n: number) {
    return n + this.runs.push(`${n}`);
  }

  @Task()
  async plain() {
    return 1;
  }

  undecorated(n: number) {
    return n;
  }

  constructor(readonly region = 'eu') {}

  callHidden(n: number) {
    return this.hidden(n);
  }

  forgetHidden(n: number) {
    return invalidate(this, this.hidden)(n);
  }
}

let rates = 0;

const set = (options: Parameters<typeof pondUnderTest>[0] = {}) => {
  const pond = pondUnderTest(options);
  return { pond, svc: pond.bind(new Pricing()) };
};

/** The troubles that a pond tells of. */
function troubles(pond: ReturnType<typeof createTestPond>): TroubleEvent[] {
  const told: TroubleEvent[] = [];
  pond.events.on('trouble', (event) => told.push(event));
  return told;
}

describe('invalidate', () => {
  nothingIsLeft();

  it('forgets the state of these inputs and of no others', async () => {
    const { svc } = set();
    await svc.quote('A');
    await svc.quote('B');
    expect(await invalidate(svc).quote('A')).toBeUndefined();
    const [a, b] = [await returnState(svc).quote('A'), await returnState(svc).quote('B')];
    expect([a.cache?.status, a.cache?.reason, b.cache?.status]).toEqual(['miss', 'invalidated', 'hit']);
    expect(a.cache?.detail).toBe('invalidated by invalidate(Pricing.quote)');
    expect(svc.runs).toEqual(['A', 'B', 'A']);
  });

  it('runs nothing, and changes nothing where nothing is stored', async () => {
    const { pond, svc } = set();
    await invalidate(svc).quote('A');
    expect(svc.runs).toEqual([]);
    expect((await returnState(svc).quote('A')).cache).toMatchObject({ status: 'miss', reason: 'first-seen' });
    expect(pond.stats()).toMatchObject({ misses: 1, runs: 1, hits: 0 });
  });

  it('answers a synchronous task at once, an asynchronous one with a promise', async () => {
    const { svc } = set();
    svc.double(2);
    expect(invalidate(svc).double(2)).toBeUndefined();
    expect(svc.double(2)).toBe(2);
    const answer = invalidate(svc).quote('A');
    expect(answer).toBeInstanceOf(Promise);
    await answer;
  });

  it('has done it when it returns, where store and key answer at once', async () => {
    const { svc } = set();
    await svc.quote('A');
    const answer = invalidate(svc).quote('A');
    expect((await returnState(svc).quote('A')).cache?.reason).toBe('invalidated');
    await answer;
  });

  it('reaches static methods, twins, flows cached whole, and private methods by two arguments', async () => {
    const { pond, svc } = set();
    await pond.run(async () => {
      const first = await Pricing.rate('EUR');
      await invalidate(Pricing).rate('EUR');
      expect(await Pricing.rate('EUR')).not.toBe(first);

      let runs = 0;
      const twin = task(async (n: number) => n + ++runs, { name: 'twin', cacheKeyFn: taskInputHash });
      await twin(1);
      await invalidate(twin)(1);
      expect(await twin(1)).toBe(3);
    });
    await svc.report('mon');
    await invalidate(svc).report('mon');
    expect(await svc.report('mon')).toBe('mon 2');

    const before = await svc.callHidden(1);
    expect(await svc.callHidden(1)).toBe(before);
    await svc.forgetHidden(1);
    expect(await svc.callHidden(1)).not.toBe(before);
  });

  it('has the options of the view it is given', async () => {
    const { pond, svc } = set({ stores: { other: memoryStore() } });
    const other = withOptions(svc, { store: 'other', version: 2 });
    await svc.quote('A');
    await other.quote('A');
    await invalidate(other).quote('A');
    expect((await returnState(svc).quote('A')).cache?.status).toBe('hit');
    expect((await returnState(other).quote('A')).cache?.reason).toBe('invalidated');
    expect(pond.stats().misses).toBe(3);
  });

  it('means the receiver that instanceKey tells apart, and the values of the run scope that keys vary by', async () => {
    const { pond, svc } = set();
    const other = pond.bind(new Pricing('us'));
    await svc.regional('A');
    await other.regional('A');
    await invalidate(svc).regional('A');
    expect((await returnState(svc).regional('A')).cache?.status).toBe('miss');
    expect((await returnState(other).regional('A')).cache?.status).toBe('hit');

    const as = <T>(tenant: string, fn: () => T): T => pond.run({ tenant }, fn);
    await as('a', () => svc.offer('A'));
    await as('b', () => svc.offer('A'));
    await as('a', () => invalidate(svc).offer('A'));
    expect((await as('a', () => returnState(svc).offer('A'))).cache?.status).toBe('miss');
    expect((await as('b', () => returnState(svc).offer('A'))).cache?.status).toBe('hit');
    await expect(invalidate(svc).offer('A')).rejects.toThrow(MissingContextError);
  });

  it('means the flow run it is called in, and is no run of it', async () => {
    const { pond } = set();
    const names: string[] = [];
    pond.events.on('task:Completed', ({ taskRun }) => names.push(taskRun.name));
    let flowRuns: number | undefined;
    pond.events.on('flow:Completed', ({ taskRuns }) => {
      flowRuns = taskRuns;
    });
    const load = task(async (n: number) => n, { name: 'load', cacheKeyFn: perFlowRun() });
    const main = flow(
      async () => {
        await load(1);
        await invalidate(load)(1);
        await load(1);
      },
      { name: 'main' },
    );
    await pond.run(() => main());
    expect([names, flowRuns]).toEqual([['load-0', 'load-1'], 2]);
  });

  it('keeps a run under way from storing its result, and later calls from joining it', async () => {
    for (const store of [memoryStore(), new AsyncStore()]) {
      const { svc } = set({ store });
      const gate = deferred();
      svc.gate = gate.promise;
      const older = svc.quote('A');
      const joiner = svc.quote('A');
      await flush();
      await invalidate(svc).quote('A');
      const newer = svc.quote('A');
      await flush();
      expect(svc.runs).toHaveLength(2);
      gate.resolve();
      expect(await newer).toBe('A undefined 2');
      expect(await older).toBe('A undefined 1');
      await joiner;
      expect(await svc.quote('A')).not.toBe('A undefined 1');
    }
  });

  it('keeps calls from joining a run that began while the store was being told', async () => {
    const store = new AsyncStore();
    const told = deferred();
    store.invalidate = async (what) => {
      await told.promise;
      await store.inner.invalidate(what);
    };
    const { svc } = set({ store });
    const gate = deferred();
    svc.gate = gate.promise;
    const forgetting = invalidate(svc).quote('A');
    const meanwhile = svc.quote('A');
    await flush();
    told.resolve();
    await forgetting;
    const later = svc.quote('A');
    await flush();
    expect(svc.runs).toHaveLength(2);
    gate.resolve();
    expect([await meanwhile, await later]).toEqual(['A undefined 1', 'A undefined 2']);
  });

  it('gives inputs that have no key up in silence, but for what the way of the key says', async () => {
    const lines: string[] = [];
    const add = (message: string): void => void lines.push(message);
    const logger = { debug: add, info: () => {}, warn: add, error: add };
    const pond = createTestPond({ logger, logLevel: 'debug', record: false });
    const fn = async (_: unknown) => 1;
    const none = task(fn, { name: 'none', cacheKeyFn: () => null });
    const failing = task(fn, { name: 'failing', cacheKeyFn: taskInputHash });
    const later = task(fn, { name: 'later', cacheKeyFn: async () => undefined as never });
    await pond.run(async () => {
      await invalidate(none)(1);
      await invalidate(failing)(() => 1);
      await invalidate(later)(1);
    });
    expect(lines).toEqual([
      'none - nothing to invalidate: the key function gave none',
      expect.stringMatching(/^failing - not cached \(unhashable\)/),
      expect.stringMatching(/^failing - nothing to invalidate: cannot hash/),
      expect.stringMatching(/^later - not cached \(no-key\)/),
      expect.stringMatching(/^later - nothing to invalidate/),
    ]);
  });

  it('awaits an asynchronous key', async () => {
    let runs = 0;
    const load = task(async (_: number) => ++runs, { name: 'load', cacheKeyFn: async () => 'key' });
    await pondUnderTest().run(async () => {
      await load(1);
      await invalidate(load)(2);
      expect(await load(1)).toBe(2);
    });
  });

  it('leaves alone what belongs to another definition of the same identity', async () => {
    const make = (n: number) => task(async () => n, { name: 'same', cacheKeyFn: staticKey('x') });
    const [one, two] = [make(1), make(2)];
    await pondUnderTest().run(async () => {
      await one();
      await invalidate(two)();
      expect((await returnState(one)()).cache?.status).toBe('hit');
    });
  });

  it('reaches the store although caching is off in the pond', async () => {
    const store = memoryStore();
    const { svc } = set({ store });
    const { svc: off } = set({ store, caching: 'off' });
    await svc.quote('A');
    await invalidate(off).quote('A');
    expect((await returnState(svc).quote('A')).cache?.reason).toBe('invalidated');
  });

  it('is told of with its key and who asked, once the store has done it', async () => {
    const { pond, svc } = set();
    const events: unknown[] = [];
    pond.events.on('invalidation', ({ what, by, expire }) => events.push([what.keys?.length, by, expire]));
    await invalidate(svc).quote('A');
    expect(events).toEqual([[1, 'invalidate(Pricing.quote)', false]]);
  });
});

describe('invalidate is refused', () => {
  it('for a method that is no task', () => {
    const { svc } = set();
    expect(() => invalidate(svc).undecorated(1)).toThrow(NotATaskError);
    expect(() => invalidate(svc).undecorated(1)).toThrow('invalidate: Pricing.undecorated is not a task');
  });

  it('for a task that has no key', async () => {
    const { svc } = set();
    const sentence =
      'invalidate(Pricing.plain): has no key: nothing of it is ever stored. Give it a cacheKeyFn or a cachePolicy.';
    await expect(invalidate(svc).plain()).rejects.toThrow(InvalidOptionsError);
    await expect(invalidate(svc).plain()).rejects.toThrow(sentence);
  });

  it('for a synchronous task whose key comes later', () => {
    const sum = task((n: number) => n, { name: 'sum', cacheKeyFn: (() => Promise.resolve('x')) as never });
    createTestPond().run(() => {
      withOptions(sum, { cacheKeyFn: () => null })(1);
      expect(() => invalidate(sum)(1)).toThrow(SyncTaskError);
    });
  });
});

describe('invalidate over a store that fails', () => {
  it.each(['run', 'fail'] as const)(
    'rejects, and is counted and told of, with onStoreError %s',
    async (onStoreError) => {
      const store = new AsyncStore();
      const cause = new Error('down');
      store.invalidate = async () => Promise.reject(cause);
      const { pond, svc } = set({ store, onStoreError });
      const told = troubles(pond);
      const events: unknown[] = [];
      pond.events.on('invalidation', (event) => events.push(event));
      const error: unknown = await invalidate(svc)
        .quote('A')
        .catch((one: unknown) => one);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ message: "store 'later' failed to invalidate: down", cause });
      expect(pond.stats().storeErrors).toBe(1);
      expect(told).toEqual([
        {
          kind: 'store',
          where: 'Pricing.quote',
          message: "store 'later' failed to invalidate, what it was to forget may be served again: down",
          error: cause,
        },
      ]);
      expect(events).toEqual([]);
    },
  );

  it('throws at once for a synchronous task', () => {
    const store = memoryStore();
    store.invalidate = () => {
      throw new Error('down');
    };
    const { svc } = set({ store });
    svc.double(1);
    expect(() => invalidate(svc).double(1)).toThrow("store 'memory' failed to invalidate: down");
  });

  it('waits no longer than storeTimeout', async () => {
    const store = new AsyncStore();
    store.invalidate = () => new Promise(() => {});
    const { pond, svc } = set({ store, storeTimeout: '2s' });
    const answer = invalidate(svc).quote('A');
    const refused = expect(answer).rejects.toThrow('no answer within 2000 ms');
    await pond.clock.advance('2s');
    await refused;
  });

  it('still tells a store that is left alone, but does not wait for it', async () => {
    const store = new AsyncStore();
    let asked = 0;
    store.get = async () => Promise.reject(new Error('down'));
    store.invalidate = () => {
      asked++;
      return new Promise(() => {});
    };
    const pond = pondUnderTest({ store }, false);
    const svc = pond.bind(new Pricing());
    for (let i = 0; i < 5; i++) await svc.quote(`${i}`);
    await expect(invalidate(svc).quote('A')).rejects.toThrow('is left alone for a while');
    expect(asked).toBe(1);
    store.invalidate = () => {
      asked++;
      throw new Error('still down');
    };
    await expect(invalidate(svc).quote('A')).rejects.toThrow('is left alone for a while');
    expect(asked).toBe(2);
    await pond.clock.advance('10s');
    store.invalidate = async () => void asked++;
    await invalidate(svc).quote('A');
    expect(asked).toBe(3);
  });
});
