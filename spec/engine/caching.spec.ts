import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../lib/base/clock.js';
import {
  type Clock,
  createPond,
  Flow,
  memoryStore,
  refresh,
  returnState,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { AsyncStore, BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** A counted task that gives its n-th call's number. */
function counted(options: object) {
  let bodies = 0;
  const work = task(async () => ++bodies, { name: 'work', cacheKeyFn: () => 'key', ...options });
  return work;
}

describe.each(BOTH_KINDS_OF_STORE)('expiry over %s', (_name, store) => {
  it('is strict: valid to the last millisecond before it, not at it', async () => {
    const pond = pondUnderTest({ store: store() });
    const work = counted({ cacheExpiration: '10s' });
    expect(await pond.run(() => work())).toBe(1);
    await pond.clock.advance(9_999);
    expect(await pond.run(() => work())).toBe(1);
    await pond.clock.advance(1);
    const state = await pond.run(() => returnState(work)());
    expect([state.result(), state.cache?.status, state.cache?.reason]).toEqual([2, 'miss', 'expired']);
  });

  it('is absolute: hits do not extend it', async () => {
    const pond = pondUnderTest({ store: store() });
    const work = counted({ cacheExpiration: '10s' });
    await pond.run(() => work());
    for (let i = 0; i < 9; i++) {
      await pond.clock.advance('1s');
      expect(await pond.run(() => work())).toBe(1);
    }
    await pond.clock.advance('1s');
    expect(await pond.run(() => work())).toBe(2);
  });

  it('is counted from the end of the body, retries included, not from the call', async () => {
    const gate = deferred();
    const pond = pondUnderTest({ store: store() });
    let bodies = 0;
    const work = task(
      async () => {
        bodies++;
        await gate.promise;
        return bodies;
      },
      { name: 'work', cacheKeyFn: () => 'key', cacheExpiration: '10s' },
    );
    const first = pond.run(() => returnState(work)());
    await flush();
    await pond.clock.advance('1h');
    gate.resolve();
    const state = await first;
    expect(state.cacheExpiration?.getTime()).toBe(pond.clock.now() + 10_000);
    await pond.clock.advance(9_999);
    expect(await pond.run(() => work())).toBe(1);
  });

  it('may be a function of the result and the context, or none', async () => {
    const pond = pondUnderTest({ store: store() });
    const work = task(async (ttl: number | undefined) => ttl, {
      name: 'work',
      cacheKeyFn: taskInputHash,
      cacheExpiration: (result: number | undefined) => result,
    });
    const expiries: (number | undefined)[] = [];
    for (const ttl of [5_000, undefined]) {
      const state = await pond.run(() => returnState(work)(ttl));
      expiries.push(
        state.cacheExpiration === undefined ? undefined : state.cacheExpiration.getTime() - pond.clock.now(),
      );
    }
    expect(expiries).toEqual([5_000, undefined]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['gives zero', () => 0],
    ['gives a negative one', () => -1],
    ['gives NaN', () => Number.NaN],
    ['gives Infinity', () => Number.POSITIVE_INFINITY],
    ['gives a promise', async () => 1000],
    ['gives a promise that rejects', async () => Promise.reject(new Error('no'))],
  ])('whose function %s leaves the result unstored, and says so', async (_what, cacheExpiration) => {
    const pond = pondUnderTest({ store: store() });
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind }) => troubles.push(kind));
    const work = counted({ cacheExpiration });
    const state = await pond.run(() => returnState(work)());
    expect([state.result(), state.cache?.reason]).toEqual([1, 'not-stored']);
    expect(await pond.run(() => work())).toBe(2);
    expect(troubles[0]).toBe('not-stored');
  });

  it('is shortened by jitter, by up to the share asked for and never prolonged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (ms, expirationJitter) => {
          const pond = pondUnderTest({ store: store() });
          const work = counted({ cacheExpiration: ms, expirationJitter });
          const { cache } = await pond.run(() => returnState(work)());
          const left = Number(cache?.expiresAt) - pond.clock.now();
          expect(left).toBeLessThanOrEqual(ms);
          expect(left).toBeGreaterThanOrEqual(Math.floor(ms * (1 - expirationJitter)) - 1);
        },
      ),
      { numRuns: 50 },
    );
  }, 120_000);
});

describe('results that look like nothing', () => {
  const VALUES = [null, undefined, 0, -0, '', false, Number.NaN, 0n];
  it.each(VALUES.map((value) => [String(value), value]))(
    'are hits: %s, asynchronous and synchronous',
    async (_name, value) => {
      let bodies = 0;
      class Service {
        @Task({ cacheKeyFn: taskInputHash }) async later() {
          bodies++;
          return value;
        }
        @Task({ cacheKeyFn: taskInputHash }) now() {
          bodies++;
          return value;
        }
      }
      for (const store of [memoryStore(), new AsyncStore()]) {
        const service = pondUnderTest({ store }).bind(new Service());
        bodies = 0;
        expect(await service.later()).toBe(value);
        expect(await service.later()).toBe(value);
        expect((await returnState(service).later()).name).toBe('Cached');
        expect(bodies).toBe(1);
        if (!store.sync) continue;
        expect([service.now(), service.now()]).toEqual([value, value]);
        expect(bodies).toBe(2);
      }
    },
  );
});

describe('cacheIf', () => {
  it('false leaves the result unstored, with its reason', async () => {
    const pond = pondUnderTest();
    const work = counted({ cacheIf: (result: number) => result > 2 });
    const states = [];
    for (let i = 0; i < 4; i++) states.push(await pond.run(() => returnState(work)()));
    expect(states.map((state) => state.result())).toEqual([1, 2, 3, 3]);
    expect(states.map((state) => state.cache?.reason)).toEqual(['cache-if', 'cache-if', 'cache-if', undefined]);
    expect(states.at(-1)?.cache?.status).toBe('hit');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['gives a promise', async () => true],
    ['gives a promise that rejects', async () => Promise.reject(new Error('no'))],
  ])('that %s leaves the result unstored, and the run as it is', async (_name, cacheIf) => {
    const pond = pondUnderTest();
    const work = counted({ cacheIf });
    const state = await pond.run(() => returnState(work)());
    expect([state.name, state.result(), state.cache?.reason]).toEqual(['Completed', 1, 'not-stored']);
    expect(await pond.run(() => work())).toBe(2);
  });

  it('is asked once for all who join', async () => {
    let asked = 0;
    const pond = pondUnderTest();
    const work = counted({ cacheIf: () => ++asked > 0 });
    await Promise.all(Array.from({ length: 10 }, () => pond.run(() => work())));
    expect(asked).toBe(1);
  });
});

describe('refreshCache and the pond’s caching', () => {
  it('true runs and overwrites value and expiry', async () => {
    const pond = pondUnderTest();
    const work = counted({ cacheExpiration: '10s' });
    await pond.run(() => work());
    await pond.clock.advance('9s');
    const state = await pond.run(() => returnState(withOptions(work, { refreshCache: true }))());
    expect([state.name, state.result(), state.cache?.status, state.cache?.reason]).toEqual([
      'Completed',
      2,
      'refresh',
      'refresh',
    ]);
    await pond.clock.advance('9s');
    expect(await pond.run(() => work())).toBe(2);
    await pond.clock.advance('1s');
    expect(await pond.run(() => work())).toBe(3);
  });

  it('a refresh that fails leaves what was stored', async () => {
    let fails = false;
    let bodies = 0;
    const work = task(
      async () => {
        bodies++;
        if (fails) throw new Error('no');
        return bodies;
      },
      { name: 'work', cacheKeyFn: () => 'key' },
    );
    const pond = pondUnderTest();
    await pond.run(() => work());
    fails = true;
    await expect(pond.run(() => refresh(work)())).rejects.toThrow('no');
    expect(await pond.run(() => work())).toBe(1);
  });

  it.each([
    ['unset', undefined, [1, 2, 3]],
    ['false', false, [1, 1, 1]],
    ['true', true, [1, 2, 3]],
  ])('%s in a refreshing pond', async (_name, refreshCache, results) => {
    const pond = pondUnderTest({ caching: 'refresh' });
    const work = counted({ refreshCache });
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push(await pond.run(() => work()));
    expect(seen).toEqual(results);
  });

  it('off: nothing is looked up, joined or stored, whatever the task says', async () => {
    const store = memoryStore();
    const work = counted({ refreshCache: true });
    const off = pondUnderTest({ store, caching: 'off' });
    expect([await off.run(() => work()), await off.run(() => work())]).toEqual([1, 2]);
    expect(store.stats?.()).toEqual({ entries: 0 });
    expect((await off.run(() => returnState(work)())).cache).toMatchObject({ status: 'bypass', reason: 'off' });
  });

  it('a flow is cached whole, and refreshed', async () => {
    let bodies = 0;
    class Service {
      @Flow({ cacheKeyFn: () => 'nightly', cacheExpiration: '1d' }) async nightly() {
        return ++bodies;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect([
      await service.nightly(),
      await service.nightly(),
      await refresh(service).nightly(),
      await service.nightly(),
    ]).toEqual([1, 1, 2, 2]);
  });
});

describe('resultCopy', () => {
  /** Leader, joiner and hit of one value under a resultCopy. */
  async function three(resultCopy: 'share' | 'freeze' | 'clone', store = memoryStore()) {
    const gate = deferred();
    const own = { list: [1], map: new Map([['a', { b: 1 }]]), when: new Date(0) };
    class Service {
      @Task({ cacheKeyFn: taskInputHash, resultCopy }) async work() {
        await gate.promise;
        return own;
      }
    }
    const service = pondUnderTest({ store }).bind(new Service());
    const [leading, joining] = [service.work(), service.work()];
    await flush();
    gate.resolve();
    const [leader, joiner] = await Promise.all([leading, joining]);
    return { own, leader, joiner, hit: await service.work(), hitAgain: await service.work() };
  }

  it('share gives all the same object, unfrozen', async () => {
    const { own, leader, joiner, hit } = await three('share');
    expect([leader, joiner, hit].every((one) => one === own)).toBe(true);
    expect(Object.isFrozen(own)).toBe(false);
  });

  it('freeze gives the leader its own object, unfrozen, and all others one deep-frozen copy', async () => {
    const { own, leader, joiner, hit, hitAgain } = await three('freeze');
    expect(leader).toBe(own);
    expect(Object.isFrozen(own) || Object.isFrozen(own.list)).toBe(false);
    expect(joiner).not.toBe(own);
    expect([joiner === hit, hit === hitAgain]).toEqual([true, true]);
    expect(hit).toEqual(own);
    expect(Object.isFrozen(hit) && Object.isFrozen(hit.list) && Object.isFrozen(hit.map.get('a'))).toBe(true);
    expect(() => hit.map.set('c', { b: 2 })).toThrow(TypeError);
    expect(() => hit.when.setFullYear(1999)).toThrow(TypeError);
    own.list.push(2);
    expect(hit.list).toEqual([1]);
  });

  it('clone gives everybody a copy that changes nothing for the others', async () => {
    const { own, leader, joiner, hit, hitAgain } = await three('clone');
    expect(leader).toBe(own);
    expect(new Set([leader, joiner, hit, hitAgain]).size).toBe(4);
    own.list.push(2);
    joiner.map.set('z', { b: 9 });
    hit.when.setFullYear(1999);
    expect(hitAgain).toEqual({ list: [1], map: new Map([['a', { b: 1 }]]), when: new Date(0) });
  });

  it('is each caller’s own: a frozen view of what a sharing task stored', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        return { list: [1] };
      }
    }
    const service = pondUnderTest().bind(new Service());
    const own = await service.work();
    const frozen = await withOptions(service, { resultCopy: 'freeze' }).work();
    expect(frozen).not.toBe(own);
    expect(Object.isFrozen((frozen as { list: unknown }).list)).toBe(true);
    expect(Object.isFrozen(own)).toBe(false);
  });

  it('that cannot be made of what a sharing task stored has the caller run on its own', async () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        bodies++;
        return { call: () => 1 };
      }
    }
    const service = pondUnderTest().bind(new Service());
    await service.work();
    const state = await returnState(withOptions(service, { resultCopy: 'clone' })).work();
    expect([state.name, state.cache?.reason, bodies]).toEqual(['Completed', 'not-stored', 2]);
  });

  it('that cannot be made leaves the result unstored, and the run as it is', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash, resultCopy: 'freeze' }) async work() {
        return { call: () => 1 };
      }
    }
    const service = pondUnderTest().bind(new Service());
    const state = await returnState(service).work();
    expect([state.name, state.cache?.reason]).toEqual(['Completed', 'not-stored']);
    expect(Object.isFrozen(state.result())).toBe(false);
  });
});

describe('what is stored', () => {
  it('is what ended, of nested tasks each on its own, though the outer one fails', async () => {
    let inner = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async inner() {
        return ++inner;
      }
      @Task({ cacheKeyFn: taskInputHash }) async outer() {
        await this.inner();
        throw new Error('outer');
      }
    }
    const service = pondUnderTest().bind(new Service());
    await expect(service.outer()).rejects.toThrow('outer');
    await expect(service.outer()).rejects.toThrow('outer');
    expect(inner).toBe(1);
  });
});

describe('a key', () => {
  it.each([
    ['when the run begins', 0],
    ['when the body has ended', 1],
  ])('is not held for ever by a run whose clock fails %s', async (_when, readings) => {
    let left = Number.POSITIVE_INFINITY;
    const clock: Clock = {
      ...systemClock,
      monotonic() {
        if (left-- === 0) throw new RangeError('no time');
        return systemClock.monotonic();
      },
    };
    const work = task(async (x: number) => x, { name: 'work', cacheKeyFn: () => 'k' });
    await createPond({ clock, logLevel: 'silent' }).run(async () => {
      left = readings;
      await expect(work(1)).rejects.toThrow('no time');
      expect(await work(2)).toBe(2);
      expect(await work(3)).toBe(2);
    });
  });
});
