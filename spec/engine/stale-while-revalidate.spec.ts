import { describe, expect, it } from '@jest/globals';
import {
  flow,
  getFlowRunContext,
  getTaskRunContext,
  InvalidOptionsError,
  refresh,
  returnState,
  SyncTaskError,
  submit,
  Task,
  type TaskRunEvent,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** A task whose n-th run gives n, each when its gate opens. */
function counted(options: object = {}) {
  const gates = Array.from({ length: 10 }, () => deferred());
  const seen: unknown[] = [];
  let runs = 0;
  const fn = task(
    async (_sku: string): Promise<number> => {
      const run = ++runs;
      seen.push(getTaskRunContext().previous);
      await gates[run - 1]?.promise;
      return run;
    },
    {
      name: 'quote',
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      staleWhileRevalidate: '20s',
      ...options,
    },
  );
  return { fn, gates, seen, runs: () => runs };
}

describe.each(BOTH_KINDS_OF_STORE)('staleWhileRevalidate over %s', (_name, store) => {
  it('marks the events of the run behind, and no others', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    for (const gate of gates) gate.resolve();
    const told: string[] = [];
    for (const name of ['Pending', 'Running', 'Completed', 'Cached'] as const)
      pond.events.on(`task:${name}`, ({ renewal }) => told.push(`${name}${renewal ? ' behind' : ''}`));
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    await pond.run(() => Promise.all([fn('a'), fn('a')]));
    await flush();
    await pond.run(() => fn('a'));
    expect(told.slice(0, 3)).toEqual(['Pending', 'Running', 'Completed']);
    expect(told.slice(3).sort()).toEqual(
      ['Pending', 'Pending', 'Cached', 'Cached', 'Running behind', 'Completed behind', 'Pending', 'Cached'].sort(),
    );
  });

  it('serves the old value at once past expiry, renews it once behind, then serves the new one', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates, runs } = counted();
    const call = () => pond.run(() => fn('a'));
    gates[0]?.resolve();
    expect(await call()).toBe(1);
    pond.clock.advance('11s');
    const all = await Promise.all(Array.from({ length: 100 }, call));
    expect(all).toEqual(all.map(() => 1));
    expect(runs()).toBe(2);
    expect(await call()).toBe(1);
    gates[1]?.resolve();
    await flush();
    expect(await call()).toBe(2);
    expect(runs()).toBe(2);
    expect(pond.stats()).toMatchObject({ stale: 101, runs: 2, hits: 1, failures: 0 });
  });

  it('says so on the state: stale, since when, how old; and the renewal is a run of its own', async () => {
    const pond = pondUnderTest({ store: store() });
    const events: TaskRunEvent[] = [];
    for (const name of ['task:Completed', 'task:Cached'] as const) pond.events.on(name, (event) => events.push(event));
    const { fn, gates } = counted();
    gates[0]?.resolve();
    gates[1]?.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    const state = await pond.run(() => returnState(fn)('a'));
    expect(String(state)).toBe('Cached(type=COMPLETED)');
    expect(state.cache).toMatchObject({
      status: 'stale',
      reason: 'expired',
      detail: 'expired 1.00s ago',
      ageMs: 11_000,
    });
    await flush();
    const [first, served, renewal] = events;
    expect(events.map(({ state: { name, cache } }) => [name, cache?.status])).toEqual([
      ['Completed', 'miss'],
      ['Cached', 'stale'],
      ['Completed', 'miss'],
    ]);
    expect(new Set([first, served, renewal].map((event) => event?.taskRun.id)).size).toBe(3);
    expect(renewal?.state.cache).toMatchObject({ reason: 'expired', detail: 'expired 1.00s ago' });
    expect(served?.taskRun.runCount).toBe(0);
    expect(renewal?.taskRun.runCount).toBe(1);
  });

  it('waits for the run once the window is over', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    gates[0]?.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('30s');
    const call = pond.run(() => fn('a'));
    await flush();
    gates[1]?.resolve();
    expect(await call).toBe(2);
    expect(pond.stats().stale).toBe(0);
  });

  it('hands the old value to the renewal as context.previous', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates, seen } = counted();
    gates[0]?.resolve();
    gates[1]?.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    await pond.run(() => fn('a'));
    await flush();
    expect(seen).toEqual([undefined, 1]);
  });

  it('goes on behind when the caller leaves, and when the flow that caused it has ended', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    const ids: string[] = [];
    pond.events.on('task:Completed', ({ taskRun }) => ids.push(taskRun.flowRunId));
    const night = flow(async () => [getFlowRunId(), await fn('a')] as const, { name: 'night' });
    gates[0]?.resolve();
    await pond.run(() => night());
    pond.clock.advance('11s');
    const controller = new AbortController();
    const [id, value] = await pond.run({ signal: controller.signal }, () => night());
    expect(value).toBe(1);
    controller.abort();
    let closed = false;
    const closing = pond.close().then(() => {
      closed = true;
    });
    await flush();
    expect(closed).toBe(false);
    gates[1]?.resolve();
    await closing;
    expect(ids[1]).toBe(id);
  });

  it('tells of a renewal that failed by event, rejects nowhere, and leaves the source alone for a while', async () => {
    const pond = pondUnderTest({ store: store() });
    const failures: unknown[] = [];
    pond.events.on('task:Failed', ({ state }) => failures.push(state.message));
    let runs = 0;
    const flaky = task(
      async () => {
        if (++runs > 1) throw new Error(`down ${runs}`);
        return 'good';
      },
      { name: 'flaky', cacheKeyFn: () => 'k', cacheExpiration: '10s', staleWhileRevalidate: '1m' },
    );
    const call = () => pond.run(() => flaky());
    expect(await call()).toBe('good');
    pond.clock.advance('11s');
    expect(await call()).toBe('good');
    await flush();
    expect(failures).toEqual(['Task run encountered an exception Error: down 2']);
    const held = await pond.run(() => returnState(flaky)());
    expect(held.cache).toMatchObject({
      status: 'stale',
      detail: 'its last renewal failed; the next waits for a while',
    });
    await flush();
    expect(runs).toBe(2);
    pond.clock.advance('1s');
    expect(await call()).toBe('good');
    await flush();
    expect(runs).toBe(3);
    pond.clock.advance('1m');
    await expect(call()).rejects.toThrow('down 4');
  });

  it('renews once for two ponds that share a store', async () => {
    const shared = store();
    const clock = pondUnderTest().clock;
    const [one, two] = [pondUnderTest({ store: shared, clock }), pondUnderTest({ store: shared, clock })];
    const { fn, gates, runs } = counted();
    gates[0]?.resolve();
    await one.run(() => fn('a'));
    clock.advance('11s');
    expect(await Promise.all([one.run(() => fn('a')), two.run(() => fn('a'))])).toEqual([1, 1]);
    expect(runs()).toBe(2);
    gates[1]?.resolve();
    await flush();
    expect(await two.run(() => fn('a'))).toBe(2);
    expect(runs()).toBe(2);
  });

  it('is not for a refresh, nor for a call without the option', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    for (const gate of gates) gate.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    expect(await pond.run(() => refresh(fn)('a'))).toBe(2);
    pond.clock.advance('11s');
    expect(await pond.run(() => withOptions(fn, { staleWhileRevalidate: undefined })('a'))).toBe(3);
  });

  it('serves what pond.expire made stale, and renews it', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted({ cacheExpiration: undefined });
    for (const gate of gates) gate.resolve();
    await pond.run(() => fn('a'));
    await pond.expire({ task: fn });
    const state = await pond.run(() => returnState(fn)('a'));
    expect([state.result(), state.cache?.status]).toEqual([1, 'stale']);
    await flush();
    expect(await pond.run(() => fn('a'))).toBe(2);
  });

  it('never serves what was invalidated', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted({ tags: ['prices'] });
    for (const gate of gates) gate.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    await pond.invalidate({ tags: ['prices'] });
    expect(await pond.run(() => fn('a'))).toBe(2);
  });

  it('takes no value that was invalidated while the renewal ran', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    gates[0]?.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    expect(await pond.run(() => fn('a'))).toBe(1);
    await pond.invalidate({ task: fn });
    const call = pond.run(() => fn('a'));
    await flush();
    gates[2]?.resolve();
    expect(await call).toBe(3);
    gates[1]?.resolve();
    await flush();
    expect(await pond.run(() => fn('a'))).toBe(3);
  });

  it('keeps a submitted run and its future as they are', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gates } = counted();
    gates[0]?.resolve();
    gates[1]?.resolve();
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    const future = pond.run(() => submit(fn)('a'));
    expect(await future.result()).toBe(1);
    expect(future.state.cache?.status).toBe('stale');
    await flush();
  });
});

describe('staleWhileRevalidate', () => {
  it('is refused on what answers at once', () => {
    const options = {
      name: 'now',
      cacheKeyFn: taskInputHash,
      cacheExpiration: '1s',
      staleWhileRevalidate: '1s',
    } as const;
    const now = task(() => 1, options as object);
    expect(() => pondUnderTest().run(() => now())).toThrow(SyncTaskError);
    expect(() => {
      class Service {
        @Task(options as object) now(): number {
          return 1;
        }
      }
      return Service;
    }).toThrow(/its option `staleWhileRevalidate` needs a promise/);
  });

  it('is refused without a key, and as no duration', () => {
    expect(() => task(async () => 1, { name: 'x', staleWhileRevalidate: '1s' })).toThrow(
      /no effect without a `cacheKeyFn`/,
    );
    for (const length of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 'soon'])
      expect(() =>
        task(async () => 1, { name: 'x', cacheKeyFn: taskInputHash, staleWhileRevalidate: length as number }),
      ).toThrow(InvalidOptionsError);
  });
});

function getFlowRunId(): string {
  return getFlowRunContext().flowRun.id;
}
