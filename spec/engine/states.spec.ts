import { describe, expect, it } from '@jest/globals';
import { Flow, returnState, State, submit, Task, taskInputHash } from '../../lib/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest, stateNames } from './pond-under-test.js';

nothingIsLeft();

describe('the states of a run', () => {
  it('go from Pending over Running to Completed', async () => {
    class Service {
      @Task() async work() {
        return 1;
      }
    }
    const pond = pondUnderTest();
    const names = stateNames(pond);
    await pond.run(() => new Service().work());
    expect(names).toEqual(['Pending', 'Running', 'Completed']);
  });

  it('go from Pending straight to Cached for a hit, which begins no attempt', async () => {
    const runCounts: number[] = [];
    class Service {
      @Task({ cacheKeyFn: taskInputHash, onCompletion: (_task, run) => runCounts.push(run.runCount) }) async work(
        x: number,
      ) {
        return x;
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    await service.work(1);
    const names = stateNames(pond);
    await service.work(1);
    expect(names).toEqual(['Pending', 'Cached']);
    expect(runCounts).toEqual([1, 0]);
  });

  it('pass through AwaitingRetry and Retrying before they fail', async () => {
    class Service {
      @Task({ retries: 2 }) async work() {
        throw new Error('no');
      }
    }
    const pond = pondUnderTest();
    const names = stateNames(pond);
    await expect(pond.run(() => new Service().work())).rejects.toThrow('no');
    expect(names).toEqual(['Pending', 'Running', 'AwaitingRetry', 'Retrying', 'AwaitingRetry', 'Retrying', 'Failed']);
  });

  it('are the same for a synchronous task', () => {
    class Service {
      tries = 0;
      @Task({ retries: 1 }) work() {
        if (this.tries++ === 0) throw new Error('once');
        return 7;
      }
    }
    const pond = pondUnderTest();
    const names = stateNames(pond);
    expect(pond.run(() => new Service().work())).toBe(7);
    expect(names).toEqual(['Pending', 'Running', 'AwaitingRetry', 'Retrying', 'Completed']);
  });

  it.each([
    ['twice', (ok: (value: number) => void) => [ok(7), ok(8)]],
    ['and fails', (ok: (value: number) => void, no: (error: Error) => void) => [ok(7), no(new Error('after'))]],
    [
      'and throws',
      (ok: (value: number) => void) => {
        ok(7);
        throw new Error('after');
      },
    ],
  ])('end once, where a promise has a `then` of its own that calls back %s', async (_what, then) => {
    class Service {
      @Task() work(): Promise<number> {
        return Object.assign(Promise.resolve(1), { then: then as never });
      }
    }
    const pond = pondUnderTest();
    const names = stateNames(pond);
    await pond.run(() => new Service().work().catch(() => {}));
    expect(names).toHaveLength(3);
    expect(pond.stats()).toMatchObject({ bypassed: 1 });
  });

  it('are told of a flow too', async () => {
    class Service {
      @Flow() async nightly() {}
    }
    const pond = pondUnderTest();
    const names = stateNames(pond, 'flow');
    await pond.run(() => new Service().nightly());
    expect(names).toEqual(['Pending', 'Running', 'Completed']);
  });

  it('are Completed only when the store has the value', async () => {
    const order: string[] = [];
    const store = new AsyncStore();
    const commit = store.commit.bind(store);
    store.commit = async (...args) => {
      order.push('write begins');
      await flush();
      order.push('written');
      return commit(...args);
    };
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        order.push('body');
      }
    }
    const pond = pondUnderTest({ store });
    pond.events.on('task:Completed', () => order.push('Completed'));
    await pond.run(() => new Service().work());
    expect(order).toEqual(['body', 'write begins', 'written', 'Completed']);
  });

  it('are seen by a future at every moment', async () => {
    const gate = deferred();
    class Service {
      tries = 0;
      @Task({ retries: 1, retryDelay: '1s' }) async work() {
        if (this.tries++ === 0) throw new Error('once');
        await gate.promise;
        return 'done';
      }
    }
    const pond = pondUnderTest();
    const future = submit(pond.bind(new Service())).work();
    expect(future.state.name).toBe('Running');
    await flush();
    expect(future.state.name).toBe('AwaitingRetry');
    expect(future.state.isScheduled()).toBe(true);
    await pond.clock.advance('1s');
    expect(future.state.name).toBe('Retrying');
    expect(future.taskRun.runCount).toBe(2);
    gate.resolve();
    expect(await future.result()).toBe('done');
    expect(String(future.state)).toBe('Completed()');
  });

  it('say when a future is asked with a timeout what it is at that time', async () => {
    const gate = deferred();
    class Service {
      @Task() async work() {
        await gate.promise;
      }
    }
    const pond = pondUnderTest();
    const future = submit(pond.bind(new Service())).work();
    const waited = future.wait('2s');
    await pond.clock.advance('2s');
    expect((await waited).name).toBe('Running');
    gate.resolve();
    expect((await future.wait('1s')).name).toBe('Completed');
  });
});

describe('a task that returns a State', () => {
  it('fails with the error of a failed one, the very object, and is not stored', async () => {
    const error = new Error('refused');
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work(): Promise<unknown> {
        bodies++;
        return State.failed(error, 'not today');
      }
    }
    const service = pondUnderTest().bind(new Service());
    const state = await returnState(service).work();
    expect([state.name, state.message]).toEqual(['Failed', 'not today']);
    await expect(service.work()).rejects.toBe(error);
    expect(bodies).toBe(2);
  });

  it('takes the value and the message of a completed one, which is stored with both', async () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work(): Promise<unknown> {
        return State.completed(42, 'well done');
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await service.work()).toBe(42);
    const hit = await returnState(service).work();
    expect([hit.name, hit.message, hit.result()]).toEqual(['Cached', 'well done', 42]);
  });

  it('is cancelled by a cancelled one, and not retried', async () => {
    let bodies = 0;
    class Service {
      @Task({ retries: 3 }) async work(): Promise<unknown> {
        bodies++;
        return State.cancelled('enough');
      }
    }
    const state = await returnState(pondUnderTest().bind(new Service())).work();
    expect([state.name, bodies]).toEqual(['Cancelled', 1]);
  });

  it('is retried after a failed one', async () => {
    let bodies = 0;
    class Service {
      @Task({ retries: 3 }) async work(): Promise<unknown> {
        return ++bodies < 3 ? State.failed(new Error('again')) : 'at last';
      }
    }
    expect(await pondUnderTest().bind(new Service()).work()).toBe('at last');
    expect(bodies).toBe(3);
  });

  it('does the same where it is synchronous', () => {
    class Service {
      @Task() good(): unknown {
        return State.completed('value');
      }
      @Task() bad(): unknown {
        return State.failed('a text');
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(service.good()).toBe('value');
    expect((returnState(service).bad() as State).name).toBe('Failed');
    let thrown: unknown;
    try {
      service.bad();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe('a text');
  });

  it('keeps a value that only looks into itself with a Proxy, though its traps throw', async () => {
    const hostile = new Proxy(
      {},
      {
        has: () => {
          throw new Error('trap');
        },
      },
    );
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        return hostile;
      }
    }
    expect(await pondUnderTest().bind(new Service()).work()).toBe(hostile);
  });
});

describe('what a task throws', () => {
  it.each([
    ['an error', new Error('x')],
    ['a text', 'x'],
    ['undefined', undefined],
    ['null', null],
    ['a frozen object', Object.freeze({ a: 1 })],
  ])('reaches the caller as the very same thing: %s', async (_name, thrown) => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async later() {
        throw thrown;
      }
      @Task({ cacheKeyFn: taskInputHash }) now() {
        throw thrown;
      }
    }
    const service = pondUnderTest().bind(new Service());
    const caught = async (call: () => unknown): Promise<unknown> => {
      try {
        await call();
      } catch (error) {
        return { error };
      }
      return 'nothing';
    };
    for (const call of [() => service.later(), () => service.now()]) {
      const found = await caught(call);
      expect(found).toEqual({ error: thrown });
      expect((found as { error: unknown }).error).toBe(thrown);
    }
    const state = await returnState(service).later();
    await expect((async () => state.result())()).rejects.toBe(thrown);
  });
});
