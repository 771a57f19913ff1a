import { describe, expect, it } from '@jest/globals';
import {
  type CacheKeyFn,
  Flow,
  getRunContext,
  returnState,
  type StateName,
  staticKey,
  Task,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/** Every example of the seed (Prefect's caching tutorial), line for line. Its `time.sleep(5)` is the fake clock's. */
function stage() {
  const pond = createTestPond({ logLevel: 'info', logger: { debug() {}, info: line, warn: line, error: line } });
  const lines: string[] = [];
  const states: StateName[] = [];
  pond.events.on('task:Completed', ({ state }) => states.push(state.name));
  pond.events.on('task:Cached', ({ state }) => states.push(state.name));
  function line(message: string): void {
    lines.push(message);
  }
  return { pond, lines, states, clock: pond.clock };
}

describe('What is a cache_key_fn?', () => {
  class Intro {
    runs = 0;

    @Task({ cacheKeyFn: staticKey('static cache key') })
    async cachedTask() {
      this.runs++;
      return 42;
    }

    @Flow()
    async testCaching() {
      return [await this.cachedTask(), await this.cachedTask(), await this.cachedTask()];
    }
  }

  it('runs a task with a static key once, however often the flow calls it', async () => {
    const { pond, states } = stage();
    const intro = new Intro();
    expect(await pond.run(() => intro.testCaching())).toEqual([42, 42, 42]);
    expect(intro.runs).toBe(1);
    expect(states).toEqual(['Completed', 'Cached', 'Cached']);
  });

  it('gives the key function the task run id, the flow run id, the task and a dictionary of the inputs', async () => {
    const { pond } = stage();
    const seen: unknown[] = [];
    const keyFn: CacheKeyFn<{ x: number; y: string; z: boolean }> = (context, parameters) => {
      seen.push(context.taskRunId, context.flowRunId, context.task.name, { ...parameters });
      return 'key';
    };
    class Named {
      @Task({ cacheKeyFn: keyFn })
      async fn(x: number, y: string, z: boolean) {
        return `${x}${y}${z}`;
      }

      @Flow()
      async all() {
        await this.fn(1, 'a', true);
        return getRunContext().flowRun.id;
      }
    }
    const flowRunId = await pond.run(() => new Named().all());
    expect(seen).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), flowRunId, 'fn', { x: 1, y: 'a', z: true }]);
  });

  it('refuses a key function that is itself a task', () => {
    const key = task(() => 'key', { name: 'key' });
    expect(() => {
      class Wrong {
        @Task({ cacheKeyFn: key as never })
        async fn() {}
      }
      return Wrong;
    }).toThrow(/Wrong\.fn: option `cacheKeyFn` is itself a task/);
  });

  it('attaches the key to the state', async () => {
    const { pond } = stage();
    const state = await pond.run(() => returnState(new Intro()).cachedTask());
    expect(state.cacheKey).toBe('static cache key');
  });
});

describe('Caching: simple', () => {
  const { pond, states, clock } = stage();
  class Simple {
    runs = 0;

    @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' })
    async expensiveComputation(): Promise<number> {
      this.runs++;
      await clock.advance('5s');
      return 42;
    }

    @Flow()
    async cacheIt() {
      return this.expensiveComputation();
    }
  }
  const simple = pond.bind(new Simple());

  it('completes at the first run, is cached at the second, until the expiration passes', async () => {
    expect(await simple.cacheIt()).toBe(42);
    expect(await simple.cacheIt()).toBe(42);
    expect(states).toEqual(['Completed', 'Cached']);
    await clock.advance({ minutes: 1, milliseconds: -1 });
    await simple.cacheIt();
    expect(states).toEqual(['Completed', 'Cached', 'Cached']);
    await clock.advance(1);
    expect(await simple.cacheIt()).toBe(42);
    expect(states).toEqual(['Completed', 'Cached', 'Cached', 'Completed']);
    expect(simple.runs).toBe(2);
  });
});

describe('Caching: static cache key', () => {
  const { pond, states, clock, lines } = stage();
  const staticCacheKey: CacheKeyFn = () => 'static constant as a cache key';
  class Static {
    runs = 0;

    @Task(staticCacheKey, '20s')
    async cachedTask() {
      console.log('running an expensive operation');
      this.runs++;
      await clock.advance('5s');
      return 42;
    }

    @Flow({ name: 'Static cache key flow', logPrints: true })
    async main() {
      await this.cachedTask();
      await this.cachedTask();
      await this.cachedTask();
    }
  }
  const service = pond.bind(new Static());

  it('prints once and is cached twice', async () => {
    await service.main();
    expect(states).toEqual(['Completed', 'Cached', 'Cached']);
    expect(service.runs).toBe(1);
    const run = expect.stringMatching(
      /^Flow run '[a-z]+-[a-z]+' - Beginning flow run '[a-z]+-[a-z]+' for flow 'Static cache key flow'$/,
    );
    expect(lines[0]).toEqual(run);
    expect(lines.slice(1)).toEqual([
      "Task run 'cachedTask-0' - running an expensive operation",
      expect.stringMatching(
        /^Task run 'cachedTask-0' - Finished in state Completed\(\) in 5\.00s, stored until \d\d:\d\d:25$/,
      ),
      expect.stringMatching(
        /^Task run 'cachedTask-1' - Finished in state Cached\(type=COMPLETED\) hit memory, age 0ms, from '[a-z]+-[a-z]+\/cachedTask-0', saved 5\.00s$/,
      ),
      expect.stringMatching(
        /^Task run 'cachedTask-2' - Finished in state Cached\(type=COMPLETED\) hit memory, age 0ms, from '[a-z]+-[a-z]+\/cachedTask-0', saved 5\.00s$/,
      ),
      expect.stringMatching(
        /^Flow run '[a-z]+-[a-z]+' - Finished in state Completed\(\) in 5\.00s: 3 task runs, 2 cached, saved 10\.00s$/,
      ),
    ]);
  });

  it('runs again 20 seconds after the end of the first run, counted from when the result was stored', async () => {
    await clock.advance({ seconds: 20, milliseconds: -1 });
    await service.main();
    expect(service.runs).toBe(1);
    await clock.advance(1);
    await service.main();
    expect(service.runs).toBe(2);
  });
});

describe('Caching: only within a single flow run', () => {
  const { pond, states, clock, lines } = stage();
  const cacheWithinFlowRun: CacheKeyFn<object> = (context, parameters) => {
    const id = context.taskRun.flowRunId;
    const key = `${id}-${taskInputHash(context, parameters)}`;
    console.log(`🔑Cache key: ${key}`);
    return key;
  };
  class Within {
    runs = 0;

    @Task({ cacheKeyFn: cacheWithinFlowRun, cacheExpiration: '1m', logPrints: true })
    async expensiveComputation(): Promise<number> {
      console.log('running an expensive operation');
      this.runs++;
      await clock.advance('5s');
      return 42;
    }

    @Flow({ logPrints: true })
    async cacheIt() {
      console.log(getRunContext().flowRun.id);
      for (let time = 0; time < 5; time++) await this.expensiveComputation();
      return getRunContext().flowRun.id;
    }
  }
  const within = pond.bind(new Within());

  it('computes once in each flow run, and anew in the next', async () => {
    const first = await within.cacheIt();
    expect(states).toEqual(['Completed', 'Cached', 'Cached', 'Cached', 'Cached']);
    expect(within.runs).toBe(1);
    const second = await within.cacheIt();
    expect(second).not.toBe(first);
    expect(within.runs).toBe(2);
    expect(states.slice(5)).toEqual(['Completed', 'Cached', 'Cached', 'Cached', 'Cached']);
    const keys = lines.filter((line) => line.includes('🔑'));
    expect(keys).toHaveLength(10);
    expect(keys.slice(0, 5).map((line) => line.split(' - ')[0])).toEqual(
      [0, 1, 2, 3, 4].map((n) => `Task run 'expensiveComputation-${n}'`),
    );
    expect(new Set(keys.map((line) => line.split('Cache key: ')[1])).size).toBe(2);
    expect(keys[0]).toContain(`${first}-`);
    expect(lines.filter((line) => line.endsWith(`- ${first}`))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('running an expensive operation'))).toHaveLength(2);
  });

  it('runs uncached outside a flow, where there is no flow run id, and says why', async () => {
    const before = within.runs;
    await within.expensiveComputation();
    const state = await returnState(within).expensiveComputation();
    expect(within.runs).toBe(before + 2);
    expect(state.cache).toMatchObject({ status: 'uncacheable', reason: 'no-flow-run' });
    expect(state.cacheKey).toBeUndefined();
  });
});
