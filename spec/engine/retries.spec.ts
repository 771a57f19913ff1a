import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exponentialBackoff, getTaskRunContext, returnState, Task, task, taskInputHash } from '../../lib/index.js';
import type { TestPond } from '../../lib/testing/index.js';
import { flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** The waits between the attempts of a task that always fails. */
async function waitsOf(options: object, retries: number): Promise<number[]> {
  const pond = pondUnderTest();
  const waits: number[] = [];
  pond.events.on('task:AwaitingRetry', ({ delayMs }) => waits.push(delayMs ?? -1));
  const failing = task(
    async () => {
      throw new Error('no');
    },
    { name: 'failing', retries, ...options },
  );
  const state = pond.run(() => returnState(failing)());
  await runDry(pond);
  expect((await state).name).toBe('Failed');
  return waits;
}

/** Moves time on until no timer waits. */
async function runDry(pond: TestPond): Promise<void> {
  await flush();
  while (pond.clock.timers > 0) {
    await pond.clock.advance('1d');
    await flush();
  }
}

describe('retries', () => {
  it('begin at once where no delay is given', async () => {
    expect(await waitsOf({}, 3)).toEqual([0, 0, 0]);
  });

  it('wait as long as one delay says', async () => {
    expect(await waitsOf({ retryDelay: '2s' }, 2)).toEqual([2000, 2000]);
  });

  it('wait as a list says, whose last entry repeats', async () => {
    expect(await waitsOf({ retryDelay: ['1s', 0, { minutes: 1 }] }, 5)).toEqual([1000, 0, 60_000, 60_000, 60_000]);
  });

  it('wait as a function of the attempt says', async () => {
    expect(await waitsOf({ retryDelay: (attempt: number) => attempt * 10 }, 3)).toEqual([10, 20, 30]);
  });

  it('wait exponentially', async () => {
    expect(await waitsOf({ retryDelay: exponentialBackoff('1s') }, 4)).toEqual([1000, 2000, 4000, 8000]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no delay');
      },
    ],
    ['gives NaN', () => Number.NaN],
    ['gives a negative one', () => -5],
    ['gives nothing', () => undefined],
  ])('begin at once where the function %s', async (_name, retryDelay) => {
    expect(await waitsOf({ retryDelay }, 2)).toEqual([0, 0]);
  });

  it('never begin earlier than the delay, and do at the delay', async () => {
    let bodies = 0;
    const pond = pondUnderTest();
    const failing = task(
      async () => {
        bodies++;
        throw new Error('no');
      },
      { name: 'failing', retries: 1, retryDelay: '5s' },
    );
    const state = pond.run(() => returnState(failing)());
    await flush();
    await pond.clock.advance(4999);
    expect(bodies).toBe(1);
    await pond.clock.advance(1);
    expect(bodies).toBe(2);
    expect((await state).name).toBe('Failed');
  });

  it('are jittered within the share asked for, either way, and do differ', async () => {
    const seen: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        async (retryJitter, delay) => {
          for (const wait of await waitsOf({ retryDelay: delay, retryJitter }, 3)) {
            expect(wait).toBeGreaterThanOrEqual(delay * (1 - retryJitter) - 1e-6);
            expect(wait).toBeLessThanOrEqual(delay * (1 + retryJitter) + 1e-6);
            seen.push(wait / delay);
          }
        },
      ),
      { numRuns: 30 },
    );
    expect(new Set(seen).size).toBeGreaterThan(80);
    expect(seen.some((share) => share < 1) && seen.some((share) => share > 1)).toBe(true);
  });

  it('number their attempts from 1 in the context and the task run', async () => {
    const seen: number[][] = [];
    const failing = task(
      async () => {
        const { attempt, taskRun } = getTaskRunContext();
        seen.push([attempt, taskRun.runCount]);
        throw new Error('no');
      },
      { name: 'failing', retries: 2 },
    );
    await pondUnderTest().run(() => returnState(failing)());
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('compute the key once, however many there are', async () => {
    let keys = 0;
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: () => `${keys++}`, retries: 3 }) async work() {
        if (++bodies < 4) throw new Error('again');
        return bodies;
      }
    }
    const pond = pondUnderTest();
    expect(await pond.run(() => new Service().work())).toBe(4);
    expect(keys).toBe(1);
    expect(pond.stats().misses).toBe(1);
  });

  it('stop at the first success, which is stored', async () => {
    let bodies = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, retries: 5 }) async work() {
        if (++bodies < 3) throw new Error('again');
        return bodies;
      }
    }
    const service = pondUnderTest().bind(new Service());
    expect(await service.work()).toBe(3);
    expect(await service.work()).toBe(3);
  });

  it('end with the last error, the very object', async () => {
    const errors = [new Error('first'), new Error('second')];
    let bodies = 0;
    const failing = task(
      async () => {
        throw errors[bodies++];
      },
      { name: 'failing', retries: 1 },
    );
    await expect(pondUnderTest().run(() => failing())).rejects.toBe(errors[1]);
  });

  it('are made for a synchronous task, thousands of them, without a deep stack', () => {
    let bodies = 0;
    const flaky = task(
      () => {
        if (++bodies <= 20_000) throw new Error('again');
        return bodies;
      },
      { name: 'flaky', retries: 20_000 },
    );
    expect(pondUnderTest().run(() => flaky())).toBe(20_001);
  });

  it('say in AwaitingRetry what went wrong and what comes', async () => {
    const pond = pondUnderTest();
    const messages: (string | undefined)[] = [];
    pond.events.on('task:AwaitingRetry', ({ state }) => messages.push(state.message));
    const failing = task(
      async () => {
        throw new TypeError('bad');
      },
      { name: 'failing', retries: 1, retryDelay: '1s' },
    );
    const state = pond.run(() => returnState(failing)());
    await runDry(pond);
    await state;
    expect(messages[0]).toContain('TypeError: bad');
    expect(messages[0]).toContain('Retry 1/1');
  });
});

describe('retryIf', () => {
  it('is asked with the error and the context, and ends the attempts when it says no', async () => {
    const asked: unknown[] = [];
    let bodies = 0;
    const failing = task(
      async () => {
        throw ++bodies === 1 ? new TypeError('retry') : new RangeError('stop');
      },
      {
        name: 'failing',
        retries: 5,
        retryIf: (error: unknown, context: { attempt: number }) => {
          asked.push([(error as Error).message, context.attempt]);
          return error instanceof TypeError;
        },
      },
    );
    await expect(pondUnderTest().run(() => failing())).rejects.toThrow('stop');
    expect(asked).toEqual([
      ['retry', 1],
      ['stop', 2],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('in retryIf');
      },
    ],
    ['gives a promise', async () => true],
    ['gives a promise that rejects', async () => Promise.reject(new Error('in retryIf'))],
  ])('ends the attempts with the task’s own error, and says so, when it %s', async (_name, retryIf) => {
    const pond = pondUnderTest();
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind }) => troubles.push(kind));
    const failing = task(
      async () => {
        throw new Error('the task’s');
      },
      { name: 'failing', retries: 5, retryIf: retryIf as never },
    );
    await expect(pond.run(() => failing())).rejects.toThrow('the task’s');
    expect(pond.stats().runs).toBe(1);
    expect(troubles).toEqual(['retry-if']);
  });

  it('is not asked when no retry is left', async () => {
    let asked = 0;
    const failing = task(
      async () => {
        throw new Error('no');
      },
      { name: 'failing', retries: 1, retryIf: () => ++asked > 0 },
    );
    await expect(pondUnderTest().run(() => failing())).rejects.toThrow('no');
    expect(asked).toBe(1);
  });
});
