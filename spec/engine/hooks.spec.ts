import { describe, expect, it } from '@jest/globals';
import { Flow, getFlowRunContext, Task, taskInputHash, tryGetRunContext } from '../../lib/index.js';
import { deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

describe('hooks', () => {
  it('are called in their order, with the task, the run and its state', async () => {
    const told: string[] = [];
    const hook =
      (name: string) => (task: { name: string }, run: { name: string; runCount: number }, state: { name: string }) =>
        told.push(`${name} ${task.name} ${run.name} ${run.runCount} ${state.name}`);
    class Service {
      tries = 0;
      @Task({ retries: 1, onRunning: [hook('a'), hook('b')], onCompletion: hook('c'), onFailure: hook('d') })
      async work() {
        if (this.tries++ === 0) throw new Error('once');
      }
    }
    await pondUnderTest().bind(new Service()).work();
    expect(told).toEqual([
      'a work work 1 Running',
      'b work work 1 Running',
      'a work work 2 Retrying',
      'b work work 2 Retrying',
      'c work work 2 Completed',
    ]);
  });

  it('are told once of a failure, after all retries, and of a timeout', async () => {
    const told: string[] = [];
    const never = deferred();
    class Service {
      @Task({ retries: 2, onFailure: (_t, run, state) => told.push(`${state.name} ${run.runCount}`) }) async fails() {
        throw new Error('no');
      }
      @Task({ timeout: '1s', onFailure: (_t, _r, state) => told.push(state.name) }) async hangs() {
        await never.promise;
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    await expect(service.fails()).rejects.toThrow('no');
    const hung = expect(service.hangs()).rejects.toThrow('timeout');
    await pond.clock.advance('1s');
    await hung;
    expect(told).toEqual(['Failed 3', 'TimedOut']);
  });

  it('are not awaited by the caller, but by the end of the flow', async () => {
    const order: string[] = [];
    const gate = deferred();
    class Service {
      @Task({
        onCompletion: async () => {
          await gate.promise;
          order.push('hook');
        },
      })
      async work() {
        return 1;
      }
      @Flow() async nightly() {
        await this.work();
        order.push('body');
      }
    }
    const pond = pondUnderTest();
    const flow = pond
      .bind(new Service())
      .nightly()
      .then(() => order.push('flow'));
    await flush();
    expect(order).toEqual(['body']);
    gate.resolve();
    await flow;
    expect(order).toEqual(['body', 'hook', 'flow']);
  });

  it('of a flow and of a task outside a flow are awaited by close()', async () => {
    const gate = deferred();
    let done = 0;
    const hook = async (): Promise<void> => {
      await gate.promise;
      done++;
    };
    class Service {
      @Task({ onCompletion: hook }) async work() {}
      @Flow({ onCompletion: hook }) async nightly() {}
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    await service.work();
    await service.nightly();
    let closed = false;
    const closing = pond.close().then(() => {
      closed = true;
    });
    await flush();
    expect([done, closed]).toEqual([0, false]);
    gate.resolve();
    await closing;
    expect(done).toBe(2);
  });

  it('that throw or reject are logged, and the run and the other hooks go on', async () => {
    const lines: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => lines.push(line) };
    let told = 0;
    class Service {
      @Task({
        cacheKeyFn: taskInputHash,
        onRunning: function first() {
          throw new Error('thrown');
        },
        onCompletion: [
          async function second() {
            throw new Error('rejected');
          },
          () => told++,
        ],
      })
      async work() {
        return 'value';
      }
    }
    const pond = pondUnderTest({ logger, logLevel: 'error' });
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind }) => troubles.push(kind));
    expect(await pond.bind(new Service()).work()).toBe('value');
    await flush();
    expect(told).toBe(1);
    expect(troubles).toEqual(['hook', 'hook']);
    expect(lines.join('\n')).toMatch(/'first': thrown[\s\S]*'second': rejected/);
  });

  it('run where the call was made, not inside the task', async () => {
    const seen: (string | undefined)[] = [];
    class Service {
      @Task({
        onRunning: () => seen.push(tryGetRunContext()?.kind),
        onCompletion: () => seen.push(getFlowRunContext().flowRun.flowName),
      })
      async work() {}
      @Flow() async nightly() {
        await this.work();
      }
    }
    await pondUnderTest().bind(new Service()).nightly();
    expect(seen).toEqual(['flow', 'nightly']);
  });

  it('of synchronous tasks are told at once', () => {
    const told: string[] = [];
    class Service {
      @Task({ cacheKeyFn: taskInputHash, onCompletion: (_t, _r, state) => told.push(state.name) }) work() {
        return 1;
      }
    }
    const service = pondUnderTest().bind(new Service());
    service.work();
    service.work();
    expect(told).toEqual(['Completed', 'Cached']);
  });
});

describe('listeners of pond.events', () => {
  it('that throw or reject disturb neither the run nor each other', async () => {
    let told = 0;
    class Service {
      @Task() async work() {
        return 1;
      }
    }
    const pond = pondUnderTest();
    pond.events.on('task:Completed', () => {
      throw new Error('thrown');
    });
    pond.events.on('task:Completed', (async () => {
      throw new Error('rejected');
    }) as () => void);
    pond.events.on('task:Completed', () => {
      told++;
    });
    expect(await pond.bind(new Service()).work()).toBe(1);
    expect(told).toBe(1);
  });
});
