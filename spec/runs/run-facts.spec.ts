import { describe, expect, it } from '@jest/globals';
import {
  getTaskRunContext,
  memoryStore,
  refresh,
  returnState,
  State,
  submit,
  Task,
  type TaskRun,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush } from '../engine/pond-under-test.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';

describe.each([
  ['memory', () => memoryStore()],
  ['an asynchronous store', () => new AsyncStore()],
  ['SQLite', () => closing(sqliteStore({ path: temporaryPath() }))],
])('context.fence over %s', (_, open) => {
  it('rises with every computation of a key, and is 0 where nothing is stored', async () => {
    const fences: number[] = [];
    const body = async (): Promise<number> => fences.push(getTaskRunContext().fence);
    const quote = task(body, { name: 'quote', cacheKeyFn: taskInputHash });
    const plain = task(body, { name: 'plain' });
    const pond = createTestPond({ store: open() });
    await pond.run(async () => {
      await quote();
      await refresh(quote)();
      await pond.invalidate({ task: quote });
      await quote();
      await quote();
      await plain();
    });
    const [first = 0, second = 0, third = 0, uncached] = fences;
    expect([first > 0, second > first, third > second, uncached]).toEqual([true, true, true, 0]);
    await pond.close();
  });
});

describe('a task run', () => {
  it('has its inputs by name, in hooks, in futures and in the context', async () => {
    const seen: unknown[] = [];
    const note = ({ parameters }: TaskRun): unknown => seen.push({ ...parameters });
    const quote = task(async (_sku: string, _days?: number) => note(getTaskRunContext().taskRun), {
      name: 'quote',
      parameters: ['sku', 'days'],
      onCompletion: (_task, run) => note(run),
    });
    const future = createTestPond().run(() => submit(quote)('A1', 3));
    note(future.taskRun);
    await future.result();
    expect(seen).toEqual([1, 2, 3].map(() => ({ sku: 'A1', days: 3 })));
  });
});

describe('tags that cannot be made', () => {
  const faults: readonly (readonly [string, () => readonly string[], string])[] = [
    [
      'a function that throws',
      () => {
        throw new Error('no catalogue');
      },
      'no catalogue',
    ],
    ['a function that gives no list', () => 'prices' as never, 'the tags function gave no list of texts'],
    ['a list of numbers', () => [1] as never, 'the tags function gave no list of texts'],
    ['an empty text, which no invalidation can name', () => ['prices', ''], 'the tags function gave an empty text'],
  ];

  it.each(faults)(
    '%s: the result is given, but not stored, as it could never be forgotten',
    async (_, tags, detail) => {
      const pond = createTestPond();
      const told: string[] = [];
      pond.events.on('trouble', ({ kind, message }) => told.push(`${kind}: ${message}`));
      let runs = 0;
      const quote = task(async () => [++runs, getTaskRunContext().taskRun.tags], {
        name: 'quote',
        cacheKeyFn: taskInputHash,
        tags,
      });
      const states = await pond.run(async () => [await returnState(quote)(), await returnState(quote)()]);
      expect(states.map((state) => state.result())).toEqual([
        [1, []],
        [2, []],
      ]);
      expect(states[0]?.cache).toMatchObject({ status: 'miss', reason: 'not-stored' });
      expect(states[0]?.cache?.detail).toBe(`tags could not be made: ${detail}`);
      expect(told[0]).toBe(`not-stored: the result is not stored: tags could not be made: ${detail}`);
    },
  );
});

describe('a call that cannot be planned', () => {
  it('throws at once out of a synchronous task, and rejects out of an asynchronous one', async () => {
    const pond = createTestPond();
    class Pricing {
      @Task({ cacheKeyFn: taskInputHash, store: 'nowhere' }) sum(a: number): number {
        return a;
      }
      @Task({ cacheKeyFn: taskInputHash, store: 'nowhere' }) async quote(a: number) {
        return a;
      }
    }
    const pricing = pond.bind(new Pricing());
    expect(() => pricing.sum(1)).toThrow(/names no store of the pond/);
    await expect(pricing.quote(1)).rejects.toThrow(/names no store of the pond/);
  });
});

describe('an instanceKey that throws beside an asynchronous key', () => {
  it('leaves the call uncached', async () => {
    class Pricing {
      @Task({
        cacheKeyFn: async () => 'k',
        instanceKey: () => {
          throw new Error('no name');
        },
      })
      async quote() {
        return 1;
      }
    }
    const state = await returnState(createTestPond().bind(new Pricing())).quote();
    expect([state.result(), state.cache?.reason]).toEqual([1, 'key-error']);
    expect(state.cache?.detail).toContain('no name');
  });
});

describe('a run that returns the state of another', () => {
  it('has failed where that crashed, with its error', async () => {
    const lost = task(async () => 1, { name: 'lost', cacheKeyFn: taskInputHash, varyBy: ['tenant'] });
    const outer = task(async () => returnState(lost)(), { name: 'outer' });
    await createTestPond().run(async () => {
      const state: State = await returnState(outer)();
      expect(state.name).toBe('Failed');
      expect(() => state.result()).toThrow(/tenant/);
    });
  });

  it('has failed where that is not over', async () => {
    const gate = deferred();
    const slow = task(async () => gate.promise, { name: 'slow' });
    const outer = task(async () => submit(slow)().state, { name: 'outer' });
    const pond = createTestPond();
    const state = await pond.run(() => returnState(outer)());
    expect(state.name).toBe('Failed');
    expect(() => (state as State).result()).toThrow(/no result yet/);
    gate.resolve();
    await pond.close();
  });
});

describe('pond.run with a signal inside another', () => {
  it('ends the waits inside by either signal, those outside by its own alone', async () => {
    const stuck = task(async () => new Promise<never>(() => {}), { name: 'stuck' });
    for (const which of ['outer', 'inner'] as const) {
      const pond = createTestPond();
      const controllers = { outer: new AbortController(), inner: new AbortController() };
      const states = pond.run({ signal: controllers.outer.signal }, () => [
        returnState(stuck)(),
        pond.run({ signal: controllers.inner.signal }, () => returnState(stuck)()),
      ]);
      const ended: number[] = [];
      for (const [index, state] of states.entries()) void state.then(() => ended.push(index));
      await flush();
      controllers[which].abort(new Error('enough'));
      await flush();
      expect(ended.sort()).toEqual(which === 'outer' ? [0, 1] : [1]);
    }
  });
});
