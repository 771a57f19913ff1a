import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { returnState, submit, task, taskInputHash, withOptions } from '../../lib/index.js';
import { type Deferred, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** A limited task whose bodies end when told, and what it saw. */
function limited(concurrency: number, more: object = {}) {
  const gates = new Map<number, Deferred<void>>();
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = task(
    async (x: number) => {
      begun.push(x);
      most = Math.max(most, ++running);
      const gate = deferred();
      gates.set(x, gate);
      try {
        await gate.promise;
      } finally {
        running--;
      }
      return x;
    },
    { name: 'work', concurrency, ...more },
  );
  return { work, begun, gates, most: () => most, end: (x: number) => gates.get(x)?.resolve() };
}

describe('concurrency', () => {
  it('holds the limit and gives turns in the order of the calls', async () => {
    const { work, begun, end, most } = limited(2);
    const pond = pondUnderTest();
    const all = pond.run(() => [1, 2, 3, 4, 5].map((x) => work(x)));
    await flush();
    expect(begun).toEqual([1, 2]);
    end(2);
    await flush();
    expect(begun).toEqual([1, 2, 3]);
    end(1);
    end(3);
    await flush();
    expect(begun).toEqual([1, 2, 3, 4, 5]);
    end(4);
    end(5);
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
    expect(most()).toBe(2);
  });

  it('counts the bodies of all ponds in the process together', async () => {
    const { work, begun, end } = limited(1);
    const [a, b] = [pondUnderTest(), pondUnderTest()];
    const first = a.run(() => work(1));
    const second = b.run(() => work(2));
    await flush();
    expect(begun).toEqual([1]);
    end(1);
    await first;
    await flush();
    end(2);
    expect(await second).toBe(2);
  });

  it('is no concern of a hit: it is served though no turn is free', async () => {
    const { work, end, begun } = limited(1, { cacheKeyFn: taskInputHash });
    const pond = pondUnderTest();
    const first = pond.run(() => work(1));
    await flush();
    end(1);
    await first;
    const second = pond.run(() => work(2));
    await flush();
    expect(await pond.run(() => work(1))).toBe(1);
    expect(begun).toEqual([1, 2]);
    end(2);
    await second;
  });

  it('is given back while a run waits for its retry', async () => {
    const order: string[] = [];
    const work = task(
      async (name: string) => {
        order.push(name);
        if (name === 'flaky' && order.filter((one) => one === 'flaky').length === 1) throw new Error('once');
        return name;
      },
      { name: 'work', concurrency: 1, retries: 1, retryDelay: '1m' },
    );
    const pond = pondUnderTest();
    const flaky = pond.run(() => work('flaky'));
    const other = pond.run(() => work('other'));
    expect(await other).toBe('other');
    await pond.clock.advance('1m');
    expect(await flaky).toBe('flaky');
    expect(order).toEqual(['flaky', 'other', 'flaky']);
  });

  it('is given back by a body that throws, at once or later, or times out', async () => {
    const never = deferred();
    const work = task(
      (how: string): Promise<string> => {
        if (how === 'throws') throw new Error(how);
        if (how === 'rejects') return Promise.reject(new Error(how));
        return how === 'hangs' ? never.promise.then(() => how) : Promise.resolve(how);
      },
      { name: 'work', concurrency: 1, timeout: '1s', async: true },
    );
    const pond = pondUnderTest();
    const run = (how: string) => pond.run(() => returnState(work)(how));
    const states = ['throws', 'rejects', 'hangs', 'ends'].map(run);
    await flush();
    await pond.clock.advance('1s');
    expect((await Promise.all(states)).map(({ name }) => name)).toEqual(['Failed', 'Failed', 'TimedOut', 'Completed']);
  });

  it('lets who is cancelled leave the queue, so that the next in line is not kept', async () => {
    const { work, begun, end } = limited(1);
    const pond = pondUnderTest();
    const controller = new AbortController();
    const first = pond.run(() => work(1));
    const second = pond.run(() => returnState(withOptions(work, { signal: controller.signal }))(2));
    const third = pond.run(() => work(3));
    await flush();
    controller.abort();
    expect((await second).name).toBe('Cancelled');
    end(1);
    await first;
    await flush();
    expect(begun).toEqual([1, 3]);
    end(3);
    expect(await third).toBe(3);
  });

  it('begins no body for who is cancelled in the moment its turn comes', async () => {
    const { work, begun, end } = limited(1);
    const pond = pondUnderTest();
    const first = pond.run(() => work(1));
    const second = pond.run(() => submit(work)(2));
    const third = pond.run(() => work(3));
    await flush();
    end(1);
    await first.then(() => second.cancel());
    expect((await second.wait()).name).toBe('Cancelled');
    await flush();
    // Whether or not the turn had come: the third is not kept, and nobody is counted twice.
    expect(begun.at(-1)).toBe(3);
    end(3);
    expect(await third).toBe(3);
    const again = pond.run(() => work(4));
    await flush();
    expect(begun.at(-1)).toBe(4);
    end(4);
    await again;
  });

  it('gives no turn to who is cancelled by the same signal as the one in front', async () => {
    const { work, begun, end } = limited(1);
    const pond = pondUnderTest();
    const { signal, abort } = (() => {
      const controller = new AbortController();
      return { signal: controller.signal, abort: () => controller.abort() };
    })();
    const first = pond.run(() => work(1));
    const second = pond.run(() => returnState(withOptions(work, { signal }))(2));
    const third = pond.run(() => returnState(withOptions(work, { signal, concurrency: 2 }))(3));
    await flush();
    abort();
    expect([(await second).name, (await third).name]).toEqual(['Cancelled', 'Cancelled']);
    expect(begun).toEqual([1]);
    end(1);
    await first;
    const last = pond.run(() => work(4));
    await flush();
    end(4);
    expect(await last).toBe(4);
  });

  it('may be another for one call, which does not widen it for those behind', async () => {
    const { work, begun, end } = limited(1);
    const pond = pondUnderTest();
    const runs = [
      pond.run(() => work(1)),
      pond.run(() => withOptions(work, { concurrency: 2 })(2)),
      pond.run(() => work(3)),
      pond.run(() => work(4)),
    ];
    await flush();
    expect(begun).toEqual([1, 2]);
    end(1);
    await flush();
    expect(begun).toEqual([1, 2]);
    end(2);
    await flush();
    expect(begun).toEqual([1, 2, 3]);
    end(3);
    await flush();
    end(4);
    expect(await Promise.all(runs)).toEqual([1, 2, 3, 4]);
  });

  it('is taken once for all who join a run', async () => {
    const { work, begun, end } = limited(1, { cacheKeyFn: taskInputHash });
    const pond = pondUnderTest();
    const all = pond.run(() => [1, 1, 1, 2].map((x) => work(x)));
    await flush();
    expect(begun).toEqual([1]);
    end(1);
    await flush();
    expect(begun).toEqual([1, 2]);
    end(2);
    expect(await Promise.all(all)).toEqual([1, 1, 1, 2]);
  });

  it('holds under any order of ends, failures and cancellations', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('end', 'fail', 'cancel'), { minLength: 1, maxLength: 20 }),
        fc.scheduler(),
        async (limit, fates, scheduler) => {
          let running = 0;
          let most = 0;
          const work = task(
            async (index: number) => {
              most = Math.max(most, ++running);
              try {
                await scheduler.schedule(Promise.resolve(), `body ${index}`);
                if (fates[index] === 'fail') throw new Error('failed');
              } finally {
                running--;
              }
            },
            { name: 'work', concurrency: limit },
          );
          const pond = pondUnderTest();
          const futures = pond.run(() => fates.map((_, index) => submit(work)(index)));
          fates.forEach((fate, index) => {
            if (fate === 'cancel')
              void scheduler.schedule(Promise.resolve(), `cancel ${index}`).then(() => futures[index]?.cancel());
          });
          await scheduler.waitFor(Promise.all(futures.map((future) => future.wait())));
          // A body that is cancelled but does not look at its signal is counted by the spec, not by the limit.
          if (!fates.includes('cancel')) expect(most).toBeLessThanOrEqual(limit);
          const again = pond.run(() => Promise.all([submit(work)(-1), submit(work)(-1)].map((one) => one.wait())));
          await scheduler.waitFor(again);
          expect((await again).map(({ name }) => name)).toEqual(['Completed', 'Completed']);
        },
      ),
      { numRuns: 100 },
    );
  }, 120_000);
});
