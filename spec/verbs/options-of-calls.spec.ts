import { describe, expect, it } from '@jest/globals';
import {
  flow,
  getFlowRunContext,
  getRunContext,
  getTaskRunContext,
  invalidate,
  map,
  memoryStore,
  original,
  refresh,
  returnState,
  type State,
  submit,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush } from '../engine/pond-under-test.js';

/** A task that counts its runs. */
function counting(options: object = {}) {
  let runs = 0;
  return task(async (sku: string) => `${sku} ${++runs}`, { name: 'quote', cacheKeyFn: taskInputHash, ...options });
}

const seen = (state: State): unknown => [state.name, state.cache?.status, state.cache?.reason];

describe('withOptions changes for one call', () => {
  it('cacheKeyFn', async () => {
    const quote = counting();
    const states = await createTestPond().run(async () => [
      await returnState(withOptions(quote, { cacheKeyFn: (_context, { sku }: { sku: string }) => sku[0] ?? '' }))('ab'),
      await returnState(withOptions(quote, { cacheKeyFn: (_context, { sku }: { sku: string }) => sku[0] ?? '' }))('ac'),
      await returnState(quote)('ab'),
    ]);
    expect(states.map((state) => [state.result(), state.name])).toEqual([
      ['ab 1', 'Completed'],
      ['ab 1', 'Cached'],
      ['ab 2', 'Completed'],
    ]);
  });

  it('cacheKeyScope, for good or for ill: another task’s value is served', async () => {
    const [one, other] = ['one', 'other'].map((name) => task(async () => name, { name, cacheKeyFn: () => 'k' }));
    const shared = { cacheKeyScope: 'shared' } as const;
    const answers = await createTestPond().run(async () => [
      await withOptions(one as () => Promise<string>, shared)(),
      await withOptions(other as () => Promise<string>, shared)(),
      await other?.(),
    ]);
    expect(answers).toEqual(['one', 'one', 'other']);
  });

  it('instanceKey', async () => {
    class Pricing {
      constructor(readonly factor: number) {}
      @Task({ cacheKeyFn: taskInputHash }) async quote(amount: number) {
        return amount * this.factor;
      }
    }
    const pond = createTestPond();
    const [two, three] = [2, 3].map((factor) =>
      withOptions(pond.bind(new Pricing(factor)), { instanceKey: (pricing) => `${(pricing as Pricing).factor}` }),
    );
    expect([await two?.quote(1), await three?.quote(1), await two?.quote(1)]).toEqual([2, 3, 2]);
    expect((await returnState(two as never as Pricing).quote(1)).name).toBe('Cached');
  });

  it('varyBy, of which a value must be there', async () => {
    const quote = counting();
    const pond = createTestPond();
    const varied = withOptions(quote, { varyBy: ['tenant'] });
    expect(await pond.run({ tenant: 'a' }, () => varied('x'))).toBe('x 1');
    expect(await pond.run({ tenant: 'b' }, () => varied('x'))).toBe('x 2');
    expect(await pond.run({ tenant: 'a' }, () => varied('x'))).toBe('x 1');
    await expect(pond.run(() => varied('x'))).rejects.toThrow(/tenant/);
    expect(await pond.run(() => quote('x'))).toBe('x 3');
  });

  it('cacheExpiration and expirationJitter', async () => {
    const quote = counting({ cacheExpiration: '1m', expirationJitter: 0.5 });
    const pond = createTestPond();
    const exact = await pond.run(() =>
      returnState(withOptions(quote, { cacheExpiration: '10s', expirationJitter: 0 }))('a'),
    );
    expect(exact.cacheExpiration?.getTime()).toBe(pond.clock.now() + 10_000);
    const forEver = await pond.run(() => returnState(withOptions(quote, { cacheExpiration: undefined }))('b'));
    expect(forEver.cacheExpiration).toBeUndefined();
    const own = await pond.run(() => returnState(quote)('c'));
    const left = (own.cacheExpiration?.getTime() ?? 0) - pond.clock.now();
    expect([left >= 30_000, left <= 60_000]).toEqual([true, true]);
  });

  it('cacheIf', async () => {
    const quote = counting({ cacheIf: () => false });
    const states = await createTestPond().run(async () => [
      await returnState(quote)('a'),
      await returnState(withOptions(quote, { cacheIf: undefined }))('a'),
      await returnState(quote)('a'),
    ]);
    expect(states.map(seen)).toEqual([
      ['Completed', 'miss', 'cache-if'],
      ['Completed', 'miss', 'cache-if'],
      ['Cached', 'hit', undefined],
    ]);
  });

  it('cacheFailures', async () => {
    let runs = 0;
    const quote = task(
      async () => {
        throw new Error(`down ${++runs}`);
      },
      { name: 'quote', cacheKeyFn: taskInputHash },
    );
    const pond = createTestPond();
    await pond.run(async () => {
      await expect(withOptions(quote, { cacheFailures: { expiration: '10s', when: () => false } })()).rejects.toThrow(
        'down 1',
      );
      await expect(withOptions(quote, { cacheFailures: { expiration: '10s' } })()).rejects.toThrow('down 2');
      await expect(quote()).rejects.toThrow('down 2');
      await pond.clock.advance('10s');
      await expect(quote()).rejects.toThrow('down 3');
      await expect(quote()).rejects.toThrow('down 4');
    });
  });

  it('staleWhileRevalidate and staleIfError, which the value that is stored takes with it', async () => {
    const quote = counting({ cacheExpiration: '10s' });
    const pond = createTestPond();
    const eager = withOptions(quote, { staleWhileRevalidate: '1m' });
    await pond.run(async () => {
      await quote('a');
      await pond.clock.advance('11s');
      expect(seen(await returnState(eager)('a'))).toEqual(['Completed', 'miss', 'expired']);
      await pond.clock.advance('11s');
      expect(seen(await returnState(eager)('a'))).toEqual(['Cached', 'stale', 'expired']);
      await flush();
      expect(await quote('a')).toBe('a 3');
    });
  });

  it('softTimeout', async () => {
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async () => {
        if (++runs > 1) await gate.promise;
        return runs;
      },
      { name: 'quote', cacheKeyFn: taskInputHash, cacheExpiration: '10s', staleIfError: '1m' },
    );
    const pond = createTestPond();
    await pond.run(async () => {
      await quote();
      await pond.clock.advance('11s');
      const soft = returnState(withOptions(quote, { softTimeout: '2s' }))();
      const patient = quote();
      await flush();
      await pond.clock.advance('2s');
      expect(seen(await soft)).toEqual(['Cached', 'stale', 'expired']);
      gate.resolve();
      expect(await patient).toBe(2);
    });
  });

  it('store', async () => {
    const own = memoryStore();
    const quote = counting();
    const pond = createTestPond();
    await pond.run(async () => {
      expect([await quote('a'), await withOptions(quote, { store: own })('a'), await quote('a')]).toEqual([
        'a 1',
        'a 2',
        'a 1',
      ]);
      expect(() => withOptions(quote, { store: 'nowhere' })('a')).toThrow(/names no store/);
    });
    expect(own.stats?.().entries).toBe(1);
  });

  it('tags, by which the value is forgotten', async () => {
    const quote = counting({ tags: ['prices'] });
    const pond = createTestPond();
    const tagged = withOptions(quote, { tags: ({ sku }: { sku: string }) => [`sku:${sku}`] });
    await pond.run(async () => {
      expect([await tagged('a'), await tagged('b'), await quote('c')]).toEqual(['a 1', 'b 2', 'c 3']);
      await pond.invalidate({ tags: 'prices' });
      expect([await quote('a'), await quote('c')]).toEqual(['a 1', 'c 4']);
      await pond.invalidate({ tags: 'sku:a' });
      expect([await quote('a'), await quote('b')]).toEqual(['a 5', 'b 2']);
    });
  });

  it('retries, retryDelay and retryIf', async () => {
    let attempts = 0;
    const quote = task(
      async () => {
        throw new Error(`down ${++attempts}`);
      },
      { name: 'quote' },
    );
    const pond = createTestPond();
    await expect(pond.run(() => withOptions(quote, { retries: 2 })())).rejects.toThrow('down 3');
    const told: unknown[] = [];
    const retryIf = (error: unknown): boolean => told.push((error as Error).message) < 2;
    await expect(pond.run(() => withOptions(quote, { retries: 5, retryIf })())).rejects.toThrow('down 5');
    expect(told).toEqual(['down 4', 'down 5']);
    const later = pond.run(() => withOptions(quote, { retries: 1, retryDelay: '5s', retryJitter: 0 })());
    const ended = later.catch((error: Error) => error.message);
    await flush();
    await pond.clock.advance('4s');
    expect(attempts).toBe(6);
    await pond.clock.advance('1s');
    expect(await ended).toBe('down 7');
    await expect(pond.run(quote)).rejects.toThrow('down 8');
  });

  it('timeout', async () => {
    const quote = task(async () => new Promise<never>(() => {}), { name: 'quote' });
    const pond = createTestPond();
    const state = pond.run(() => returnState(withOptions(quote, { timeout: '3s' }))());
    await flush();
    await pond.clock.advance('3s');
    expect((await state).name).toBe('TimedOut');
  });

  it('taskRunName, hooks and logPrints', async () => {
    const lines: string[] = [];
    const told: string[] = [];
    const write = (line: string): number => lines.push(line);
    const pond = createTestPond({ logger: { debug: write, info: write, warn: write, error: write }, logLevel: 'info' });
    const quote = task(
      async (sku: string) => {
        console.log(`asking for ${sku}`);
        return getTaskRunContext().taskRun.name;
      },
      { name: 'quote' },
    );
    const view = withOptions(quote, {
      taskRunName: 'quote of {sku}',
      logPrints: true,
      onRunning: () => told.push('running'),
      onCompletion: (_task, run) => told.push(run.name),
    });
    expect(await pond.run(() => view('a'))).toBe('quote of a');
    expect(told).toEqual(['running', 'quote of a']);
    expect(lines.some((line) => line.includes('asking for a'))).toBe(true);
    const failing = task(async () => Promise.reject(new Error('no')), { name: 'failing' });
    await pond.run(() => returnState(withOptions(failing, { onFailure: (_task, run) => told.push(run.name) }))());
    expect(told.at(-1)).toBe('failing');
  });

  it('resultCopy', async () => {
    const value = { price: 1 };
    const quote = task(async () => value, { name: 'quote', cacheKeyFn: taskInputHash });
    await createTestPond().run(async () => {
      expect(await quote()).toBe(value);
      const clone = await withOptions(quote, { resultCopy: 'clone' })();
      expect([clone === value, clone]).toEqual([false, value]);
      expect(Object.isFrozen(await withOptions(quote, { resultCopy: 'freeze' })())).toBe(true);
      expect(await quote()).toBe(value);
    });
  });

  it('lease, waitTimeout and onWaitTimeout', async () => {
    const store = new AsyncStore();
    const asked: number[] = [];
    const { lead } = store;
    store.lead = async (key, request) => {
      asked.push(request.leaseMs);
      return asked.length === 1 ? { status: 'wait', leaseLeftMs: 60_000 } : lead.call(store, key, request);
    };
    const quote = counting();
    const pond = createTestPond({ store });
    const view = withOptions(quote, { lease: '7s', waitTimeout: '500ms' as never, onWaitTimeout: 'fail' });
    const state = pond.run(() => returnState(view)('a'));
    await flush();
    await pond.clock.advance(500);
    expect((await state).name).toBe('TimedOut');
    await pond.run(() => quote('a'));
    expect(asked).toEqual([7_000, 5_000]);
  });

  it('what it unsets, with what has no effect without it', async () => {
    const quote = counting({
      cacheExpiration: '10s',
      expirationJitter: 0.5,
      cacheIf: () => true,
      staleIfError: '1m',
      softTimeout: '1s',
      retries: 3,
      retryDelay: '1s',
      retryIf: () => true,
    });
    const pond = createTestPond();
    await pond.run(async () => {
      await quote('a');
      for (const unset of ['cacheExpiration', 'staleIfError', 'retries', 'cacheIf'])
        expect(seen(await returnState(withOptions(quote, { [unset]: undefined }))('a'))).toEqual([
          'Cached',
          'hit',
          undefined,
        ]);
      expect(seen(await returnState(withOptions(quote, { cacheKeyFn: undefined }))('a'))).toEqual([
        ...['Completed', 'bypass', 'no-key'],
      ]);
      expect(() => withOptions(quote, { cacheKeyFn: undefined, cacheExpiration: '1s' })('a')).toThrow(
        /no effect without/,
      );
      expect(() => withOptions(quote, { retries: undefined, retryDelay: '1s' })('a')).toThrow(/no effect without/);
    });
  });
});

describe('withOptions of a synchronous task', () => {
  it.each([
    ['timeout', { timeout: '1s' }],
    ['concurrency', { concurrency: 1 }],
    ['retryDelay', { retries: 1, retryDelay: '1s' }],
    ['staleWhileRevalidate', { staleWhileRevalidate: '1s' }],
  ] as const)('is refused %s, which needs a promise, and the task is as ever without', (option, options) => {
    const pond = createTestPond();
    const sum = task((a: number, b: number) => a + b, { name: 'sum', cacheKeyFn: taskInputHash });
    const refusal = `sum is synchronous, but its option \`${option}\` needs a promise`;
    for (const _time of [1, 2]) expect(() => pond.run(() => withOptions(sum, options)(1, 2))).toThrow(refusal);
    expect(pond.run(() => returnState(withOptions(sum, options))(1, 2)).name).toBe('Crashed');
    expect(pond.run(() => sum(1, 2))).toBe(3);
  });
});

describe('withOptions of a flow changes for one call', () => {
  it('flowRunName, retries, timeout, hooks and caching', async () => {
    let bodies = 0;
    const told: string[] = [];
    const nightly = flow(
      async (day: string) => {
        bodies++;
        if (bodies === 1) throw new Error('down');
        return `${getFlowRunContext().flowRun.name} ${day} ${bodies}`;
      },
      { name: 'nightly', flowRunName: 'own' },
    );
    const pond = createTestPond();
    const view = withOptions(nightly, {
      flowRunName: 'run of {day}',
      retries: 1,
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      onCompletion: (_flow, run, state) => told.push(`${run.name} ${state.name}`),
    });
    await pond.run(async () => {
      expect(await view('may')).toBe('run of may may 2');
      expect(await view('may')).toBe('run of may may 2');
      expect(await refresh(view)('may')).toBe('run of may may 3');
      await invalidate(view)('may');
      expect(await view('may')).toBe('run of may may 4');
      expect(await nightly('may')).toBe('own may 5');
    });
    expect(told).toEqual(['Completed', 'Cached', 'Completed', 'Completed'].map((name) => `run of may ${name}`));
    const slow = flow(async () => new Promise<never>(() => {}), { name: 'slow', retries: 3, retryDelay: '1s' });
    const state = pond.run(() => returnState(withOptions(slow, { timeout: '3s', retries: undefined }))());
    await flush();
    await pond.clock.advance('3s');
    expect((await state).name).toBe('TimedOut');
  });

  it('is refused what only a task has', () => {
    const nightly = flow(async () => getRunContext().kind, { name: 'nightly', cacheKeyFn: taskInputHash });
    for (const option of [
      'tags',
      'taskRunName',
      'varyBy',
      'cacheFailures',
      'staleIfError',
      'concurrency',
      'resultCopy',
    ])
      expect(() => withOptions(nightly, { [option]: 1 } as never)()).toThrow(
        `withOptions(nightly): option \`${option}\` is unknown`,
      );
  });
});

describe('a view of withOptions', () => {
  it('is looked through by every verb', async () => {
    const quote = counting();
    const pond = createTestPond();
    const view = withOptions(quote, { version: 2 });
    await pond.run(async () => {
      await view('a');
      expect(seen(await returnState(view)('a'))).toEqual(['Cached', 'hit', undefined]);
      expect(seen(await submit(view)('a').wait())).toEqual(['Cached', 'hit', undefined]);
      expect(seen((await map(view)(['a'])[0]?.wait()) as State)).toEqual(['Cached', 'hit', undefined]);
      await invalidate(view)('a');
      expect(seen(await returnState(view)('a'))).toEqual(['Completed', 'miss', 'invalidated']);
      expect(await refresh(view)('a')).toBe('a 3');
      expect(await original(view)('a')).toBe('a 4');
      expect(await view('a')).toBe('a 3');
      expect(await quote('a')).toBe('a 5');
    });
  });
});
