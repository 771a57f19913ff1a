import { describe, expect, it } from '@jest/globals';
import {
  FLOW_PARAMETERS,
  Flow,
  type FlowOptions,
  flow,
  getFlowRunContext,
  getRunContext,
  getTaskRunContext,
  INPUTS,
  Invalidates,
  invalidate,
  map,
  memoryStore,
  NO_CACHE,
  perFlowRun,
  RUN_ID,
  refresh,
  returnState,
  State,
  StoreError,
  submit,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import type { FlowFrame } from '../../lib/runs/flow-frame.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import {
  AsyncStore,
  BOTH_KINDS_OF_STORE,
  deferred,
  flush,
  nothingIsLeft,
  pondUnderTest,
  stateNames,
} from './pond-under-test.js';

nothingIsLeft();

/** A flow that counts its bodies. */
function counting(options: FlowOptions<{ day: string }, string>) {
  let bodies = 0;
  return flow(async (day: string) => `${day} ${++bodies}`, { name: 'nightly', cacheKeyFn: taskInputHash, ...options });
}

/** What is of interest of a state. */
const seen = (state: State): unknown => [state.name, state.cache?.status, state.cache?.reason];

describe.each(BOTH_KINDS_OF_STORE)('a flow with a key, over %s', (_, store) => {
  it('runs once for each key, and says what became of it as a task does', async () => {
    const pond = pondUnderTest({ store: store() });
    const nightly = counting({ cacheExpiration: '1m' });
    await pond.run(async () => {
      const first = await returnState(nightly)('may');
      expect(seen(first)).toEqual(['Completed', 'miss', 'first-seen']);
      await pond.clock.advance('30s');
      const hit = await returnState(nightly)('may');
      expect(seen(hit)).toEqual(['Cached', 'hit', undefined]);
      expect(hit.result()).toBe('may 1');
      expect(hit.cache).toMatchObject({ ageMs: 30_000, key: first.cacheKey, expiresAt: first.cacheExpiration });
      expect(await nightly('june')).toBe('june 2');
      await pond.clock.advance('30s');
      expect(seen(await returnState(nightly)('may'))).toEqual(['Completed', 'miss', 'expired']);
    });
    expect(pond.stats()).toMatchObject({ hits: 1, misses: 3, flowRuns: 4, runs: 3 });
  });

  it('is joined by those who call at once, in a flow run each of their own', async () => {
    const gate = deferred<string>();
    const ids: string[] = [];
    const nightly = flow(
      async () => {
        ids.push(getRunContext().flowRun.id);
        return gate.promise;
      },
      { name: 'nightly', cacheKeyFn: taskInputHash },
    );
    const pond = pondUnderTest({ store: store() });
    const futures = pond.run(() => [submit(nightly)(), submit(nightly)(), submit(nightly)()]);
    await flush();
    gate.resolve('done');
    const states = await Promise.all(futures.map((future) => future.wait()));
    expect(states.map((state) => [state.name, state.result()])).toEqual([
      ['Completed', 'done'],
      ['Cached', 'done'],
      ['Cached', 'done'],
    ]);
    expect(new Set(futures.map((future) => future.taskRun.id)).size).toBe(3);
    expect(ids).toEqual([futures[0]?.taskRun.id]);
    expect(states[1]?.cache).toMatchObject({ status: 'joined', origin: { taskRunId: ids[0] } });
  });

  it('fails for all who joined, is not stored, and runs again', async () => {
    const failing = [deferred<string>(), deferred<string>()];
    let bodies = 0;
    const nightly = flow(async () => failing[bodies++]?.promise, { name: 'nightly', cacheKeyFn: taskInputHash });
    const pond = pondUnderTest({ store: store() });
    const both = pond.run(() => [returnState(nightly)(), returnState(nightly)()]);
    await flush();
    const error = new Error('down');
    failing[0]?.reject(error);
    for (const state of await Promise.all(both)) expect(() => state.result()).toThrow(error);
    failing[1]?.resolve('up');
    expect(await pond.run(nightly)).toBe('up');
    expect(bodies).toBe(2);
  });

  it('stores what it comes to after its retries', async () => {
    let bodies = 0;
    const nightly = flow(
      async () => {
        if (++bodies < 3) throw new Error('down');
        return bodies;
      },
      { name: 'nightly', cacheKeyFn: taskInputHash, retries: 2, retryDelay: '1s' },
    );
    const pond = pondUnderTest({ store: store() });
    const names = stateNames(pond, 'flow');
    const first = pond.run(nightly);
    for (const _retry of [1, 2]) {
      await flush();
      await pond.clock.advance('1s');
    }
    expect([await first, await pond.run(nightly)]).toEqual([3, 3]);
    expect(names).toEqual([
      ...['Pending', 'Running', 'AwaitingRetry', 'Retrying', 'AwaitingRetry', 'Retrying', 'Completed'],
      ...['Pending', 'Cached'],
    ]);
  });

  it('that times out stores nothing', async () => {
    let bodies = 0;
    const nightly = flow(
      async () => {
        if (++bodies === 1) await new Promise(() => {});
        return bodies;
      },
      { name: 'nightly', cacheKeyFn: taskInputHash, timeout: '5s' },
    );
    const pond = pondUnderTest({ store: store() });
    const first = pond.run(() => returnState(nightly)());
    await flush();
    await pond.clock.advance('5s');
    expect((await first).name).toBe('TimedOut');
    expect(await pond.run(nightly)).toBe(2);
    expect(await pond.run(nightly)).toBe(2);
  });

  it('waits for what it submitted before it is stored', async () => {
    const gate = deferred();
    const leaf = task(async () => gate.promise, { name: 'leaf' });
    const nightly = flow(async () => void submit(leaf)(), { name: 'nightly', cacheKeyFn: taskInputHash });
    const pond = pondUnderTest({ store: store() });
    const first = pond.run(() => submit(nightly)());
    await flush();
    expect(first.state.name).toBe('Running');
    gate.resolve();
    expect((await first.wait()).cache?.storedAt).toBeInstanceOf(Date);
    expect((await pond.run(() => returnState(nightly)())).name).toBe('Cached');
  });
});

describe('the options of a flow with a key', () => {
  it('cachePolicy: the inputs, those of the flow around, its run, or none', async () => {
    const pond = pondUnderTest();
    const options = (cachePolicy: FlowOptions['cachePolicy']) => ({ cacheKeyFn: undefined, cachePolicy });
    const [byInputs, byFlow, byRun, never] = [INPUTS, FLOW_PARAMETERS, RUN_ID, NO_CACHE].map((policy, i) =>
      counting({ ...options(policy), identity: `nightly ${i}` }),
    );
    const around = flow(
      async (_year: number) => [await byInputs?.('a'), await byFlow?.('a'), await byRun?.('a'), await never?.('a')],
      { name: 'around' },
    );
    await pond.run(async () => {
      expect(await around(1)).toEqual(['a 1', 'a 1', 'a 1', 'a 1']);
      expect(await around(1)).toEqual(['a 1', 'a 1', 'a 2', 'a 2']);
      expect(await around(2)).toEqual(['a 1', 'a 2', 'a 3', 'a 3']);
    });
  });

  it('cacheKeyFn by the flow run around it, and uncached where there is none', async () => {
    const pond = pondUnderTest();
    const nightly = counting({ cacheKeyFn: perFlowRun(taskInputHash) });
    const twice = flow(async () => [await nightly('a'), await nightly('a')], { name: 'twice' });
    await pond.run(async () => {
      expect([await twice(), await twice()]).toEqual([
        ['a 1', 'a 1'],
        ['a 2', 'a 2'],
      ]);
      expect(seen(await returnState(nightly)('a'))).toEqual(['Completed', 'uncacheable', 'no-flow-run']);
    });
  });

  it('cacheKeyFn is told the flow, its inputs, the values of the scope, and the run around', async () => {
    const told: unknown[] = [];
    const pond = pondUnderTest();
    const nightly = counting({
      version: 3,
      cacheKeyFn: (context, { day }) => {
        const { kind, inFlow, flow: info, parameters, args, values } = context;
        told.push([kind, inFlow, info.name, info.version, parameters.day, args, { ...values }]);
        return inFlow ? `${context.flowRun.name} ${context.flowRunId === context.flowRun.id} ${day}` : day;
      },
    });
    const around = flow(async () => (await returnState(nightly)('may')).cacheKey, {
      name: 'around',
      flowRunName: 'golden-pug',
    });
    await pond.run({ tenant: 'a' }, async () => {
      expect(await around()).toBe('golden-pug true may');
      expect((await returnState(nightly)('may')).cacheKey).toBe('may');
    });
    expect(told).toEqual([
      ['flow-key', true, 'nightly', '3', 'may', ['may'], { tenant: 'a' }],
      ['flow-key', false, 'nightly', '3', 'may', ['may'], { tenant: 'a' }],
    ]);
  });

  it('cacheExpiration as a function of the result and the context of the flow', async () => {
    const pond = pondUnderTest();
    const nightly = counting({
      cacheExpiration: (result, context) =>
        context.kind === 'flow' && context.flow.name === 'nightly' && result.startsWith('may') ? '10s' : undefined,
    });
    const [may, june] = await pond.run(async () => [
      await returnState(nightly)('may'),
      await returnState(nightly)('june'),
    ]);
    expect(may.cacheExpiration?.getTime()).toBe(pond.clock.now() + 10_000);
    expect([june.cacheExpiration, june.cache?.storedAt?.getTime()]).toEqual([undefined, pond.clock.now()]);
  });

  it('cacheIf with the result and the context of the flow', async () => {
    const pond = pondUnderTest();
    const asked: unknown[] = [];
    const nightly = counting({
      cacheIf: (result, context) => {
        asked.push([result, context.flowRun.parameters.day]);
        return result.endsWith('2');
      },
    });
    const states = await pond.run(async () => [
      await returnState(nightly)('a'),
      await returnState(nightly)('a'),
      await returnState(nightly)('a'),
    ]);
    expect(states.map(seen)).toEqual([
      ['Completed', 'miss', 'cache-if'],
      ['Completed', 'miss', 'cache-if'],
      ['Cached', 'hit', undefined],
    ]);
    expect(asked).toEqual([
      ['a 1', 'a'],
      ['a 2', 'a'],
    ]);
  });

  it('refreshCache, whatever the pond says', async () => {
    const [on, off, refreshing] = (['on', 'off', 'refresh'] as const).map((caching) => pondUnderTest({ caching }));
    const plain = counting({ identity: 'plain' });
    const always = counting({ identity: 'always', refreshCache: true });
    const never = counting({ identity: 'never', refreshCache: false });
    const twice = async (pond = on, one = plain): Promise<unknown> =>
      pond?.run(async () => [await one('a'), seen(await returnState(one)('a'))]);
    expect(await twice(on, always)).toEqual(['a 1', ['Completed', 'refresh', 'refresh']]);
    expect(await twice(refreshing, plain)).toEqual(['a 1', ['Completed', 'refresh', 'refresh']]);
    expect(await twice(refreshing, never)).toEqual(['a 1', ['Cached', 'hit', undefined]]);
    expect(await twice(off, plain)).toEqual(['a 3', ['Completed', 'bypass', 'off']]);
  });

  it('store, by name and as a store', async () => {
    const [main, named, own] = [memoryStore(), memoryStore(), memoryStore()];
    const pond = pondUnderTest({ store: main, stores: { reports: named } });
    const byName = counting({ identity: 'by name', store: 'reports' });
    const itself = counting({ identity: 'itself', store: own });
    const lost = counting({ identity: 'lost', store: 'nowhere' });
    await pond.run(async () => {
      expect([await byName('a'), await byName('a'), await itself('a'), await itself('a')]).toEqual([
        ...['a 1', 'a 1'],
        ...['a 1', 'a 1'],
      ]);
      await expect(lost('a')).rejects.toThrow(/`store` names no store of the pond/);
    });
    expect([main, named, own].map((store) => store.stats?.().entries)).toEqual([0, 1, 1]);
  });

  it('version: another one computes anew', async () => {
    const pond = pondUnderTest();
    const nightly = counting({ version: 1 });
    await pond.run(async () => {
      expect(await nightly('a')).toBe('a 1');
      expect(seen(await returnState(withOptions(nightly, { version: 2 }))('a'))).toEqual([
        ...['Completed', 'miss', 'version-changed'],
      ]);
      expect(await nightly('a')).toBe('a 1');
    });
  });

  it('returns: an instance comes back from a file', async () => {
    class Report {
      constructor(readonly day = '') {}
      title(): string {
        return `of ${this.day}`;
      }
    }
    let bodies = 0;
    class Reports {
      @Flow({ cacheKeyFn: taskInputHash, returns: () => [Report] }) async of(...days: string[]): Promise<Report[]> {
        bodies++;
        return days.map((day) => new Report(day));
      }
    }
    const path = temporaryPath();
    const reports = new Reports();
    const [one, other] = [1, 2].map(() => pondUnderTest({ store: closing(sqliteStore({ path })) }));
    await one?.run(() => reports.of('may', 'june'));
    const again = await other?.run(() => reports.of('may', 'june'));
    expect(again?.map((report) => report.title())).toEqual(['of may', 'of june']);
    expect(bodies).toBe(1);
  });

  it('hooks are told of hits too, a name is given to them too', async () => {
    const told: string[] = [];
    const pond = pondUnderTest();
    const nightly = counting({
      flowRunName: 'nightly {day}',
      onRunning: (_flow, run) => told.push(`${run.name} runs`),
      onCompletion: (of, run, state) => told.push(`${of.name} ${run.name} ${state.name}`),
    });
    await pond.run(async () => [await nightly('may'), await nightly('may')]);
    expect(told).toEqual(['nightly may runs', 'nightly nightly may Completed', 'nightly nightly may Cached']);
  });
});

describe('a cached flow', () => {
  it('that is synchronous answers at once, with what it ran and with what is stored', async () => {
    let bodies = 0;
    class Service {
      @Flow({ cacheKeyFn: taskInputHash }) total(...amounts: number[]): number {
        bodies++;
        return amounts.reduce((sum, amount) => sum + amount, 0);
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect([service.total(1, 2), service.total(1, 2), refresh(service).total(1, 2)]).toEqual([3, 3, 3]);
    expect(seen(returnState(service).total(1, 2))).toEqual(['Cached', 'hit', undefined]);
    expect(invalidate(service).total(1, 2)).toBeUndefined();
    expect(seen(returnState(service).total(1, 2))).toEqual(['Completed', 'miss', 'invalidated']);
    expect(bodies).toBe(3);
  });

  it('that is synchronous cannot have a store that answers later', async () => {
    const nightly = flow(() => 1, { name: 'nightly', cacheKeyFn: taskInputHash });
    const pond = pondUnderTest({ store: new AsyncStore() });
    await expect((async () => pond.run(nightly))()).rejects.toThrow("nightly is synchronous, but its store 'later'");
    expect(() => pond.run(nightly)).toThrow("its store 'later' answers later");
  });

  it('runs none of its tasks when it is served, and the flow around counts only its own', async () => {
    const runs: string[] = [];
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async quote(sku: string) {
        runs.push(`${sku} ${getTaskRunContext().taskRun.name}`);
        return sku;
      }
      @Flow({ cacheKeyFn: taskInputHash }) async inner(sku: string) {
        return this.quote(sku);
      }
      @Flow() async outer(sku: string) {
        return [await this.inner(sku), await this.inner(sku), await this.quote(sku)];
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const ended: unknown[] = [];
    for (const name of ['flow:Completed', 'flow:Cached'] as const)
      pond.events.on(name, ({ flow: of, taskRuns, cachedTaskRuns }) => ended.push([of.name, taskRuns, cachedTaskRuns]));
    expect(await service.outer('A')).toEqual(['A', 'A', 'A']);
    expect(runs).toEqual(['A quote-0']);
    expect(ended).toEqual([
      ['inner', 1, 0],
      ['inner', 0, 0],
      ['outer', 1, 1],
    ]);
  });

  it('goes by what it returned: a failed state is not stored, a completed one as its value', async () => {
    const answers = [State.failed(new Error('not today')), State.completed('done', 'well'), State.completed('never')];
    let bodies = 0;
    const nightly = flow(async () => answers[bodies++], { name: 'nightly', cacheKeyFn: taskInputHash });
    const states = await pondUnderTest().run(async () => [
      await returnState(nightly)(),
      await returnState(nightly)(),
      await returnState(nightly)(),
    ]);
    expect(states.map((state) => [state.name, state.message])).toEqual([
      ['Failed', 'not today'],
      ['Completed', 'well'],
      ['Cached', 'well'],
    ]);
    expect(states[2]?.result()).toBe('done');
  });

  it('is invalidated by its inputs, its function, its name and its key', async () => {
    const pond = pondUnderTest();
    const nightly = counting({ cacheKeyFn: (_context, { day }) => day });
    await pond.run(async () => {
      expect(await nightly('a')).toBe('a 1');
      await invalidate(nightly)('a');
      expect(await nightly('a')).toBe('a 2');
      await pond.invalidate({ task: nightly });
      expect(await nightly('a')).toBe('a 3');
      await pond.invalidate({ task: 'nightly' });
      expect(await nightly('a')).toBe('a 4');
      await pond.invalidate({ task: nightly, key: 'a' });
      expect(await nightly('a')).toBe('a 5');
      await pond.expire({ task: nightly, key: 'a' });
      expect(seen(await returnState(nightly)('a'))).toEqual(['Completed', 'miss', 'expired']);
    });
  });

  it('is mapped, one flow run an item', async () => {
    const pond = pondUnderTest();
    const nightly = counting({});
    await pond.run(async () => {
      await nightly('b');
      const futures = map(nightly)(['a', 'b', 'a']);
      expect((await Promise.all(futures.map((future) => future.wait()))).map(seen)).toEqual([
        ['Completed', 'miss', 'first-seen'],
        ['Cached', 'hit', undefined],
        ['Cached', 'joined', undefined],
      ]);
    });
  });

  it('runs without a store that fails, or fails with it', async () => {
    class Broken extends AsyncStore {
      override get = async (): Promise<never> => {
        throw new Error('disk full');
      };
      override lead = this.get;
    }
    const nightly = counting({});
    const [lenient, strict] = (['run', 'fail'] as const).map((onStoreError) =>
      pondUnderTest({ store: new Broken(), onStoreError }, false),
    );
    expect(seen((await lenient?.run(() => returnState(nightly)('a'))) as State)).toEqual([
      ...['Completed', 'error', 'store-error'],
    ]);
    await expect(strict?.run(() => nightly('a'))).rejects.toThrow(StoreError);
  });

  it('under way is joined after tags were forgotten, which it has none of', async () => {
    const gate = deferred<string>();
    const nightly = flow(async () => gate.promise, { name: 'nightly', cacheKeyFn: taskInputHash });
    const pond = pondUnderTest();
    const first = pond.run(nightly);
    await flush();
    await pond.invalidate({ tags: 'prices' });
    const second = pond.run(() => returnState(nightly)());
    gate.resolve('done');
    expect([await first, seen(await second)]).toEqual(['done', ['Cached', 'joined', undefined]]);
  });

  it('is no task run in what the flow around tells of hits and misses', async () => {
    const nightly = counting({});
    const tally = () => ({ ...(getFlowRunContext() as unknown as FlowFrame).tally });
    const around = flow(async () => [await nightly('a'), await nightly('a'), tally()], { name: 'around' });
    expect(await pondUnderTest().run(around)).toEqual(['a 1', 'a 1', { hits: 0, misses: 0 }]);
  });

  it('invalidates after its own run, not for those who join it or are served', async () => {
    const told: unknown[] = [];
    class Service {
      @Invalidates(
        (_service: object, parameters: { sku: string }, result: number) => void told.push([{ ...parameters }, result]),
      )
      @Flow({ cacheKeyFn: taskInputHash })
      async update(sku: string) {
        return sku.length;
      }
    }
    const service = pondUnderTest().bind(new Service());
    await Promise.all([service.update('a'), service.update('a')]);
    await service.update('a');
    expect(told).toEqual([[{ sku: 'a' }, 1]]);
    await refresh(service).update('a');
    expect(told.length).toBe(2);
  });

  it('ends the wait of who leaves, and goes on for who stays', async () => {
    const gate = deferred<string>();
    const nightly = flow(async () => gate.promise, { name: 'nightly', cacheKeyFn: taskInputHash });
    const pond = pondUnderTest();
    const [leader, joiner] = pond.run(() => [submit(nightly)(), submit(nightly)()]);
    await flush();
    leader.cancel('enough');
    expect((await leader.wait()).name).toBe('Cancelled');
    gate.resolve('done');
    expect(await joiner.result()).toBe('done');
    expect((await pond.run(() => returnState(nightly)())).name).toBe('Cached');
  });
});
