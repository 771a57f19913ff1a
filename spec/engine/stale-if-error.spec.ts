import { describe, expect, it } from '@jest/globals';
import { createPond, returnState, type TroubleEvent, task, taskInputHash, withOptions } from '../../lib/index.js';
import { BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

const STALE_IF_ERROR = {
  name: 'quote',
  cacheKeyFn: taskInputHash,
  cacheExpiration: '10s',
  staleIfError: '1m',
} as const;

/** A source that is up, then down. */
function source() {
  const state = { down: false, runs: 0 };
  const read = async (_sku: string): Promise<number> => {
    state.runs++;
    if (state.down) throw new Error(`down ${state.runs}`);
    return state.runs;
  };
  return { state, read };
}

describe.each(BOTH_KINDS_OF_STORE)('staleIfError over %s', (_name, store) => {
  it('serves the old value when the run fails, and says what failed', async () => {
    const pond = pondUnderTest({ store: store() });
    const troubles: TroubleEvent[] = [];
    pond.events.on('trouble', (event) => troubles.push(event));
    const { state, read } = source();
    const quote = task(read, STALE_IF_ERROR);
    await pond.run(() => quote('a'));
    state.down = true;
    pond.clock.advance('11s');
    const served = await pond.run(() => returnState(quote)('a'));
    expect([String(served), served.result()]).toEqual(['Cached(type=COMPLETED)', 1]);
    expect(served.cache).toMatchObject({
      status: 'stale',
      reason: 'expired',
      detail: 'its renewal failed: Error: down 2',
      ageMs: 11_000,
    });
    expect(troubles).toMatchObject([
      {
        kind: 'renewal',
        where: expect.stringMatching(/^Task run 'quote/),
        message: 'an expired value was served, its renewal failed: Error: down 2',
      },
    ]);
    expect(pond.stats()).toMatchObject({ stale: 1, failures: 1, runs: 2 });
  });

  it('leaves a source that fails alone, for longer and longer, and takes it back when it works', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, { ...STALE_IF_ERROR, staleIfError: '10m' });
    await pond.run(() => quote('a'));
    state.down = true;
    pond.clock.advance('11s');
    const attempts = [];
    for (let second = 0; second < 200; second++) {
      const before = state.runs;
      expect(await pond.run(() => quote('a'))).toBe(1);
      if (state.runs > before) attempts.push(second);
      pond.clock.advance('1s');
    }
    // Half as long again each time, from a second to half a minute.
    expect(attempts).toEqual([0, 1, 2, 4, 7, 11, 17, 26, 40, 61, 91, 121, 151, 181]);
    state.down = false;
    pond.clock.advance('30s');
    expect(await pond.run(() => quote('a'))).toBe(state.runs);
  });

  it('throws the error itself once the window is over', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, STALE_IF_ERROR);
    await pond.run(() => quote('a'));
    state.down = true;
    pond.clock.advance('70s');
    await expect(pond.run(() => quote('a'))).rejects.toThrow('down 2');
  });

  it('gives everybody who waits the old value after one run and its retries', async () => {
    const pond = pondUnderTest({ store: store() });
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async (_sku: string) => {
        if (++runs === 1) return 'good';
        await gate.promise;
        throw new Error('down');
      },
      { ...STALE_IF_ERROR, retries: 2 },
    );
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const calls = Array.from({ length: 20 }, () => pond.run(() => quote('a')));
    await flush();
    gate.resolve();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['good']));
    expect(runs).toBe(4);
    expect(pond.stats()).toMatchObject({ failures: 1, stale: 20 });
  });

  it('fails where there is no value, where it was invalidated meanwhile, and for a call without the option', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, STALE_IF_ERROR);
    state.down = true;
    await expect(pond.run(() => quote('a'))).rejects.toThrow('down 1');
    state.down = false;
    await pond.run(() => quote('a'));
    state.down = true;
    pond.clock.advance('11s');
    const without = withOptions(quote, { staleIfError: undefined });
    await expect(pond.run(() => without('a'))).rejects.toThrow('down 3');
    await pond.invalidate({ task: quote });
    await expect(pond.run(() => quote('a'))).rejects.toThrow('down 4');
  });

  it('serves no value that was invalidated while the run went', async () => {
    const pond = pondUnderTest({ store: store() });
    const gate = deferred();
    let runs = 0;
    const quote = task(async (_sku: string) => {
      if (++runs !== 2) return runs;
      await gate.promise;
      throw new Error('down');
    }, STALE_IF_ERROR);
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const before = pond.run(() => quote('a'));
    await flush();
    await pond.invalidate({ task: quote });
    const after = pond.run(() => quote('a'));
    gate.resolve();
    // What a later run has stored meanwhile is better than a failure; what was invalidated is not.
    expect(['down', 3]).toContain(await before.catch((error: Error) => error.message));
    expect(await after).toBe(3);
  });

  it('keeps a refresh that fails a failure, and what is stored', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, STALE_IF_ERROR);
    await pond.run(() => quote('a'));
    state.down = true;
    await expect(pond.run(() => withOptions(quote, { refreshCache: true })('a'))).rejects.toThrow('down 2');
    expect(await pond.run(() => quote('a'))).toBe(1);
  });

  it('counts a timeout as a failure', async () => {
    const pond = pondUnderTest({ store: store() });
    let runs = 0;
    const quote = task(async (_sku: string) => (++runs === 1 ? 1 : new Promise<number>(() => {})), {
      ...STALE_IF_ERROR,
      timeout: '2s',
    });
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const call = pond.run(() => returnState(quote)('a'));
    await flush();
    pond.clock.advance('2s');
    const state = await call;
    expect(state.cache?.detail).toMatch(/its renewal failed: TaskTimeoutError/);
    expect(state.result()).toBe(1);
  });
});

describe('staleIfError of a synchronous task', () => {
  it('serves the old value at once', async () => {
    const pond = pondUnderTest();
    let runs = 0;
    const quote = task((_sku: string) => {
      if (++runs > 1) throw new Error('down');
      return runs;
    }, STALE_IF_ERROR);
    expect(pond.run(() => quote('a'))).toBe(1);
    pond.clock.advance('11s');
    expect(pond.run(() => quote('a'))).toBe(1);
    expect(pond.run(() => quote('a'))).toBe(1);
    expect(runs).toBe(2);
    pond.clock.advance('1m');
    expect(() => pond.run(() => quote('a'))).toThrow('down');
  });
});

describe.each(BOTH_KINDS_OF_STORE)('softTimeout over %s', (_name, store) => {
  function slow(options: object = {}) {
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async (_sku: string): Promise<number> => {
        if (++runs > 1) await gate.promise;
        return runs;
      },
      { ...STALE_IF_ERROR, softTimeout: '200ms', ...options },
    );
    return { quote, gate, runs: () => runs };
  }

  it('gives the old value after the wait, to all who wait, and lets the run go on behind', async () => {
    const pond = pondUnderTest({ store: store() });
    const { quote, gate, runs } = slow();
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const calls = Array.from({ length: 5 }, () => pond.run(() => returnState(quote)('a')));
    await flush();
    pond.clock.advance('199ms');
    let answered = 0;
    for (const call of calls) void call.then(() => answered++);
    await flush();
    expect(answered).toBe(0);
    pond.clock.advance('1ms');
    for (const call of calls) {
      const state = await call;
      expect(state.result()).toBe(1);
      expect(state.cache).toMatchObject({ status: 'stale', detail: 'its renewal takes longer than 200ms' });
    }
    expect(pond.runtime.pending.size).toBe(1);
    gate.resolve();
    await flush();
    expect(await pond.run(() => quote('a'))).toBe(2);
    expect(runs()).toBe(2);
  });

  it('waits where there is no old value, and where it may not be served any more', async () => {
    const pond = pondUnderTest({ store: store() });
    const gate = deferred();
    const quote = task(async (_sku: string) => gate.promise.then(() => 5), { ...STALE_IF_ERROR, softTimeout: '200ms' });
    const first = pond.run(() => quote('a'));
    await flush();
    pond.clock.advance('1s');
    await flush();
    gate.resolve();
    expect(await first).toBe(5);
    const late = slow();
    await pond.run(() => late.quote('b'));
    pond.clock.advance('70s');
    const call = pond.run(() => late.quote('b'));
    await flush();
    pond.clock.advance('1s');
    await flush();
    late.gate.resolve();
    expect(await call).toBe(2);
  });

  it('takes no value that was invalidated during the wait', async () => {
    const pond = pondUnderTest({ store: store() });
    const { quote, gate } = slow();
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const call = pond.run(() => quote('a'));
    await flush();
    await pond.invalidate({ task: quote });
    pond.clock.advance('200ms');
    await flush();
    gate.resolve();
    expect(await call).toBe(2);
  });

  it('tells of a run behind that fails, once, and rejects nowhere', async () => {
    const pond = pondUnderTest({ store: store() });
    const troubles: TroubleEvent[] = [];
    pond.events.on('trouble', (event) => troubles.push(event));
    const { quote, gate } = slow();
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const calls = [1, 2, 3].map(() => pond.run(() => quote('a')));
    await flush();
    pond.clock.advance('200ms');
    expect(await Promise.all(calls)).toEqual([1, 1, 1]);
    gate.reject(new Error('down'));
    await flush();
    expect(troubles.map(({ kind, message }) => [kind, message])).toEqual([
      ['renewal', 'an expired value was served, its renewal failed: Error: down'],
    ]);
    expect(pond.stats().failures).toBe(1);
  });

  it('lets the run go on when the caller, who has the old value, is cancelled', async () => {
    const pond = pondUnderTest({ store: store() });
    const { quote, gate } = slow();
    await pond.run(() => quote('a'));
    pond.clock.advance('11s');
    const controller = new AbortController();
    const call = pond.run({ signal: controller.signal }, () => quote('a'));
    await flush();
    pond.clock.advance('200ms');
    expect(await call).toBe(1);
    controller.abort();
    gate.resolve();
    await flush();
    expect(await pond.run(() => quote('a'))).toBe(2);
  });

  it('comes after staleWhileRevalidate, which needs no wait, in its own window', async () => {
    const pond = pondUnderTest({ store: store() });
    const { quote, gate, runs } = slow({ staleWhileRevalidate: '5s' });
    await pond.run(() => quote('a'));
    pond.clock.advance('16s');
    const call = pond.run(() => quote('a'));
    await flush();
    expect(runs()).toBe(2);
    pond.clock.advance('200ms');
    expect(await call).toBe(1);
    gate.resolve();
    await flush();
  });
});

describe('softTimeout', () => {
  it('is refused without a window, and left out of defaults without one', async () => {
    expect(() => task(async () => 1, { name: 'x', cacheKeyFn: taskInputHash, softTimeout: '1s' })).toThrow(
      /`softTimeout` has no effect without `staleWhileRevalidate` or `staleIfError`/,
    );
    const pond = createPond({ taskDefaults: { softTimeout: '1s', staleIfError: '1m' } });
    const plain = task(async () => 1, { name: 'plain' });
    expect(await pond.run(() => plain())).toBe(1);
    await pond.close();
  });
});
