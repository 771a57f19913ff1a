import { describe, expect, it } from '@jest/globals';
import {
  getTaskRunContext,
  type LeadRequest,
  LeaseLostError,
  memoryStore,
  returnState,
  type StateStore,
  type StoreKey,
  Task,
  TaskTimeoutError,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/** A memory store whose leases must be renewed, as a shared store's. */
function leasingStore(renewEveryMs: number, held: () => boolean) {
  const inner = memoryStore();
  const renewals: number[] = [];
  const leads: LeadRequest[] = [];
  const store: StateStore = {
    name: 'leasing',
    sync: true,
    attach: (host) => inner.attach?.(host),
    get: (key) => inner.get(key),
    lead(key, request) {
      leads.push(request);
      const lead = inner.lead(key, request);
      return 'then' in lead || lead.status !== 'lead' ? lead : { ...lead, renewEveryMs };
    },
    renew(key, token, leaseMs) {
      renewals.push(leaseMs);
      if (held()) return inner.renew(key, token, leaseMs);
      void inner.invalidate({ keys: [key] });
      return false;
    },
    commit: (key, token, record) => inner.commit(key, token, record),
    abandon: (key, token, notBefore, miss) => inner.abandon(key, token, notBefore, miss),
    invalidate: (what) => inner.invalidate(what),
    close: () => inner.close(),
  };
  return { store, renewals, leads };
}

function gate() {
  let open: (value: string) => void = () => {};
  const opened = new Promise<string>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('the lease of a running task', () => {
  it('is renewed as often as the store says, for as long as the task asked, and no more once it ended', async () => {
    const { store, renewals, leads } = leasingStore(1_000, () => true);
    const pond = createTestPond({ store });
    const { opened, open } = gate();
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash, lease: '3s' })
      async quote(): Promise<string> {
        return opened;
      }
    }
    const quote = pond.run(() => new Pricing().quote());
    await pond.clock.advance('1s');
    await pond.clock.advance('1s');
    expect(renewals).toEqual([3_000, 3_000]);
    expect(leads[0]?.leaseMs).toBe(3_000);
    open('A1');
    expect(await quote).toBe('A1');
    await pond.clock.advance('5s');
    expect(renewals).toHaveLength(2);
    expect(pond.clock.timers).toBe(0);
  });

  it('is not renewed when the pond is closed, however long the body goes on', async () => {
    const { store, renewals } = leasingStore(1_000, () => true);
    const pond = createTestPond({ store });
    const { opened, open } = gate();
    const quote = task(() => opened, { name: 'quote', cacheKeyFn: taskInputHash, lease: '3s' });
    const running = pond.run(() => quote());
    pond.clock.advance('1s');
    expect(renewals).toHaveLength(1);
    await pond.close();
    pond.clock.advance('10s');
    expect(renewals).toHaveLength(1);
    expect(pond.clock.timers).toBe(0);
    open('late');
    expect(await running).toBe('late');
  });

  it('is handed back when the pond is closed, before its store is', async () => {
    const { store } = leasingStore(1_000, () => true);
    const told: unknown[] = [];
    const pond = createTestPond({
      store: {
        ...store,
        async abandon(_key, _token, _notBefore, miss) {
          await Promise.resolve();
          told.push(miss?.detail);
        },
        close: () => void told.push('closed'),
      },
    });
    const { opened, open } = gate();
    const quote = task((sku: string) => (sku === 'A1' ? opened : sku), { name: 'quote', cacheKeyFn: taskInputHash });
    expect(await pond.run(() => quote('B1'))).toBe('B1');
    const running = pond.run(() => quote('A1'));
    await pond.close();
    expect(told).toEqual(['its last run was still under way when its pond was closed', 'closed']);
    open('late');
    expect(await running).toBe('late');
  });

  it('if lost aborts the signal with LeaseLostError, and the late write is refused', async () => {
    const { store } = leasingStore(1_000, () => false);
    const pond = createTestPond({ store });
    const { opened, open } = gate();
    const reasons: unknown[] = [];
    let runs = 0;
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash })
      async quote(): Promise<string> {
        runs++;
        const { signal } = getTaskRunContext();
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return opened;
      }
    }
    const pricing = new Pricing();
    const first = pond.run(() => returnState(pricing).quote());
    await pond.clock.advance('1s');
    expect(reasons).toEqual([expect.any(LeaseLostError)]);
    open('late');
    const state = await first;
    expect([state.result(), state.cache?.storedAt]).toEqual(['late', undefined]);
    await pond.run(() => pricing.quote());
    expect(runs).toBe(2);
  });

  it('is not taken by a synchronous task, which takes the fence alone', () => {
    const { store, leads } = leasingStore(1_000, () => true);
    const pond = createTestPond({ store });
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash })
      quote(): number {
        return 1;
      }
    }
    pond.run(() => new Pricing().quote());
    expect(leads.map(({ leaseMs }) => leaseMs)).toEqual([0]);
  });
});

describe('a call that waits for a run elsewhere', () => {
  async function waiting(onWaitTimeout: 'run' | 'fail') {
    const store = memoryStore();
    const [here, there] = [createTestPond({ store }), createTestPond({ store })];
    const { opened, open } = gate();
    let runs = 0;
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash, waitTimeout: '2s', onWaitTimeout })
      async quote(): Promise<string> {
        return ++runs === 1 ? opened : 'mine';
      }
    }
    const holder = there.run(() => new Pricing().quote());
    const waiter = here.run(() => returnState(new Pricing()).quote());
    for (let second = 0; second < 3; second++) await here.clock.advance('1s');
    const state = await waiter;
    open('theirs');
    expect(await holder).toBe('theirs');
    return { state, runs };
  }

  it('computes without storing once waitTimeout has passed', async () => {
    const { state, runs } = await waiting('run');
    expect(state.result()).toBe('mine');
    expect(state.cache).toMatchObject({ status: 'miss', reason: 'wait-timeout' });
    expect(runs).toBe(2);
  });

  it('or fails with TaskTimeoutError, if onWaitTimeout says so', async () => {
    const { state, runs } = await waiting('fail');
    expect(String(state)).toMatch(/^TimedOut\(/);
    expect(() => state.result()).toThrow(TaskTimeoutError);
    expect(runs).toBe(1);
  });
});

describe('a store that fails again and again', () => {
  function breakable() {
    const inner = memoryStore();
    let broken = true;
    let asked = 0;
    const guard = <T>(act: () => T): T => {
      asked++;
      if (broken) throw new Error('down');
      return act();
    };
    const store: StateStore = {
      name: 'breakable',
      sync: true,
      get: (key: StoreKey) => guard(() => inner.get(key)),
      lead: (key, request) => guard(() => inner.lead(key, request)),
      renew: (key, token, ms) => guard(() => inner.renew(key, token, ms)),
      commit: (key, token, record) => guard(() => inner.commit(key, token, record)),
      abandon: (key, token, ms, miss) => guard(() => inner.abandon(key, token, ms, miss)),
      invalidate: (what) => inner.invalidate(what),
      close: () => inner.close(),
    };
    return { store, mend: () => (broken = false), asked: () => asked };
  }

  it('is left alone after five failures, tried again after a while, and trusted once it answers', async () => {
    const { store, mend, asked } = breakable();
    const pond = createTestPond({ store });
    let runs = 0;
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash })
      async quote(): Promise<number> {
        return ++runs;
      }
    }
    const pricing = new Pricing();
    const quote = () => pond.run(() => returnState(pricing).quote());
    for (let call = 0; call < 20; call++) {
      expect((await quote()).cache).toMatchObject({ status: 'error', reason: 'store-error' });
    }
    expect(runs).toBe(20);
    expect(asked()).toBe(5);
    mend();
    await pond.clock.advance('4s');
    await quote();
    expect(asked()).toBe(5);
    await pond.clock.advance('2s');
    expect((await quote()).cache).toMatchObject({ status: 'miss' });
    expect((await quote()).isCached()).toBe(true);
    expect(runs).toBe(22);
  });

  it('is told of once a minute', async () => {
    const { store } = breakable();
    const lines: string[] = [];
    const logger = { debug() {}, info() {}, warn: (line: string) => lines.push(line), error() {} };
    const pond = createTestPond({ store, logger, logLevel: 'warn' });
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash })
      async quote(): Promise<number> {
        return 1;
      }
    }
    const pricing = new Pricing();
    for (let call = 0; call < 3; call++) await pond.run(() => pricing.quote());
    expect(lines).toHaveLength(1);
    await pond.clock.advance('61s');
    await pond.run(() => pricing.quote());
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("store 'breakable' failed to read");
  });
});
