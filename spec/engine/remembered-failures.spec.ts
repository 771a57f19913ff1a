import { describe, expect, it } from '@jest/globals';
import {
  FailureRecord,
  flow,
  InvalidOptionsError,
  memoryStore,
  returnState,
  State,
  type StateRecord,
  StoreError,
  SyncTaskError,
  Task,
  type TaskHook,
  task,
  taskInputHash,
  tieredStore,
} from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import { errorOf, NotThere, REMEMBERED, source } from './failing-source.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

describe('A remembered failure', () => {
  it('keeps a synchronous task synchronous: it throws again at once', () => {
    const pond = pondUnderTest();
    const { state, readNow } = source();
    const quote = task(readNow, REMEMBERED);
    const call = () => errorOf(() => pond.run(() => quote('a')));
    expect(call()).toBeInstanceOf(NotThere);
    expect(call()).toMatchObject({ name: 'NotThere', message: 'no price, run 1', code: 'E_NOT_THERE' });
    expect(state.runs).toBe(1);
    pond.clock.advance('10s');
    expect(call()).toMatchObject({ message: 'no price, run 2' });
    expect(pond.run(() => returnState(quote)('a')).cache?.status).toBe('hit');
  });

  it('does not throw at once out of a task that answers with a promise', async () => {
    const pond = pondUnderTest();
    const { readNow } = source();
    const quote = task(readNow, { ...REMEMBERED, async: true });
    for (const _ of [1, 2]) {
      const answer: unknown = pond.run(() => quote('a'));
      expect(answer).toBeInstanceOf(Promise);
      await expect(answer).rejects.toThrow('run 1');
    }
  });

  it('is never that a task was used in a way it cannot be', async () => {
    const store = new AsyncStore();
    const pond = pondUnderTest({ store });
    let runs = 0;
    const now = task((_sku: string) => ++runs, { ...REMEMBERED, name: 'now' });
    // Of the first call nobody knows yet that the task is synchronous.
    for (const _ of [1, 2])
      await expect((async () => pond.run(() => now('a')))()).rejects.toBeInstanceOf(SyncTaskError);
    expect(store.inner.stats?.().entries).toBe(0);
  });

  it('is told to onFailure and listeners at every hit, and to onRunning and onCompletion at none', async () => {
    const pond = pondUnderTest();
    const told: string[] = [];
    const tell =
      (what: string): TaskHook =>
      (_task, _run, state) =>
        told.push(`${what} ${state.name} ${state.cache?.status}`);
    pond.events.on('task:Failed', ({ taskRun, attempt }) => told.push(`event ${taskRun.runCount} ${attempt}`));
    const { read } = source();
    const quote = task(read, {
      ...REMEMBERED,
      onRunning: tell('onRunning'),
      onFailure: tell('onFailure'),
      onCompletion: tell('onCompletion'),
    });
    await pond.run(() => returnState(quote)('a'));
    await flush();
    expect(told.splice(0)).toEqual(['onRunning Running undefined', 'event 1 1', 'onFailure Failed miss']);
    await pond.run(() => returnState(quote)('a'));
    await flush();
    expect(told).toEqual(['event 0 0', 'onFailure Failed hit']);
  });

  it('is an error, whatever was thrown', async () => {
    const pond = pondUnderTest();
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const thrown: readonly (readonly [unknown, object])[] = [
      ['a text', { name: 'Error', message: 'a text' }],
      [undefined, { name: 'Error', message: 'undefined was thrown' }],
      [null, { name: 'Error', message: 'null was thrown' }],
      [
        { message: 'like an error', code: 7 },
        { name: 'Error', message: 'like an error', code: 7 },
      ],
      [new RangeError('too far'), { name: 'RangeError', message: 'too far' }],
      [new AggregateError([new Error('one')]), { name: 'AggregateError', message: '1 error: one' }],
    ];
    for (const [index, [value, equal]] of thrown.entries()) {
      state.error = () => value;
      const call = () => pond.run(() => quote(`${index}`)).then(String, (error: unknown) => error);
      expect(await call()).toBe(value);
      const again = await call();
      expect(again).toBeInstanceOf(Error);
      expect(again).toMatchObject(equal);
    }
    expect(state.runs).toBe(thrown.length);
  });

  it('counts as no saved time, and as no cached run of the flow', async () => {
    const clock = fakeClock();
    const shared = memoryStore();
    const [one, two] = [pondUnderTest({ store: shared, clock }), pondUnderTest({ store: shared, clock })];
    const gate = deferred();
    const quote = task(async (_sku: string): Promise<string> => {
      await gate.promise;
      throw new NotThere('gone');
    }, REMEMBERED);
    const night = flow(async () => (await returnState(quote)('a')).cache?.status, { name: 'night' });
    const ends: unknown[] = [];
    for (const pond of [one, two])
      pond.events.on('flow:Completed', ({ cachedTaskRuns, savedMs }) => ends.push([cachedTaskRuns, savedMs]));
    // The second pond waits for the run of the first, so its failure is found by the lead, not by the lookup.
    const calls = [one.run(() => night()), two.run(() => night())];
    await flush();
    await clock.advance('1s');
    gate.resolve();
    expect(await Promise.all(calls)).toEqual(['miss', 'hit']);
    expect(await one.run(() => night())).toBe('hit');
    expect(ends).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it.each([
    ['run', NotThere],
    ['fail', NotThere],
  ] as const)('keeps the error of the run where it cannot be stored: onStoreError %s', async (onStoreError, kind) => {
    const store = new AsyncStore();
    store.commit = async () => {
      throw new Error('disk full');
    };
    const pond = pondUnderTest({ store, onStoreError });
    const { read } = source();
    const quote = task(read, REMEMBERED);
    const state = await pond.run(() => returnState(quote)('a'));
    expect(state.name).toBe('Failed');
    expect(errorOf(() => state.result())).toBeInstanceOf(kind);
    expect(state.cache).toMatchObject({ status: 'error', reason: 'store-error' });
    expect(errorOf(() => state.result())).not.toBeInstanceOf(StoreError);
  });

  it('is given back by a file that is opened again', async () => {
    const path = temporaryPath();
    const clock = fakeClock();
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const open = () => pondUnderTest({ store: closing(sqliteStore({ path })), clock });
    const first = open();
    await expect(first.run(() => quote('a'))).rejects.toThrow('run 1');
    await first.close();
    const second = open();
    clock.advance('5s');
    const again = await second.run(() => returnState(quote)('a'));
    expect(again.cache).toMatchObject({ status: 'hit', store: 'sqlite', ageMs: 5_000 });
    expect(errorOf(() => again.result())).toMatchObject({ name: 'NotThere', code: 'E_NOT_THERE', status: 404 });
    clock.advance('5s');
    await expect(second.run(() => quote('a'))).rejects.toThrow('run 2');
    expect(state.runs).toBe(2);
  });

  it('stays asynchronous for a function that only shows by its answer that it is, when the file is opened again', async () => {
    const path = temporaryPath();
    const clock = fakeClock();
    let runs = 0;
    const program = () => {
      const quote = task((_sku: string) => Promise.reject<string>(new NotThere(`run ${++runs}`)), REMEMBERED);
      return { pond: pondUnderTest({ store: closing(sqliteStore({ path })), clock }), quote };
    };
    for (const _ of [1, 2]) {
      const { pond, quote } = program();
      const answer: unknown = pond.run(() => quote('a'));
      expect(answer).toBeInstanceOf(Promise);
      await expect(answer).rejects.toThrow('run 1');
      await pond.close();
    }
    expect(runs).toBe(1);
  });

  it('is no instance of the class that the task returns', async () => {
    class Price {
      cents = 1;
    }
    const pond = pondUnderTest({ store: closing(sqliteStore({ path: temporaryPath() })) });
    const quote = task(
      async (_sku: string): Promise<Price> => {
        throw new NotThere('gone');
      },
      { ...REMEMBERED, returns: () => Price, resultCopy: 'clone' },
    );
    await expect(pond.run(() => quote('a'))).rejects.toBeInstanceOf(NotThere);
    const again = await pond.run(() => returnState(quote)('a'));
    expect([again.name, again.cache?.status]).toEqual(['Failed', 'hit']);
  });

  it('keeps at most 8 KiB of what an error says', async () => {
    const records: StateRecord[] = [];
    const store = new AsyncStore();
    const { inner } = store;
    store.commit = async (key, token, record) => {
      records.push(record);
      return inner.commit(key, token, record);
    };
    const pond = pondUnderTest({ store });
    const { state, read } = source();
    state.error = () => new Error('€'.repeat(1_000_000));
    const quote = task(read, REMEMBERED);
    await pond.run(() => returnState(quote)('a'));
    const again = await pond.run(() => returnState(quote)('a'));
    expect(again.cache?.status).toBe('hit');
    const { message, value } = records[0] as StateRecord;
    expect(Buffer.byteLength(message as string)).toBeLessThanOrEqual(8_192);
    expect(Buffer.byteLength((value as FailureRecord).message)).toBeLessThanOrEqual(8_192);
    expect(again.message).toBe(message);
    expect(again.message).toMatch(/^Task run encountered an exception Error: €+$/);
  });

  it('is given by a near tier, and by the far one to another process', async () => {
    const path = temporaryPath();
    const clock = fakeClock();
    const { state, read } = source();
    const quote = task(read, REMEMBERED);
    const open = () => pondUnderTest({ store: tieredStore(memoryStore(), sqliteStore({ path })), clock });
    const [one, two] = [open(), open()];
    for (const pond of [one, one, two, two]) {
      const error: unknown = await pond.run(() => quote('a')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'NotThere', message: 'no price, run 1', code: 'E_NOT_THERE' });
      expect(FailureRecord.is(error)).toBe(false);
    }
    await one.invalidate({ task: quote });
    await expect(one.run(() => quote('a'))).rejects.toThrow('run 2');
    expect(state.runs).toBe(2);
    await Promise.all([one.close(), two.close()]);
  });

  it('comes from a pond’s defaults too, and only for tasks with a key', async () => {
    const pond = pondUnderTest({ taskDefaults: { cacheFailures: { expiration: '10s' } } });
    const { state, read } = source();
    const keyed = task(read, { name: 'keyed', cacheKeyFn: taskInputHash });
    const plain = task(read, { name: 'plain' });
    for (const _ of [1, 2]) await expect(pond.run(() => keyed('a'))).rejects.toThrow('run 1');
    for (const run of [2, 3]) await expect(pond.run(() => plain('a'))).rejects.toThrow(`run ${run}`);
    expect(state.runs).toBe(3);
  });

  it('is refused without a key, without a length, and with one that is none', () => {
    class Service {
      async quote(): Promise<number> {
        return 1;
      }
    }
    const decorate = (options: object) => () =>
      Task(options)(Service.prototype, 'quote', Object.getOwnPropertyDescriptor(Service.prototype, 'quote') as never);
    const keyed = (cacheFailures: unknown) => decorate({ cacheKeyFn: taskInputHash, cacheFailures });
    expect(decorate({ cacheFailures: { expiration: '10s' } })).toThrow(/`cacheFailures` has no effect without a/);
    expect(keyed({})).toThrow(/needs an `expiration`/);
    expect(keyed('5s')).toThrow(/takes an options object \(got '5s'\)\. Give \{ expiration: '10s' \}\.$/);
    for (const wrong of [{ expiration: 0 }, { expiration: Number.NaN }, { expiration: '10s', until: 1 }, '10s', true])
      expect(keyed(wrong)).toThrow(InvalidOptionsError);
    expect(keyed({ expiration: '10s', when: true })).toThrow(InvalidOptionsError);
  });

  it('never shows the record that it is kept as', async () => {
    const pond = pondUnderTest();
    const { read } = source();
    const quote = task(read, REMEMBERED);
    await pond.run(() => returnState(quote)('a'));
    const state = await pond.run(() => returnState(quote)('a'));
    const error = errorOf(() => state.result());
    expect(State.is(state)).toBe(true);
    expect(FailureRecord.is(error)).toBe(false);
    expect(errorOf(() => state.result())).toBe(error);
  });
});
