import { describe, expect, it } from '@jest/globals';
import {
  type Lead,
  type LeadRequest,
  memoryStore,
  refresh,
  returnState,
  type StateRecord,
  type StateStore,
  type StoreKey,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

class Report {
  constructor(readonly day = '') {}
}

/** Of another shape, as after a deployment. */
class NewReport {
  constructor(readonly days: readonly string[] = ['always']) {}
}

const file = (): StateStore => closing(sqliteStore({ path: temporaryPath() }));

/** A task whose class may be another from call to call. */
function reports() {
  let runs = 0;
  const made: (() => object)[] = [];
  const report = task(async () => (runs++, made.shift()?.() ?? new Report(`run ${runs}`)), {
    name: 'report',
    cacheKeyFn: taskInputHash,
    returns: () => Report,
    cacheExpiration: '10s',
    staleIfError: '1m',
  });
  return { report, made, runs: () => runs };
}

describe('what is stored as an instance', () => {
  it('is computed anew for a call that names no class for it, and says why', async () => {
    const { report, made, runs } = reports();
    const pond = pondUnderTest({ store: file() });
    await pond.run(async () => {
      await report();
      made.push(() => ({ day: 'may' }));
      const state = await returnState(withOptions(report, { returns: undefined }))();
      expect([state.name, state.cache?.status, state.cache?.reason]).toEqual(['Completed', 'miss', 'undecodable']);
      expect(state.cache?.detail).toContain('returns');
      expect(runs()).toBe(2);
    });
  });

  it('is computed anew for a call that names another class, and stored over the old', async () => {
    const { report, made, runs } = reports();
    const pond = pondUnderTest({ store: file() });
    const newer = withOptions(report, { returns: () => NewReport as never });
    await pond.run(async () => {
      await report();
      made.push(() => new NewReport(['may']));
      const state = await returnState(newer)();
      expect([state.name, state.cache?.status, state.cache?.reason]).toEqual(['Completed', 'miss', 'undecodable']);
      const again = await returnState(newer)();
      expect([again.name, again.result()]).toEqual(['Cached', new NewReport(['may'])]);
      expect(again.result()).toBeInstanceOf(NewReport);
      expect(runs()).toBe(2);
    });
  });

  it('is not served past its expiry to a call that names another class', async () => {
    const { report, made } = reports();
    const pond = pondUnderTest({ store: file() });
    await pond.run(async () => {
      await report();
      await pond.clock.advance('11s');
      const error = new Error('down');
      made.push(() => {
        throw error;
      });
      await expect(withOptions(report, { returns: () => NewReport as never })()).rejects.toBe(error);
    });
  });
});

/** Finds nothing when it is asked first: another process was first by the time a call leads. */
class Late extends AsyncStore {
  override readonly inner: StateStore;
  missed = 0;
  /** How the second question for the right to compute ends. */
  overtaken: 'lead' | 'wait' | 'fails' = 'lead';
  #leads = 0;

  constructor(inner: StateStore) {
    super();
    this.inner = inner;
    Object.assign(this, { revival: inner.revival });
  }

  override async get(key: StoreKey): Promise<StateRecord | undefined> {
    return this.missed-- > 0 ? undefined : this.inner.get(key);
  }

  override async lead(key: StoreKey, request: LeadRequest): Promise<Lead> {
    if (request.mode === 'refresh' && this.overtaken !== 'lead' && this.#leads++ === 0) {
      if (this.overtaken === 'fails') throw new Error('disk full');
      return { status: 'wait', leaseLeftMs: 1_000 };
    }
    return this.inner.lead(key, request);
  }
}

describe.each(['lead', 'wait', 'fails'] as const)(
  'a value that was stored meanwhile, where to overtake it %s',
  (how) => {
    it('but is of another class, gives way to a run of the call’s own', async () => {
      const { report, made } = reports();
      const store = new Late(file());
      const pond = pondUnderTest({ store });
      await pond.run(async () => {
        await report();
        Object.assign(store, { missed: 1, overtaken: how });
        made.push(() => new NewReport(['may']));
        const state = await returnState(withOptions(report, { returns: () => NewReport as never }))();
        expect([state.result(), state.cache?.reason]).toEqual([new NewReport(['may']), 'undecodable']);
      });
    });

    it('but cannot be copied, gives way to a run of the call’s own', async () => {
      let runs = 0;
      const quote = task(async () => ({ price: () => 1, run: ++runs }), { name: 'quote', cacheKeyFn: taskInputHash });
      const store = new Late(memoryStore());
      const pond = pondUnderTest({ store });
      await pond.run(async () => {
        await quote();
        Object.assign(store, { missed: 1, overtaken: how });
        const state = await returnState(withOptions(quote, { resultCopy: 'clone' }))();
        expect([state.result().run, state.cache?.status]).toEqual([2, 'miss']);
      });
    });
  },
);

describe('a joined result that cannot be copied', () => {
  it('has the call that asked for a copy run on its own', async () => {
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async () => {
        const run = ++runs;
        await gate.promise;
        return { price: () => run };
      },
      { name: 'quote', cacheKeyFn: taskInputHash },
    );
    const pond = pondUnderTest();
    const leader = pond.run(quote);
    const joiner = pond.run(() => returnState(withOptions(quote, { resultCopy: 'clone' }))());
    await flush();
    gate.resolve();
    expect((await leader).price()).toBe(1);
    const state = await joiner;
    expect([state.name, state.result().price(), state.cache?.status, state.cache?.reason]).toEqual([
      ...['Completed', 2, 'miss', 'not-stored'],
    ]);
  });
});

describe('a value that a refresh stored before the end of an older run', () => {
  it('is not given to that where it is of another class: it has its own', async () => {
    const gate = deferred();
    const { report, made } = reports();
    const pond = pondUnderTest({ store: file() });
    await pond.run(async () => {
      made.push(() => gate.promise.then(() => new Report('old')));
      const older = returnState(report)();
      await flush();
      made.push(() => new NewReport(['may']));
      await refresh(withOptions(report, { returns: () => NewReport as never }))();
      gate.resolve();
      const state = await older;
      expect([state.name, state.result()]).toEqual(['Completed', new Report('old')]);
      expect(await withOptions(report, { returns: () => NewReport as never })()).toEqual(new NewReport(['may']));
    });
  });
});

describe("an expired value and a store that fails, with onStoreError: 'fail'", () => {
  it('fails with the task’s own error where the store cannot say what it has by then', async () => {
    const clock = fakeClock();
    const store = memoryStore();
    const pond = pondUnderTest({ store, clock, onStoreError: 'fail' }, false);
    const error = new Error('down');
    let runs = 0;
    const quote = task(
      async () => {
        if (++runs === 1) return runs;
        store.lead = () => {
          throw new Error('disk full');
        };
        throw error;
      },
      { name: 'quote', cacheKeyFn: taskInputHash, cacheExpiration: '10s', staleIfError: '1m' },
    );
    await pond.run(async () => {
      await quote();
      await clock.advance('11s');
      await expect(quote()).rejects.toBe(error);
    });
  });
});

describe('a call that computes although a renewal is held back', () => {
  it.each([
    ['memory', () => memoryStore()],
    ['SQLite', file],
  ])('says that the value has expired, not that it is a refresh: %s', async (_, open) => {
    let down = false;
    let runs = 0;
    const body = async (): Promise<number> => {
      if (down) throw new Error('down');
      return ++runs;
    };
    const quote = task(body, { name: 'quote', cacheKeyFn: taskInputHash, tags: ['prices'], staleIfError: '1m' });
    const pond = pondUnderTest({ store: open() });
    await pond.run(async () => {
      await quote();
      await pond.clock.advance(10);
      await pond.expire({ tags: 'prices' });
      down = true;
      await pond.clock.advance(10);
      expect(await quote()).toBe(1);
      down = false;
      const state = await returnState(withOptions(quote, { staleIfError: undefined }))();
      expect(state.result()).toBe(2);
      expect(state.cache).toMatchObject({ status: 'miss', reason: 'expired', detail: 'expired 10ms ago' });
    });
  });
});
