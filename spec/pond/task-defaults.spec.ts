import { describe, expect, it } from '@jest/globals';
import {
  flow,
  getTaskRunContext,
  memoryStore,
  refresh,
  returnState,
  type State,
  type TaskOptions,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond, type TestPond } from '../../lib/testing/index.js';
import { deferred, flush } from '../engine/pond-under-test.js';

const seen = (state: State): unknown => [state.name, state.cache?.status, state.cache?.reason];

/** A task that counts its runs, and fails in those that are named. */
function counting(options: object = {}, failing: readonly number[] = []) {
  let runs = 0;
  const body = async (sku: string): Promise<string> => {
    if (failing.includes(++runs)) throw new Error(`down ${runs}`);
    return `${sku} ${runs}`;
  };
  return task(body, { name: 'quote', cacheKeyFn: taskInputHash, ...options });
}

function pondWith(taskDefaults: TaskOptions<object, unknown>, more: object = {}): TestPond {
  return createTestPond({ taskDefaults, ...more });
}

describe('a default of a pond’s tasks', () => {
  it('may be cacheIf, tags, version, store and varyBy', async () => {
    const none = pondWith({ cacheIf: () => false });
    expect(seen(await none.run(() => returnState(counting())('a')))).toEqual(['Completed', 'miss', 'cache-if']);

    const quote = counting();
    const tagged = pondWith({ tags: ['prices'] });
    await tagged.run(() => quote('a'));
    await tagged.invalidate({ tags: 'prices' });
    expect(seen(await tagged.run(() => returnState(quote)('a')))).toEqual(['Completed', 'miss', 'invalidated']);

    const store = memoryStore();
    const one = counting();
    await pondWith({ version: 1 }, { store }).run(() => one('a'));
    const newer = await pondWith({ version: 2 }, { store }).run(() => returnState(one)('a'));
    expect(seen(newer)).toEqual(['Completed', 'miss', 'version-changed']);

    const named = pondWith({ store: 'reports' }, { stores: { reports: memoryStore() } });
    await named.run(() => counting()('a'));
    expect(named.stats().stores).toEqual({ memory: expect.objectContaining({ entries: 1 }) });

    const varied = pondWith({ varyBy: ['tenant'] });
    const price = counting();
    expect(await varied.run({ tenant: 'a' }, () => price('x'))).toBe('x 1');
    expect(await varied.run({ tenant: 'b' }, () => price('x'))).toBe('x 2');
    await expect(varied.run(() => price('x'))).rejects.toThrow(/tenant/);
    expect(await varied.run(() => task(async () => 'no key', { name: 'plain' })())).toBe('no key');
  });

  it('may be cacheKeyScope and instanceKey', async () => {
    const pond = pondWith({ cacheKeyScope: 'shared' });
    const [one, other] = ['one', 'other'].map((name) => task(async () => name, { name, cacheKeyFn: () => 'k' }));
    expect([await pond.run(() => one?.()), await pond.run(() => other?.())]).toEqual(['one', 'one']);
    let asked = 0;
    const told = pondWith({ instanceKey: () => `${++asked}` });
    const quote = counting();
    expect([await told.run(() => quote('a')), await told.run(() => quote('a'))]).toEqual(['a 1', 'a 2']);
  });

  it('may be staleWhileRevalidate, staleIfError and softTimeout', async () => {
    const eager = pondWith({ cacheExpiration: '10s', staleWhileRevalidate: '1m' });
    const quote = counting();
    await eager.run(() => quote('a'));
    await eager.clock.advance('11s');
    expect(seen(await eager.run(() => returnState(quote)('a')))).toEqual(['Cached', 'stale', 'expired']);
    await flush();
    expect(await eager.run(() => quote('a'))).toBe('a 2');

    const careful = pondWith({ cacheExpiration: '10s', staleIfError: '1m' });
    const flaky = counting({}, [2]);
    await careful.run(() => flaky('a'));
    await careful.clock.advance('11s');
    expect(await careful.run(() => flaky('a'))).toBe('a 1');

    const soft = pondWith({ cacheExpiration: '10s', staleIfError: '1m', softTimeout: '2s' });
    const gate = deferred();
    let runs = 0;
    const slow = task(async () => (++runs > 1 ? gate.promise.then(() => runs) : runs), {
      name: 'slow',
      cacheKeyFn: taskInputHash,
      async: true,
    });
    await soft.run(slow);
    await soft.clock.advance('11s');
    const answer = soft.run(slow);
    await flush();
    await soft.clock.advance('2s');
    expect(await answer).toBe(1);
    gate.resolve();
    await flush();
    expect(await soft.run(slow)).toBe(2);
  });

  it('may be retries with their delay, timeout and concurrency', async () => {
    const trying = pondWith({ retries: 2, retryDelay: '1s', retryIf: () => true });
    const answer = trying.run(() => counting({}, [1])('a'));
    await flush();
    await trying.clock.advance('1s');
    expect(await answer).toBe('a 2');
    await expect(trying.run(() => counting({ retries: 0 }, [1])('a'))).rejects.toThrow('down 1');
    await expect(trying.run(() => counting({ retries: undefined }, [1])('a'))).rejects.toThrow('down 1');

    const patient = pondWith({ timeout: '3s' });
    const stuck = patient.run(() => returnState(task(async () => new Promise<never>(() => {}), { name: 'stuck' }))());
    await flush();
    await patient.clock.advance('3s');
    expect((await stuck).name).toBe('TimedOut');

    const narrow = pondWith({ concurrency: 1 });
    const gate = deferred();
    let running = 0;
    const body = async (): Promise<number> => {
      running++;
      await gate.promise;
      return running--;
    };
    const work = task(body, { name: 'work' });
    const all = [1, 2].map(() => narrow.run(work));
    await flush();
    expect(running).toBe(1);
    gate.resolve();
    expect(await Promise.all(all)).toEqual([1, 1]);
  });

  it('may be resultCopy, taskRunName, hooks and logPrints', async () => {
    const told: string[] = [];
    const lines: string[] = [];
    const write = (line: string): number => lines.push(line);
    const logger = { debug: write, info: write, warn: write, error: write };
    const pond = pondWith(
      {
        resultCopy: 'freeze',
        taskRunName: () => 'one of many',
        logPrints: true,
        onRunning: () => told.push('running'),
        onCompletion: (_task, run, state) => told.push(`${run.name} ${state.name}`),
        onFailure: (_task, run, state) => told.push(`${run.name} ${state.name}`),
      },
      { logger, logLevel: 'info' },
    );
    const quote = task(
      async () => {
        console.log(`printed in ${getTaskRunContext().taskRun.name}`);
        return { price: 1 };
      },
      { name: 'quote', cacheKeyFn: taskInputHash },
    );
    await pond.run(async () => {
      await quote();
      expect(Object.isFrozen(await quote())).toBe(true);
      await returnState(counting({}, [1]))('a');
      await quote.call(undefined);
    });
    expect(told.slice(0, 5)).toEqual([
      ...['running', 'one of many Completed', 'one of many Cached'],
      ...['running', 'one of many Failed'],
    ]);
    expect(lines.some((line) => line.includes('printed in one of many'))).toBe(true);
  });

  it('is given up by a task that says `undefined`, with what has no effect without it', async () => {
    const pond = pondWith({
      cacheKeyFn: taskInputHash,
      cacheExpiration: '1m',
      expirationJitter: 0.5,
      staleIfError: '1m',
    });
    const forEver = task(async () => 1, { name: 'for ever', cacheExpiration: undefined });
    const plain = task(async () => 1, { name: 'plain', cacheKeyFn: undefined });
    const [stored, alone] = await pond.run(async () => [await returnState(forEver)(), await returnState(plain)()]);
    expect([stored?.cache?.storedAt, stored?.cacheExpiration]).toEqual([expect.any(Date), undefined]);
    expect(seen(alone as State)).toEqual(['Completed', 'bypass', 'no-key']);
    const call = await pond.run(() => returnState(withOptions(forEver, { cacheKeyFn: undefined }))());
    expect(seen(call)).toEqual(['Completed', 'bypass', 'no-key']);
  });

  it('is what the options of one call are given to', async () => {
    const pond = pondWith({ cacheKeyFn: taskInputHash, cacheExpiration: '10s', staleIfError: '1m', retries: 1 });
    let runs = 0;
    const quote = task(async (sku: string) => `${sku} ${++runs}`, { name: 'quote' });
    await pond.run(() => quote('a'));
    expect(await pond.run(() => refresh(quote)('a'))).toBe('a 2');
    const options = { cacheExpiration: '5s', expirationJitter: 0.5, softTimeout: '1s', retryDelay: '1s' } as const;
    for (const [option, value] of Object.entries(options)) {
      const call = await pond.run(() => returnState(withOptions(quote, { [option]: value }))('a'));
      expect([option, ...(seen(call) as unknown[])]).toEqual([option, 'Cached', 'hit', undefined]);
    }
    const none = pond.run(async () =>
      returnState(withOptions(quote, { cacheKeyFn: undefined, cacheIf: () => true }))('a'),
    );
    await expect(none).rejects.toThrow('`cacheIf` has no effect without');
  });

  it('of asynchronous tasks is left out for what is not known to be one', async () => {
    const pond = pondWith({
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      staleWhileRevalidate: '1m',
      softTimeout: '1s',
      timeout: '1s',
      concurrency: 1,
      retries: 1,
      retryDelay: '1h',
      retryJitter: 0.5,
    });
    let runs = 0;
    const total = task(
      (a: number, b: number) => {
        if (++runs === 1) throw new Error('down');
        return a + b;
      },
      { name: 'total' },
    );
    expect(pond.run(() => total(1, 2))).toBe(3);
    expect(pond.run(() => returnState(total)(1, 2)).name).toBe('Cached');
    const later = task((a: number) => Promise.resolve(a), { name: 'later' });
    expect([await pond.run(() => later(1)), await pond.run(() => later(1))]).toEqual([1, 1]);
  });

  it('is none of flows', async () => {
    const pond = pondWith({ cacheKeyFn: taskInputHash, cacheExpiration: '10s', retries: 3, timeout: '1s' });
    let bodies = 0;
    const nightly = flow(
      async () => {
        bodies++;
        throw new Error('down');
      },
      { name: 'nightly' },
    );
    await expect(pond.run(nightly)).rejects.toThrow('down');
    expect(bodies).toBe(1);
  });
});
