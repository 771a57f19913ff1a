import { describe, expect, it } from '@jest/globals';
import {
  CancelledError,
  memoryStore,
  refresh,
  returnState,
  type StateStore,
  type TroubleEvent,
  task,
  withOptions,
} from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import { errorOf, NotThere, REMEMBERED, source } from './failing-source.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

const STORES: readonly (readonly [string, () => StateStore])[] = [
  ['a memory store', () => memoryStore()],
  ['an asynchronous store', () => new AsyncStore()],
  ['SQLite', () => closing(sqliteStore({ path: temporaryPath() }))],
];

describe.each(STORES)('cacheFailures over %s', (_name, store) => {
  it('fails again with an equal error, each caller its own, without a run', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const call = () => pond.run(() => quote('a')).catch((error: unknown) => error);
    const first = await call();
    expect(first).toBeInstanceOf(NotThere);
    const [second, third] = [await call(), await call()];
    for (const error of [second, third]) {
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name: 'NotThere',
        message: 'no price, run 1',
        code: 'E_NOT_THERE',
        status: 404,
      });
    }
    expect(second).not.toBe(third);
    expect(second).not.toBe(first);
    expect(state.runs).toBe(1);
    expect(pond.stats()).toMatchObject({ runs: 1, misses: 1, hits: 2, failures: 1 });
  });

  it('says on the state that it is a hit, from whom, how old, until when', async () => {
    const pond = pondUnderTest({ store: store() });
    const { read } = source();
    const quote = task(read, REMEMBERED);
    const look = () => pond.run(() => returnState(quote)('a'));
    const first = await look();
    expect([first.name, first.cache?.status]).toEqual(['Failed', 'miss']);
    expect(first.cache?.expiresAt).toEqual(new Date(pond.clock.now() + 10_000));
    pond.clock.advance('3s');
    const again = await look();
    expect(String(again)).toBe(String(first));
    expect([again.name, again.type, again.message]).toEqual(['Failed', 'FAILED', first.message]);
    expect(again.cache).toMatchObject({ status: 'hit', ageMs: 3_000, expiresAt: first.cache?.expiresAt });
    expect(again.cache?.origin?.taskRunName).toBe('quote');
    expect(() => again.result()).toThrow('no price, run 1');
  });

  it('runs again once the expiration is over, and stores what succeeds for its own time', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const call = () => pond.run(() => quote('a'));
    await expect(call()).rejects.toThrow('run 1');
    pond.clock.advance(9_999);
    await expect(call()).rejects.toThrow('run 1');
    pond.clock.advance(1);
    await expect(call()).rejects.toThrow('run 2');
    state.down = false;
    pond.clock.advance('10s');
    const now = await pond.run(() => returnState(quote)('a'));
    expect([now.result(), now.cache?.reason]).toEqual(['price 3', 'expired']);
    pond.clock.advance('59s');
    expect(await call()).toBe('price 3');
  });

  it('keeps failures of other inputs apart', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 1');
    await expect(pond.run(() => quote('b'))).rejects.toThrow('run 2');
    state.down = false;
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 1');
    expect(await pond.run(() => quote('c'))).toBe('price 3');
  });

  it('is for all who call at once: they share the one run and its error', async () => {
    const pond = pondUnderTest({ store: store() });
    const gate = deferred<string>();
    let runs = 0;
    const quote = task(async (_sku: string) => {
      runs++;
      return gate.promise;
    }, REMEMBERED);
    const calls = Array.from({ length: 10 }, () => pond.run(() => returnState(quote)('a')));
    await flush();
    gate.reject(new NotThere('gone'));
    const states = await Promise.all(calls);
    expect(new Set(states.map((one) => one.cache?.status))).toEqual(new Set(['miss', 'joined']));
    const later = await pond.run(() => returnState(quote)('a'));
    expect(later.cache?.status).toBe('hit');
    for (const one of [...states, later]) expect(() => one.result()).toThrow('gone');
    expect(runs).toBe(1);
    expect(pond.stats().failures).toBe(1);
  });

  it('comes after the retries', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, { ...REMEMBERED, retries: 2 });
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 3');
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 3');
    expect(state.runs).toBe(3);
  });

  it('remembers a timeout, as a failure', async () => {
    const pond = pondUnderTest({ store: store() });
    let runs = 0;
    const hang = task(
      (_sku: string) => {
        runs++;
        return new Promise<string>(() => {});
      },
      { ...REMEMBERED, async: true, timeout: '1s' },
    );
    const call = pond.run(() => returnState(hang)('a'));
    await flush();
    await pond.clock.advance('1s');
    const first = await call;
    expect(first.name).toBe('TimedOut');
    const again = await pond.run(() => returnState(hang)('a'));
    expect([again.name, again.message, again.cache?.status]).toEqual(['Failed', first.message, 'hit']);
    expect(errorOf(() => again.result())).toMatchObject({ name: 'TaskTimeoutError' });
    expect(runs).toBe(1);
  });

  it('remembers a failed state that the body returns', async () => {
    const pond = pondUnderTest({ store: store() });
    const { read } = source();
    const inner = task(read, { name: 'inner' });
    let runs = 0;
    const outer = task(
      async (sku: string) => {
        runs++;
        return returnState(inner)(sku);
      },
      { ...REMEMBERED, name: 'outer' },
    );
    for (const _ of [1, 2]) await expect(pond.run(() => outer('a'))).rejects.toThrow('no price, run 1');
    expect(runs).toBe(1);
  });

  it('asks `when` which failures, with the error itself', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const asked: unknown[] = [];
    const when = (error: unknown) => {
      asked.push(error);
      return error instanceof NotThere;
    };
    const quote = task(read, { ...REMEMBERED, cacheFailures: { expiration: '10s', when } });
    const call = () => pond.run(() => quote('a')).catch((error: Error) => error.message);
    const other = new TypeError('a mistake of ours');
    state.error = () => other;
    await call();
    expect(await pond.run(() => returnState(quote)('a'))).toMatchObject({ cache: { status: 'miss' } });
    expect(asked).toEqual([other, other]);
    state.error = () => new NotThere('gone');
    expect([await call(), await call(), await call()]).toEqual(['gone', 'gone', 'gone']);
    expect(state.runs).toBe(3);
    expect(asked).toHaveLength(3);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      'cacheFailures.when failed: oops',
    ],
    ['gives a promise', async () => true, 'cacheFailures.when failed: it gave a promise, not true or false'],
    [
      'gives a promise that rejects',
      async () => {
        throw new Error('late');
      },
      'cacheFailures.when failed: it gave a promise, not true or false',
    ],
  ])('stores nothing where `when` %s, says so, and keeps the error of the run', async (_what, when, message) => {
    const pond = pondUnderTest({ store: store() });
    const troubles: TroubleEvent[] = [];
    pond.events.on('trouble', (event) => troubles.push(event));
    const { state, read } = source();
    const quote = task(read, { ...REMEMBERED, cacheFailures: { expiration: '10s', when: when as () => never } });
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 1');
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 2');
    expect(state.runs).toBe(2);
    expect(troubles[0]).toMatchObject({ kind: 'not-stored', message: `the result is not stored: ${message}` });
  });

  it('is overwritten by a refresh that succeeds, and never stored by one that fails', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const call = () => pond.run(() => quote('a'));
    await expect(call()).rejects.toThrow('run 1');
    await expect(pond.run(() => refresh(quote)('a'))).rejects.toThrow('run 2');
    await expect(call()).rejects.toThrow('run 1');
    state.down = false;
    expect(await pond.run(() => refresh(quote)('a'))).toBe('price 3');
    expect(await call()).toBe('price 3');
    state.down = true;
    await expect(pond.run(() => refresh(quote)('a'))).rejects.toThrow('run 4');
    expect(await call()).toBe('price 3');
    await expect(pond.run(() => refresh(quote)('new'))).rejects.toThrow('run 5');
    await expect(pond.run(() => quote('new'))).rejects.toThrow('run 6');
  });

  it('leaves the old value in place while staleIfError lets it stand in, and is stored after that', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, { ...REMEMBERED, staleIfError: '1m' });
    const call = () => pond.run(() => quote('a'));
    state.down = false;
    expect(await call()).toBe('price 1');
    state.down = true;
    pond.clock.advance('61s');
    expect(await call()).toBe('price 1');
    pond.clock.advance('30s');
    expect(await call()).toBe('price 1');
    pond.clock.advance('30s');
    await expect(call()).rejects.toThrow('run 4');
    await expect(call()).rejects.toThrow('run 4');
    pond.clock.advance('10s');
    state.down = false;
    expect(await call()).toBe('price 5');
  });

  it('never takes the place of an expired value that other calls may still be given', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, { ...REMEMBERED, staleIfError: '10m' });
    const strict = withOptions(quote, { staleIfError: undefined });
    state.down = false;
    await pond.run(() => quote('a'));
    state.down = true;
    pond.clock.advance('61s');
    await expect(pond.run(() => strict('a'))).rejects.toThrow('run 2');
    expect(await pond.run(() => quote('a'))).toBe('price 1');
    expect(state.runs).toBe(3);
    // The source is left alone now; the strict call runs all the same.
    await expect(pond.run(() => strict('a'))).rejects.toThrow('run 4');
    expect(await pond.run(() => quote('a'))).toBe('price 1');
  });

  it('is forgotten by an invalidation, and over by an expiry', async () => {
    const pond = pondUnderTest({ store: store() });
    const { read } = source();
    const quote = task(read, { ...REMEMBERED, tags: ['prices'], staleIfError: '1m' });
    const call = () => pond.run(() => quote('a')).catch((error: Error) => error.message);
    expect(await call()).toBe('no price, run 1');
    await pond.invalidate({ task: quote });
    expect(await call()).toBe('no price, run 2');
    await pond.invalidate({ tags: ['prices'] });
    expect(await call()).toBe('no price, run 3');
    await pond.expire({ task: quote });
    expect([await call(), await call()]).toEqual(['no price, run 4', 'no price, run 4']);
  });

  it('does not store the failure of a run that was invalidated', async () => {
    const pond = pondUnderTest({ store: store() });
    const gate = deferred();
    let runs = 0;
    const quote = task(async (_sku: string) => {
      if (++runs > 1) return runs;
      await gate.promise;
      throw new NotThere('gone');
    }, REMEMBERED);
    const before = pond.run(() => quote('a'));
    await flush();
    await pond.invalidate({ task: quote });
    gate.resolve();
    await expect(before).rejects.toThrow('gone');
    expect(await pond.run(() => quote('a'))).toBe(2);
  });

  it('is no value for a task that shares the key, but a failure too, even without the option', async () => {
    const pond = pondUnderTest({ store: store() });
    const { read } = source();
    const shared = { cacheKeyScope: 'shared', cacheKeyFn: () => 'the price' } as const;
    const quote = task(read, { ...REMEMBERED, ...shared });
    let runs = 0;
    const plain = task(
      async () => {
        runs++;
        return 'never';
      },
      { name: 'plain', ...shared, resultCopy: 'clone' },
    );
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 1');
    await expect(pond.run(() => plain())).rejects.toMatchObject({ name: 'NotThere', code: 'E_NOT_THERE' });
    pond.clock.advance('10s');
    let previous: unknown = 'not read';
    const next = task(async () => 5, {
      name: 'next',
      ...shared,
      cacheIf: (_, context) => {
        previous = context.previous;
        return false;
      },
    });
    expect(await pond.run(() => next())).toBe(5);
    expect(previous).toBeUndefined();
    expect(runs).toBe(0);
  });

  it('is off unless asked for', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    const quote = task(read, { ...REMEMBERED, cacheFailures: undefined });
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 1');
    await expect(pond.run(() => quote('a'))).rejects.toThrow('run 2');
    expect(state.runs).toBe(2);
  });

  it('never stores a cancelled run', async () => {
    const pond = pondUnderTest({ store: store() });
    const { state, read } = source();
    state.error = () => new CancelledError('Task run', 'enough');
    const quote = task(read, REMEMBERED);
    const call = () => pond.run(() => returnState(quote)('a'));
    expect([(await call()).name, (await call()).name]).toEqual(['Cancelled', 'Cancelled']);
    expect(state.runs).toBe(2);
    const gate = deferred<string>();
    const slow = task((_sku: string) => gate.promise, { ...REMEMBERED, name: 'slow', async: true });
    const controller = new AbortController();
    const left = pond.run({ signal: controller.signal }, () => returnState(slow)('a'));
    await flush();
    controller.abort();
    expect((await left).name).toBe('Cancelled');
    gate.resolve('there');
    expect(await pond.run(() => slow('a'))).toBe('there');
  });
});
