import { describe, expect, it } from '@jest/globals';
import {
  type Lead,
  memoryStore,
  type PondOptions,
  refresh,
  returnState,
  type StateStore,
  StoreError,
  Task,
  taskInputHash,
  tieredStore,
} from '../../lib/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

type Method = 'get' | 'lead' | 'commit' | 'abandon';

const never = new Promise<never>(() => {});

/** How a store may misbehave, and whether that takes until the deadline. */
const FAULTS: readonly (readonly [string, () => unknown, boolean])[] = [
  [
    'throws',
    () => {
      throw new Error('broken');
    },
    false,
  ],
  ['rejects', () => Promise.reject(new Error('broken')), false],
  ['rejects with nothing', () => Promise.reject(undefined), false],
  ['never answers', () => never, true],
];

const NONSENSE: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a text', 'OK'],
  ['an empty object', {}],
  ['an unknown status', { status: 'perhaps' }],
  ['a hit without a record', { status: 'hit' }],
];

/** A store of which one method is faulty. */
function faulty(method: Method, fault: () => unknown): StateStore {
  const store = new AsyncStore();
  (store as unknown as Record<Method, () => unknown>)[method] = fault;
  return store;
}

/** A service over a store, and what its bodies did. */
function over(store: StateStore, options: Partial<PondOptions> = {}) {
  let bodies = 0;
  class Service {
    @Task({ cacheKeyFn: taskInputHash }) async work(x: number) {
      bodies++;
      return { x };
    }
    @Task({ cacheKeyFn: taskInputHash }) async fails() {
      bodies++;
      throw failure;
    }
  }
  const failure = new Error('the task’s own');
  const pond = pondUnderTest({ store, ...(options as object) }, false);
  return { pond, service: pond.bind(new Service()), failure, bodies: () => bodies };
}

describe.each<Method>(['get', 'lead', 'commit', 'abandon'])('a store whose %s', (method) => {
  it.each(FAULTS)('%s: the task runs without it, which is told and counted', async (_name, fault, late) => {
    const { pond, service, failure, bodies } = over(faulty(method, fault), { storeTimeout: '2s' });
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind }) => troubles.push(kind));
    const state = returnState(service).work(1);
    if (late) {
      await flush();
      await pond.clock.advance('2s');
    }
    const final = await state;
    expect([final.name, final.result()]).toEqual(['Completed', { x: 1 }]);
    if (method !== 'abandon') {
      expect(final.cache).toMatchObject({ status: 'error', reason: 'store-error' });
      expect(pond.stats().storeErrors).toBe(1);
      expect(troubles).toEqual(['store']);
    }
    const failed = returnState(service).fails();
    if (late) {
      await flush();
      await pond.clock.advance('2s');
    }
    await expect((async () => (await failed).result())()).rejects.toBe(failure);
    expect(bodies()).toBe(2);
  });

  it.each(FAULTS)(
    '%s, where onStoreError is fail: the run fails with a StoreError, but keeps its own error',
    async (_name, fault, late) => {
      const { pond, service, failure, bodies } = over(faulty(method, fault), { onStoreError: 'fail' });
      const both = Promise.all([returnState(service).work(1), returnState(service).fails()]);
      if (late) {
        await flush();
        await pond.clock.advance('1s');
      }
      const [good, bad] = await both;
      if (method === 'abandon') expect(good.name).toBe('Completed');
      else {
        expect(good.name).toBe('Crashed');
        expect(() => good.result()).toThrow(StoreError);
        expect(() => good.result()).toThrow(
          `store 'later' failed to ${{ get: 'read', lead: 'lead', commit: 'write' }[method]}`,
        );
      }
      const own = (): unknown => {
        try {
          return bad.result();
        } catch (error) {
          return error;
        }
      };
      if (method === 'get' || method === 'lead') expect(own()).toBeInstanceOf(StoreError);
      else expect(own()).toBe(failure);
      expect(bodies()).toBe(method === 'get' || method === 'lead' ? 0 : 2);
    },
  );

  it.each(FAULTS)('%s: 20 concurrent calls share one run all the same', async (_name, fault, late) => {
    const { pond, service, bodies } = over(faulty(method, fault));
    const all = Array.from({ length: 20 }, () => service.work(1));
    if (late) {
      await flush();
      await pond.clock.advance('1s');
      await flush();
      await pond.clock.advance('1s');
    }
    expect(new Set(await Promise.all(all)).size).toBe(1);
    expect(bodies()).toBe(1);
  });
});

describe('a crowd over a store that does not answer', () => {
  it('counts as one failure: the next call asks again, and the fifth crowd is the last', async () => {
    const store = new AsyncStore();
    let asked = 0;
    store.get = () => {
      asked++;
      return never;
    };
    const { pond, service, bodies } = over(store);
    for (let crowd = 1; crowd <= 7; crowd++) {
      const calls = Array.from({ length: 100 }, (_, i) => service.work(i));
      await flush();
      await pond.clock.advance('1s');
      await Promise.all(calls);
      expect(asked).toBe(100 * Math.min(crowd, 5));
    }
    expect(bodies()).toBe(700);
    expect(pond.stats().storeErrors).toBe(500);
  });
});

describe('a near tier before a store that fails', () => {
  function tiersOverBroken() {
    const far = new AsyncStore();
    const get = far.get.bind(far);
    let asked = 0;
    let broken = false;
    far.get = (key) => {
      asked++;
      return broken ? Promise.reject(new Error('broken')) : get(key);
    };
    const { pond, service, bodies } = over(tieredStore(memoryStore(), far));
    const work = (x: number) => pond.run(() => service.work(x));
    const breakOff = async (x: number): Promise<void> => {
      await work(x);
      broken = true;
      asked = 0;
    };
    return { pond, work, bodies, breakOff, asked: () => asked };
  }

  it('is served though nobody asks that store any more', async () => {
    const { pond, work, bodies, breakOff, asked } = tiersOverBroken();
    await breakOff(0);
    for (let x = 1; x <= 6; x++) await work(x);
    expect([bodies(), asked()]).toEqual([7, 5]);
    for (let i = 0; i < 3; i++) expect(await work(0)).toEqual({ x: 0 });
    expect([bodies(), asked()]).toEqual([7, 5]);
    await pond.close();
  });

  it('does not make that store look as if it had answered', async () => {
    const { pond, work, bodies, breakOff, asked } = tiersOverBroken();
    await breakOff(0);
    for (let x = 1; x <= 20; x++) {
      await work(x);
      await work(0);
    }
    expect([bodies(), asked()]).toEqual([21, 5]);
    await pond.close();
  });
});

describe('a store that answers nonsense', () => {
  it.each(NONSENSE)('to lead: %s', async (_name, answer) => {
    const { pond, service } = over(faulty('lead', async () => answer));
    expect((await returnState(service).work(1)).cache).toMatchObject({ status: 'error', reason: 'store-error' });
    expect(pond.stats().storeErrors).toBe(1);
  });

  it.each(NONSENSE)('to commit: %s', async (_name, answer) => {
    const { service } = over(faulty('commit', async () => answer));
    const state = await returnState(service).work(1);
    expect([state.name, state.cache?.status]).toEqual(['Completed', 'error']);
  });

  it('to get: null is no record', async () => {
    const { service } = over(faulty('get', async () => null));
    expect((await returnState(service).work(1)).cache?.status).toBe('miss');
  });
});

describe('a store whose write failed', () => {
  it('is not left with a lease that the next call would wait for', async () => {
    const store = new AsyncStore();
    const commit = store.commit.bind(store);
    let commits = 0;
    store.commit = async (...args) => {
      if (commits++ === 0) throw new Error('once');
      return commit(...args);
    };
    const { service, bodies } = over(store);
    await service.work(1);
    expect((await returnState(service).work(1)).cache?.status).toBe('miss');
    expect((await returnState(service).work(1)).cache?.status).toBe('hit');
    expect(bodies()).toBe(2);
  });

  it('because sizeOf throws, loses neither the result nor the next call', async () => {
    const sizeOf = (): number => {
      throw new Error('no size');
    };
    const { service, bodies } = over(memoryStore({ maxBytes: 1_000_000, sizeOf }));
    for (let i = 1; i <= 3; i++) {
      expect(await service.work(1)).toEqual({ x: 1 });
      expect(bodies()).toBe(i);
    }
  });
});

describe('a store that grants the right to compute too late', () => {
  it('gets it back, so that nobody waits for a run that is over', async () => {
    const store = new AsyncStore();
    const lead = store.lead.bind(store);
    const gate = deferred();
    let leads = 0;
    store.lead = async (...args) => {
      if (leads++ === 0) await gate.promise;
      return lead(...args);
    };
    const { pond, service } = over(store);
    const first = service.work(1);
    await flush();
    await pond.clock.advance('1s');
    await first;
    gate.resolve();
    await flush();
    expect((await returnState(service).work(1)).cache?.status).toBe('miss');
    expect((await returnState(service).work(1)).cache?.status).toBe('hit');
  });
});

describe('a store that answers `wait`', () => {
  const wait =
    (more: object = {}) =>
    async (): Promise<Lead> => ({ status: 'wait', leaseLeftMs: 500, ...more });

  it('for ever, is waited for 30 s; then the task runs and stores nothing', async () => {
    const { pond, service, bodies } = over(faulty('lead', wait()));
    const state = returnState(service).work(1);
    for (let i = 0; i < 60; i++) {
      expect(bodies()).toBe(0);
      await flush();
      await pond.clock.advance(500);
    }
    const final = await state;
    expect(final.cache).toMatchObject({ status: 'miss', reason: 'wait-timeout' });
    expect(bodies()).toBe(1);
  });

  it('is asked again when the lease ends, or when it says so', async () => {
    const woken = deferred();
    let asked = 0;
    const store = new AsyncStore();
    const lead = store.lead.bind(store);
    store.lead = async (...args) => {
      asked++;
      if (asked === 1) return { status: 'wait', leaseLeftMs: 400 };
      if (asked === 2) return { status: 'wait', leaseLeftMs: 400, woken: woken.promise };
      return lead(...args);
    };
    const { pond, service } = over(store);
    const work = service.work(1);
    await flush();
    await pond.clock.advance(400);
    await flush();
    expect(asked).toBe(2);
    woken.resolve();
    expect(await work).toEqual({ x: 1 });
    expect(asked).toBe(3);
  });

  it('and then the value gives it: nothing runs', async () => {
    const shared = memoryStore();
    const a = over(shared);
    await a.service.work(1);
    const store = new AsyncStore();
    let asked = 0;
    const { inner } = store;
    store.get = async () => undefined;
    store.lead = async (key, request) =>
      asked++ === 0 ? { status: 'wait', leaseLeftMs: 0 } : inner.lead(key, request);
    const b = over(store);
    const work = returnState(b.service).work(1);
    await flush();
    await b.pond.clock.advance(10);
    expect((await work).name).toBe('Completed');
  });

  it.each([
    ['a lease that is over', { leaseLeftMs: 0 }],
    ['a lease of NaN', { leaseLeftMs: Number.NaN }],
    ['a negative lease', { leaseLeftMs: -5 }],
    ['a hint that rejects', { woken: Promise.reject(new Error('lost')) }],
    ['a hint that comes at once, always', { woken: Promise.resolve() }],
  ])('with %s, neither spins nor fails', async (_name, more) => {
    Promise.resolve((more as { woken?: Promise<void> }).woken).catch(() => {});
    let asked = 0;
    const answer = wait(more);
    const { pond, service } = over(
      faulty('lead', () => {
        asked++;
        return answer();
      }),
    );
    const work = service.work(1);
    await flush();
    for (let i = 0; i < 3100 && pond.stats().runs === 0; i++) await pond.clock.advance(10);
    expect(await work).toEqual({ x: 1 });
    expect(asked).toBeLessThan(6000);
  });

  it('is waited for no longer than the caller waits', async () => {
    const { pond, service, bodies } = over(faulty('lead', wait()));
    const controller = new AbortController();
    const state = pond.run({ signal: controller.signal }, () => returnState(service).work(1));
    await flush();
    controller.abort();
    expect((await state).name).toBe('Cancelled');
    expect(bodies()).toBe(0);
  });
});

describe('a refused write', () => {
  it('with nothing newer gives the run’s own value, and says that it is not stored', async () => {
    const { service } = over(faulty('commit', async () => ({ committed: false })));
    const state = await returnState(service).work(1);
    expect([state.name, state.result()]).toEqual(['Completed', { x: 1 }]);
    expect(state.cache).toMatchObject({ status: 'miss', reason: 'not-stored' });
  });

  it('of a refresh does not give back what was stored before', async () => {
    const store = new AsyncStore();
    const { service, bodies } = over(store);
    const old = await service.work(1);
    store.commit = async (key) => {
      const current = await store.get(key);
      return current === undefined ? { committed: false } : { committed: false, current };
    };
    const fresh = await refresh(service).work(1);
    expect(fresh).not.toBe(old);
    expect(bodies()).toBe(2);
  });
});
