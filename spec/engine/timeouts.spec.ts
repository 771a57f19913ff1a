import { describe, expect, it } from '@jest/globals';
import {
  Flow,
  getTaskRunContext,
  returnState,
  submit,
  Task,
  TaskTimeoutError,
  taskInputHash,
} from '../../lib/index.js';
import { deferred, flush, nothingIsLeft, pondUnderTest, stateNames } from './pond-under-test.js';

nothingIsLeft();

describe('a timeout', () => {
  it('ends a run as TimedOut, of type FAILED, with a TaskTimeoutError that the signal also has', async () => {
    let signal: AbortSignal | undefined;
    const never = deferred();
    class Service {
      @Task({ timeout: '2s' }) async work() {
        signal = getTaskRunContext().signal;
        await never.promise;
      }
    }
    const pond = pondUnderTest();
    const state = returnState(pond.bind(new Service())).work();
    await pond.clock.advance(1999);
    expect(signal?.aborted).toBe(false);
    await pond.clock.advance(1);
    const final = await state;
    expect([final.name, final.type, final.isFailed()]).toEqual(['TimedOut', 'FAILED', true]);
    expect(String(final)).toBe("TimedOut('Task run 'work' exceeded timeout of 2 second(s)', type=FAILED)");
    expect(signal?.reason).toBeInstanceOf(TaskTimeoutError);
    let thrown: unknown;
    try {
      final.result();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(signal?.reason);
  });

  it('leaves a run alone that ends in time, and no timer behind', async () => {
    let signal: AbortSignal | undefined;
    class Service {
      @Task({ timeout: '2s' }) async work() {
        signal = getTaskRunContext().signal;
        return 1;
      }
    }
    const pond = pondUnderTest();
    expect(await pond.run(() => new Service().work())).toBe(1);
    expect(pond.clock.timers).toBe(0);
    await pond.clock.advance('1h');
    expect(signal?.aborted).toBe(false);
  });

  it.each(['a value', 'an error'])('ignores and does not store what comes late: %s', async (what) => {
    const late = deferred<string>();
    let bodies = 0;
    class Service {
      @Task({ timeout: '1s', cacheKeyFn: taskInputHash }) async work(): Promise<string> {
        return ++bodies === 1 ? late.promise : 'second';
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const first = returnState(service).work();
    await pond.clock.advance('1s');
    expect((await first).name).toBe('TimedOut');
    if (what === 'a value') late.resolve('late');
    else late.reject(new Error('late'));
    await flush();
    expect(await service.work()).toBe('second');
    expect(pond.stats().stores.memory).toEqual({ entries: 1 });
  });

  it('is each attempt’s own, and a timed-out attempt is retried', async () => {
    const gates = [deferred(), deferred()];
    const signals: AbortSignal[] = [];
    class Service {
      @Task({ timeout: '1s', retries: 2, retryDelay: '5s', cacheKeyFn: taskInputHash }) async work() {
        const { signal, attempt } = getTaskRunContext();
        signals.push(signal);
        await gates[attempt - 1]?.promise;
        return attempt;
      }
    }
    const pond = pondUnderTest();
    const names = stateNames(pond);
    const work = pond.run(() => new Service().work());
    await pond.clock.advance('1s');
    await pond.clock.advance('5s');
    await pond.clock.advance('1s');
    await pond.clock.advance('5s');
    expect(await work).toBe(3);
    expect(names).toEqual([
      'Pending',
      'Running',
      'AwaitingRetry',
      'Retrying',
      'AwaitingRetry',
      'Retrying',
      'Completed',
    ]);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, false]);
    for (const gate of gates) gate.resolve();
  });

  it('is not lifted from an attempt by the late end of the one before', async () => {
    const first = deferred();
    const second = deferred();
    let nested: Promise<unknown> | undefined;
    class Service {
      @Task({ timeout: '1s', retries: 1 }) async work() {
        const { attempt } = getTaskRunContext();
        if (attempt === 1) return first.promise;
        await Promise.resolve();
        first.resolve(); // the first attempt ends now, too late
        await flush();
        nested = returnState(this).inner();
        return second.promise;
      }
      @Task() async inner() {
        await second.promise;
      }
    }
    const pond = pondUnderTest();
    const state = returnState(pond.bind(new Service())).work();
    await pond.clock.advance('1s');
    await flush();
    await pond.clock.advance('1s');
    expect((await state).name).toBe('TimedOut');
    expect(((await nested) as { name: string }).name).toBe('Cancelled');
    second.resolve();
  });

  it('shows an aborted signal to a body that first reads it after its time', async () => {
    const gate = deferred();
    let late: AbortSignal | undefined;
    class Service {
      @Task({ timeout: '1s' }) async work() {
        await gate.promise;
        late = getTaskRunContext().signal;
      }
    }
    const pond = pondUnderTest();
    const state = returnState(pond.bind(new Service())).work();
    await pond.clock.advance('1s');
    expect((await state).name).toBe('TimedOut');
    gate.resolve();
    await flush();
    expect(late?.aborted).toBe(true);
    expect(late?.reason).toBeInstanceOf(TaskTimeoutError);
  });

  it('does not count the wait for a turn', async () => {
    const gates = [deferred(), deferred()];
    let bodies = 0;
    class Service {
      @Task({ timeout: '1s', concurrency: 1 }) async work(): Promise<void> {
        await gates[bodies++]?.promise;
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const first = returnState(service).work();
    const second = returnState(service).work();
    await pond.clock.advance(900);
    gates[0]?.resolve();
    await flush();
    await pond.clock.advance(900);
    gates[1]?.resolve();
    expect([(await first).name, (await second).name]).toEqual(['Completed', 'Completed']);
  });

  it('of more than 25 days does not end a run at once', async () => {
    const gate = deferred();
    class Service {
      @Task({ timeout: '60d' }) async work() {
        await gate.promise;
        return 'in time';
      }
    }
    const pond = pondUnderTest();
    const work = pond.run(() => new Service().work());
    await pond.clock.advance('59d');
    gate.resolve();
    expect(await work).toBe('in time');
  });
});

describe('a flow’s timeout', () => {
  it('ends the flow as TimedOut and the waits of its tasks as Cancelled', async () => {
    const never = deferred();
    let signal: AbortSignal | undefined;
    class Service {
      @Task() async step() {
        signal = getTaskRunContext().signal;
        await never.promise;
      }
      @Flow({ timeout: '3s' }) async nightly() {
        await this.step();
      }
    }
    const pond = pondUnderTest();
    const tasks = stateNames(pond);
    const state = returnState(pond.bind(new Service())).nightly();
    await flush();
    await pond.clock.advance('3s');
    expect((await state).name).toBe('TimedOut');
    await flush();
    expect(tasks).toEqual(['Pending', 'Running', 'Cancelled']);
    expect(signal?.aborted).toBe(true);
  });

  it('ends the runs it submitted, in a queue and between attempts too', async () => {
    const never = deferred();
    class Service {
      @Task({ concurrency: 1 }) async queued(x: number) {
        await never.promise;
        return x;
      }
      @Task({ retries: 1, retryDelay: '1h' }) async flaky() {
        throw new Error('once');
      }
      @Flow({ timeout: '3s' }) async nightly() {
        futures.push(submit(this).queued(1), submit(this).queued(2), submit(this).flaky());
      }
    }
    const futures: { wait(): Promise<{ name: string }> }[] = [];
    const pond = pondUnderTest();
    const state = returnState(pond.bind(new Service())).nightly();
    await flush();
    await pond.clock.advance('3s');
    expect((await state).name).toBe('TimedOut');
    const names = (await Promise.all(futures.map((one) => one.wait()))).map(({ name }) => name);
    expect(names).toEqual(['Cancelled', 'Cancelled', 'Cancelled']);
  });

  it('does not end a run that others outside wait for', async () => {
    const gate = deferred<string>();
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async step() {
        bodies++;
        return gate.promise;
      }
      @Flow({ timeout: '3s' }) async nightly() {
        return this.step();
      }
    }
    const pond = pondUnderTest();
    const service = pond.bind(new Service());
    const flow = returnState(service).nightly();
    await flush();
    const outside = service.step();
    await flush();
    await pond.clock.advance('3s');
    expect((await flow).name).toBe('TimedOut');
    gate.resolve('value');
    expect(await outside).toBe('value');
    expect(await service.step()).toBe('value');
    expect(bodies).toBe(1);
  });

  it('is each attempt’s own: the retry’s tasks run under a fresh one', async () => {
    const never = deferred();
    class Service {
      @Task() async step(attempt: number) {
        if (attempt === 1) await never.promise;
        return 'done';
      }
      @Flow({ timeout: '3s', retries: 1 }) async nightly() {
        return this.step(++attempts);
      }
    }
    let attempts = 0;
    const pond = pondUnderTest();
    const state = returnState(pond.bind(new Service())).nightly();
    await flush();
    await pond.clock.advance('3s');
    expect((await state).result()).toBe('done');
  });
});
