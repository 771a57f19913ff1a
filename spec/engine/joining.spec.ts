import { describe, expect, it } from '@jest/globals';
import {
  type CacheOutcome,
  CancelledError,
  getTaskRunContext,
  memoryStore,
  refresh,
  returnState,
  submit,
  Task,
  TaskTimeoutError,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

describe.each(BOTH_KINDS_OF_STORE)('joining over %s', (_name, store) => {
  it('has 100 concurrent calls share one body and one value', async () => {
    const value = { big: true };
    const gate = deferred();
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work(_x: number) {
        bodies++;
        await gate.promise;
        return value;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const all = Array.from({ length: 100 }, () => service.work(1));
    await flush();
    gate.resolve();
    for (const one of await Promise.all(all)) expect(one).toBe(value);
    expect(bodies).toBe(1);
    expect(pond.stats()).toMatchObject({ runs: 1, joined: 99, misses: 1 });
  });

  it('has 100 who wait for a failing run share its error, the very object, after one body', async () => {
    const error = new Error('shared');
    const gate = deferred();
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        bodies++;
        await gate.promise;
        throw error;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const all = Array.from({ length: 101 }, () => service.work());
    await flush();
    gate.resolve();
    for (const one of await Promise.allSettled(all)) expect((one as PromiseRejectedResult).reason).toBe(error);
    expect(bodies).toBe(1);
    expect(pond.stats().failures).toBe(1);
    // Nothing was stored: the next call runs.
    await expect(service.work()).rejects.toBe(error);
    expect(bodies).toBe(2);
  });

  it('has 100 who wait for a run that times out share its error, after one body', async () => {
    const never = deferred();
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, timeout: '1s' }) async work() {
        bodies++;
        await never.promise;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const all = Array.from({ length: 101 }, () => returnState(service).work());
    await flush();
    await pond.clock.advance('1s');
    const states = await Promise.all(all);
    const errors = states.map((state) => {
      try {
        return state.result();
      } catch (error) {
        return error;
      }
    });
    expect(new Set(states.map(({ name }) => name))).toEqual(new Set(['TimedOut']));
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toBeInstanceOf(TaskTimeoutError);
    expect(bodies).toBe(1);
  });

  it('has one joiner lead anew after a run that ended Cancelled, and the others join that', async () => {
    let bodies = 0;
    const gates = [deferred(), deferred()];
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        if (mine === 0) throw new CancelledError('the first body');
        return mine;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const leader = returnState(service).work();
    await flush();
    const joiners = Array.from({ length: 20 }, () => service.work());
    await flush();
    gates[0]?.resolve();
    expect((await leader).name).toBe('Cancelled');
    await flush();
    gates[1]?.resolve();
    expect(await Promise.all(joiners)).toEqual(Array(20).fill(1));
    expect(bodies).toBe(2);
  });

  it('is not done by a refresh, whose value wins though the older run ends later', async () => {
    const gates = [deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        return mine;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const older = service.work();
    await flush();
    const newer = refresh(service).work();
    await flush();
    expect(bodies).toBe(2);
    gates[1]?.resolve();
    expect(await newer).toBe(1);
    gates[0]?.resolve();
    // Its own commit is refused; it re-reads, and gives the newer value.
    expect(await older).toBe(1);
    expect(await service.work()).toBe(1);
    expect(bodies).toBe(2);
  });

  it('has those who joined a run that a refresh overtook get the refreshed value', async () => {
    const gates = [deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        return mine;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    const older = service.work();
    await flush();
    const joinedOlder = service.work();
    await flush();
    const newer = refresh(service).work();
    await flush();
    const joinedNewer = service.work();
    await flush();
    gates[0]?.resolve();
    expect(await older).toBe(0); // its caller gets what its own body gave; it is not stored
    const afterOlder = returnState(service).work();
    await flush();
    expect(bodies).toBe(2);
    gates[1]?.resolve();
    expect(await Promise.all([newer, joinedNewer, joinedOlder])).toEqual([1, 1, 1]);
    expect((await afterOlder).cache?.status).toBe('joined');
    expect(bodies).toBe(2);
  });

  it('never gives a refresh the value that was stored before it began', async () => {
    const gates = [deferred(), deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        return mine;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    gates[0]?.resolve();
    expect(await service.work()).toBe(0);
    const first = refresh(service).work();
    await flush();
    const second = refresh(service).work();
    await flush();
    gates[1]?.resolve();
    expect(await first).toBe(1);
    gates[2]?.resolve();
    expect(await second).toBe(2);
    expect(await service.work()).toBe(2);
  });

  it('serves the stored value during a refresh, and joins the refresh where none is stored', async () => {
    const gates = [deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        return mine;
      }
    }
    const pond = pondUnderTest({ store: store() });
    const service = pond.bind(new Service());
    gates[0]?.resolve();
    await service.work();
    const renewing = refresh(service).work();
    await flush();
    expect(await service.work()).toBe(0);
    await pond.clock.advance('1m');
    const joiner = returnState(service).work();
    await flush();
    gates[1]?.resolve();
    expect(await renewing).toBe(1);
    const state = await joiner;
    expect([state.result(), state.cache?.status]).toEqual([1, 'joined']);
    expect(bodies).toBe(2);
  });

  it('is done by two ponds over one store: a key is never computed twice at once', async () => {
    let running = 0;
    let most = 0;
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work(x: number) {
        bodies++;
        most = Math.max(most, ++running);
        await flush();
        running--;
        return { x };
      }
    }
    const shared = store();
    const [a, b] = [pondUnderTest({ store: shared }), pondUnderTest({ store: shared })];
    const service = new Service();
    const values = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).run(() => service.work(7))),
    );
    expect([most, bodies, new Set(values).size]).toEqual([1, 1, 1]);
    expect((await b.run(() => returnState(service).work(7))).cache?.status).toBe('hit');
  });

  it('has the other pond lead anew at once when the first one’s run fails or is cancelled', async () => {
    const gates = [deferred(), deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        if (mine === 0) throw new Error('first');
        return mine;
      }
    }
    const shared = store();
    const [a, b] = [pondUnderTest({ store: shared }), pondUnderTest({ store: shared })];
    const service = new Service();
    const first = a.run(() => returnState(service).work());
    await flush();
    const second = b.run(() => submit(service).work());
    await flush();
    expect(bodies).toBe(1);
    gates[0]?.resolve();
    expect((await first).name).toBe('Failed');
    await flush();
    expect(bodies).toBe(2);
    const third = a.run(() => service.work());
    await flush();
    second.cancel();
    await flush();
    expect(bodies).toBe(3);
    gates[1]?.resolve();
    gates[2]?.resolve();
    expect(await third).toBe(2);
  });
});

describe('a joiner', () => {
  it('has a task run of its own, Cached and joined, with no attempt', async () => {
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        origin = getTaskRunContext().taskRunId;
        await gate.promise;
        return 1;
      }
    }
    let origin: string | undefined;
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const leader = submit(service).work();
    const joiner = submit(service).work();
    await pond.clock.advance('3s');
    gate.resolve();
    const [led, joined] = [await leader.wait(), await joiner.wait()];
    expect([led.name, led.cache?.status, leader.taskRun.runCount]).toEqual(['Completed', 'miss', 1]);
    expect([joined.name, joined.cache?.status, joiner.taskRun.runCount]).toEqual(['Cached', 'joined', 0]);
    expect(joiner.taskRun.id).not.toBe(leader.taskRun.id);
    expect(joined.cache?.origin?.taskRunId).toBe(origin);
    expect(joined.cache?.savedMs).toBe(3000);
    expect(joined.cacheKey).toBe(led.cacheKey);
  });

  it('is told of by onCompletion, while onRunning and onFailure are the leader’s alone', async () => {
    const told: string[] = [];
    const gates = [deferred(), deferred()];
    class Service {
      @Task({
        cacheKeyFn: taskInputHash,
        onRunning: (_task, { runCount }) => told.push(`running ${runCount}`),
        onCompletion: (_task, { runCount }, state) => told.push(`${state.name} ${runCount}`),
        onFailure: (_task, { runCount }, state) => told.push(`${state.name} ${runCount}`),
      })
      async work(fails: boolean) {
        await gates[fails ? 1 : 0]?.promise;
        if (fails) throw new Error('no');
      }
    }
    const service = pondUnderTest().bind(new Service());
    const good = [1, 2, 3].map(() => service.work(false));
    gates[0]?.resolve();
    await Promise.all(good);
    expect(told.splice(0).sort()).toEqual(['Cached 0', 'Cached 0', 'Completed 1', 'running 1']);
    const bad = [1, 2, 3].map(() => service.work(true));
    gates[1]?.resolve();
    await Promise.allSettled(bad);
    expect(told).toEqual(['running 1', 'Failed 1']);
  });

  it('tells of a failure, once for all, where the leader is gone', async () => {
    const told: string[] = [];
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash, onFailure: (_task, _run, state) => told.push(state.name) }) async work() {
        await gate.promise;
        throw new Error('no');
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const leader = submit(service).work();
    const joiners = [1, 2, 3].map(() => service.work());
    await flush();
    leader.cancel();
    gate.resolve();
    await Promise.allSettled(joiners);
    expect(told).toEqual(['Failed']);
    expect(pond.stats().failures).toBe(1);
  });

  it('has its own resultCopy, whatever the leader has', async () => {
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        await gate.promise;
        return { list: [1] };
      }
    }
    const service = pondUnderTest().bind(new Service());
    const leader = service.work();
    const sharing = service.work();
    const freezing = withOptions(service, { resultCopy: 'freeze' }).work();
    const cloning = withOptions(service, { resultCopy: 'clone' }).work();
    gate.resolve();
    const [led, shared, frozen, cloned] = await Promise.all([leader, sharing, freezing, cloning]);
    expect(shared).toBe(led);
    expect(frozen).not.toBe(led);
    expect(Object.isFrozen((frozen as { list: unknown }).list)).toBe(true);
    expect(cloned).not.toBe(led);
    (cloned as { list: number[] }).list.push(2);
    expect(led).toEqual({ list: [1] });
  });

  it('gets a copy of its own of a result that is not stored', async () => {
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash, cacheIf: () => false, resultCopy: 'clone' }) async work() {
        await gate.promise;
        return { list: [1] };
      }
    }
    const service = pondUnderTest().bind(new Service());
    const [leader, a, b] = [service.work(), service.work(), service.work()];
    gate.resolve();
    const [led, one, other] = await Promise.all([leader, a, b]);
    expect(one).not.toBe(led);
    expect(one).not.toBe(other);
    one.list.push(2);
    expect([led, other]).toEqual([{ list: [1] }, { list: [1] }]);
  });

  it('counts in its own flow run as cached', async () => {
    const gate = deferred();
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        await gate.promise;
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const all = [service.work(), service.work()];
    gate.resolve();
    await Promise.all(all);
    expect(pond.stats().hitRate).toBe(0.5);
  });
});

describe('uncacheable calls', () => {
  it.each([
    ['without a key function', {}],
    ['whose key is null', { cacheKeyFn: () => null }],
    ['whose key is empty', { cacheKeyFn: () => '' }],
    [
      'whose key function throws',
      {
        cacheKeyFn: () => {
          throw new Error('no key');
        },
      },
    ],
  ])('never join: %s', async (_name, options) => {
    let bodies = 0;
    const gate = deferred();
    class Service {
      @Task(options as object) async work() {
        bodies++;
        await gate.promise;
        return {};
      }
    }
    const service = pondUnderTest().bind(new Service());
    const all = Array.from({ length: 5 }, () => service.work());
    await flush();
    expect(bodies).toBe(5);
    gate.resolve();
    expect(new Set(await Promise.all(all)).size).toBe(5);
  });

  it('are those of a pond with caching off', async () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async work() {
        bodies++;
      }
    }
    const service = pondUnderTest({ caching: 'off' }).bind(new Service());
    const outcomes: (CacheOutcome | undefined)[] = [];
    for (const state of await Promise.all([1, 2].map(() => returnState(service).work()))) outcomes.push(state.cache);
    expect(bodies).toBe(2);
    expect(outcomes).toMatchObject([
      { status: 'bypass', reason: 'off' },
      { status: 'bypass', reason: 'off' },
    ]);
  });
});

describe('an invalidation during a run', () => {
  it('has the run store nothing, and those who joined it lead anew', async () => {
    const gates = [deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, tags: ['prices'] }) async work() {
        const mine = bodies++;
        await gates[mine]?.promise;
        return mine;
      }
    }
    const store = memoryStore();
    const pond = pondUnderTest({ store });
    const service = pond.bind(new Service());
    const leader = returnState(service).work();
    const joiner = service.work();
    await flush();
    await store.invalidate({ tags: ['prices'] });
    gates[0]?.resolve();
    expect((await leader).result()).toBe(0);
    await flush();
    gates[1]?.resolve();
    expect(await joiner).toBe(1);
    expect(await service.work()).toBe(1);
    expect(bodies).toBe(2);
  });
});
