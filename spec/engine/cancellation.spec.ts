import { describe, expect, it, jest } from '@jest/globals';
import {
  CancelledError,
  Flow,
  getTaskRunContext,
  returnState,
  submit,
  Task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest, stateNames } from './pond-under-test.js';

nothingIsLeft();

/** A service whose bodies wait for a gate and see their signal. */
function gated(options: object = {}) {
  const gate = deferred<string>();
  const signals: AbortSignal[] = [];
  class Service {
    @Task({ cacheKeyFn: taskInputHash, ...options }) async cached(_x = 0): Promise<string> {
      signals.push(getTaskRunContext().signal);
      return gate.promise;
    }
    @Task({}) async plain(): Promise<string> {
      signals.push(getTaskRunContext().signal);
      return gate.promise;
    }
  }
  return { gate, signals, service: new Service() };
}

describe('a signal given with a call', () => {
  it.each(['cached', 'plain'] as const)(
    'ends the wait, aborts the body that nobody waits for, and stores nothing: %s',
    async (method) => {
      const { gate, signals, service } = gated();
      const pond = pondUnderTest();
      pond.bind(service);
      const controller = new AbortController();
      const reason = new Error('enough');
      const names = stateNames(pond);
      const state = returnState(withOptions(service, { signal: controller.signal }))[method]();
      await flush();
      controller.abort(reason);
      const final = await state;
      expect([final.name, final.type, final.isCancelled()]).toEqual(['Cancelled', 'CANCELLED', true]);
      let error: unknown;
      try {
        final.result();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as Error).cause).toBe(reason);
      expect(signals[0]?.aborted).toBe(true);
      gate.resolve('late');
      await flush();
      expect(names).toEqual(['Pending', 'Running', 'Cancelled']);
      expect(pond.stats().stores.memory?.entries ?? 0).toBe(0);
    },
  );

  it('that is aborted already runs no body, and does not even ask the store', async () => {
    const { signals, service } = gated();
    const store = new AsyncStore();
    let asked = 0;
    store.get = async () => {
      asked++;
      return undefined;
    };
    const pond = pondUnderTest({ store });
    pond.bind(service);
    const stopped = withOptions(service, { signal: AbortSignal.abort('no') });
    for (const call of [() => stopped.cached(), () => stopped.plain()])
      await expect(call()).rejects.toThrow(CancelledError);
    expect([signals.length, asked]).toEqual([0, 0]);
  });

  it('is thrown at once by a synchronous task where it is aborted already', () => {
    class Service {
      @Task() work() {
        return 1;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(() => withOptions(service, { signal: AbortSignal.abort() }).work()).toThrow(CancelledError);
  });

  it('changes nothing once the run has ended', async () => {
    const { gate, signals, service } = gated();
    pondUnderTest().bind(service);
    const controller = new AbortController();
    gate.resolve('value');
    const view = withOptions(service, { signal: controller.signal });
    expect(await view.cached()).toBe('value');
    expect(await view.plain()).toBe('value');
    controller.abort();
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
    expect(await service.cached()).toBe('value');
    expect(signals.length).toBe(2);
  });

  it('may be shared by thousands of calls at once: it has one listener, and none when they are done', async () => {
    const { gate, service } = gated();
    pondUnderTest().bind(service);
    const { signal } = new AbortController();
    const adds = jest.spyOn(signal, 'addEventListener');
    const removes = jest.spyOn(signal, 'removeEventListener');
    const view = withOptions(service, { signal });
    const all = Array.from({ length: 2000 }, (_, x) => view.cached(x));
    await flush();
    gate.resolve('value');
    await Promise.all(all);
    await flush();
    expect([adds.mock.calls.length, removes.mock.calls.length]).toEqual([1, 1]);
  });

  it('given twice, at the pond and at the call, ends the wait whichever comes first', async () => {
    for (const which of [0, 1]) {
      const { gate, service } = gated();
      const pond = pondUnderTest();
      const controllers = [new AbortController(), new AbortController()] as const;
      const state = pond.run({ signal: controllers[0].signal }, () =>
        returnState(withOptions(service, { signal: controllers[1].signal })).cached(),
      );
      await flush();
      controllers[which]?.abort();
      expect((await state).name).toBe('Cancelled');
      gate.resolve('late');
    }
  });

  it('ends a wait for a key, for a store and for a turn', async () => {
    const never = deferred<string>();
    const store = new AsyncStore();
    store.get = async () => never.promise as never;
    class Service {
      @Task({ cacheKeyFn: async () => never.promise }) async keyed() {
        bodies++;
      }
      @Task({ cacheKeyFn: taskInputHash, store }) async stored() {
        bodies++;
      }
    }
    let bodies = 0;
    const service = pondUnderTest().bind(new Service());
    const controller = new AbortController();
    const view = returnState(withOptions(service, { signal: controller.signal }));
    const states = [view.keyed(), view.stored()];
    await flush();
    controller.abort();
    expect((await Promise.all(states)).map(({ name }) => name)).toEqual(['Cancelled', 'Cancelled']);
    never.resolve('late');
    await flush();
    expect(bodies).toBe(0);
    // The store's own deadline still runs; it ends with the answer.
  });

  it('ends the wait for a retry, and begins no further attempt', async () => {
    let bodies = 0;
    class Service {
      @Task({ retries: 5, retryDelay: '1h', cacheKeyFn: taskInputHash }) async work() {
        bodies++;
        throw new Error('no');
      }
    }
    const pond = pondUnderTest();
    const controller = new AbortController();
    const state = returnState(withOptions(pond.bind(new Service()), { signal: controller.signal })).work();
    await flush();
    controller.abort();
    expect((await state).name).toBe('Cancelled');
    await pond.clock.advance('10h');
    expect(bodies).toBe(1);
  });

  it('reaches nested tasks through the body', async () => {
    const never = deferred();
    class Service {
      @Task() async inner() {
        await never.promise;
      }
      @Task({ cacheKeyFn: taskInputHash }) async outer() {
        await this.inner();
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const names = stateNames(pond);
    const controller = new AbortController();
    const state = returnState(withOptions(service, { signal: controller.signal })).outer();
    await flush();
    controller.abort();
    expect((await state).name).toBe('Cancelled');
    await flush();
    expect(names.filter((name) => name === 'Cancelled')).toHaveLength(2);
  });
});

describe('pond.run({ signal })', () => {
  it('ends the waits of everything inside, and of nothing else', async () => {
    const { gate, service } = gated();
    const pond = pondUnderTest();
    const controller = new AbortController();
    const inside = pond.run({ signal: controller.signal }, () =>
      Promise.all([returnState(service).cached(1), returnState(service).plain()]),
    );
    const outside = pond.run(() => service.cached(2));
    await flush();
    controller.abort();
    expect((await inside).map(({ name }) => name)).toEqual(['Cancelled', 'Cancelled']);
    gate.resolve('value');
    expect(await outside).toBe('value');
  });

  it('ends a flow, and the flow’s tasks', async () => {
    const never = deferred();
    class Service {
      @Task() async step() {
        await never.promise;
      }
      @Flow() async nightly() {
        await this.step();
      }
    }
    const pond = pondUnderTest();
    const tasks = stateNames(pond);
    const controller = new AbortController();
    const state = pond.run({ signal: controller.signal }, () => returnState(new Service()).nightly());
    await flush();
    controller.abort();
    expect((await state).name).toBe('Cancelled');
    await flush();
    expect(tasks).toEqual(['Pending', 'Running', 'Cancelled']);
  });
});

describe('TaskFuture.cancel', () => {
  it('ends the run with its reason', async () => {
    const { gate, signals, service } = gated();
    const pond = pondUnderTest();
    const future = submit(pond.bind(service)).cached();
    await flush();
    const reason = new Error('not needed');
    future.cancel(reason);
    expect((await future.wait()).name).toBe('Cancelled');
    await expect(future.result()).rejects.toMatchObject({ code: 'FLOWPOND_CANCELLED', cause: reason });
    expect(signals[0]?.aborted).toBe(true);
    gate.resolve('late');
  });

  it('does nothing to a run that has ended, and nothing the second time', async () => {
    const { gate, service } = gated();
    gate.resolve('value');
    const future = submit(pondUnderTest().bind(service)).cached();
    expect(await future.result()).toBe('value');
    future.cancel();
    future.cancel();
    expect(future.state.name).toBe('Completed');
  });

  it('ends the wait for other futures among the arguments', async () => {
    const { gate, service } = gated();
    let bodies = 0;
    class After {
      @Task() async after(_one: unknown) {
        bodies++;
      }
    }
    const pond = pondUnderTest();
    const first = submit(pond.bind(service)).cached();
    const second = submit(pond.bind(new After())).after([first]);
    await flush();
    second.cancel();
    expect((await second.wait()).name).toBe('Cancelled');
    gate.resolve('value');
    expect(await first.result()).toBe('value');
    expect(bodies).toBe(0);
  });

  it('leaves a future Cancelled for good, though the run goes on for others and is retried', async () => {
    let bodies = 0;
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash, retries: 2, retryDelay: '1s' }) async work() {
        if (++bodies === 1) throw new Error('once');
        await gate.promise;
        return 'done';
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const leader = submit(service).work();
    const joiner = service.work();
    await flush();
    const names = stateNames(pond);
    leader.cancel();
    await flush();
    await pond.clock.advance('1s');
    expect(bodies).toBe(2);
    expect(leader.state.name).toBe('Cancelled');
    gate.resolve();
    expect(await joiner).toBe('done');
    expect(leader.state.name).toBe('Cancelled');
    expect(names).toEqual(['Cancelled', 'Cached']);
  });
});

describe('the caller of a flight', () => {
  it('who joined and leaves ends only its own wait', async () => {
    const { gate, signals, service } = gated();
    pondUnderTest().bind(service);
    const leader = service.cached();
    const joiner = submit(service).cached();
    await flush();
    joiner.cancel();
    expect((await joiner.wait()).name).toBe('Cancelled');
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve('value');
    expect(await leader).toBe('value');
  });

  it('who leads and leaves does not fail the others, who get what the body gives', async () => {
    const { gate, signals, service } = gated();
    const pond = pondUnderTest();
    pond.bind(service);
    const leader = submit(service).cached();
    const joiners = Array.from({ length: 10 }, () => service.cached());
    await flush();
    leader.cancel();
    expect((await leader.wait()).name).toBe('Cancelled');
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve('value');
    expect(await Promise.all(joiners)).toEqual(Array(10).fill('value'));
    expect(await service.cached()).toBe('value');
    expect(pond.stats().runs).toBe(1);
  });

  it('is the last one to leave: then the body is aborted, and the next call leads anew', async () => {
    const { gate, signals, service } = gated();
    const pond = pondUnderTest();
    pond.bind(service);
    const futures = [submit(service).cached(), submit(service).cached(), submit(service).cached()];
    await flush();
    futures[0]?.cancel();
    futures[2]?.cancel();
    await flush();
    expect(signals[0]?.aborted).toBe(false);
    futures[1]?.cancel('last');
    expect(signals[0]?.aborted).toBe(true);
    const anew = service.cached();
    await flush();
    expect(signals).toHaveLength(2);
    gate.resolve('value');
    expect(await anew).toBe('value');
    expect((await Promise.all(futures.map((one) => one.wait()))).map(({ name }) => name)).toEqual(
      Array(3).fill('Cancelled'),
    );
  });

  it('who cannot leave keeps the body going', async () => {
    const { gate, signals, service } = gated();
    pondUnderTest().bind(service);
    const leader = service.cached();
    const joiners = [submit(service).cached(), submit(service).cached()];
    await flush();
    for (const one of joiners) one.cancel();
    await flush();
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve('value');
    expect(await leader).toBe('value');
  });
});
