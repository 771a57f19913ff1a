import { describe, expect, it } from '@jest/globals';
import { memoryStore, returnState, task, taskInputHash, withOptions } from '../../lib/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

describe("a call that joins one with onWaitTimeout: 'stale'", () => {
  it('and asks for a copy computes where there can be none of the expired value', async () => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const [here, there] = [pondUnderTest({ store, clock }), pondUnderTest({ store, clock })];
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async () => {
        const run = ++runs;
        if (run === 2) await gate.promise;
        return { price: () => run };
      },
      { name: 'quote', cacheKeyFn: taskInputHash, cacheExpiration: '10s', waitTimeout: '2s', onWaitTimeout: 'stale' },
    );
    await there.run(quote);
    await clock.advance('11s');
    const holder = there.run(quote);
    await flush();
    const leader = here.run(quote);
    const joiner = here.run(() => returnState(withOptions(quote, { resultCopy: 'clone' }))());
    for (let second = 0; second < 5; second++) {
      await flush();
      await clock.advance('1s');
    }
    expect([(await leader).price(), (await joiner).result().price()]).toEqual([1, 3]);
    gate.resolve();
    expect((await holder).price()).toBe(2);
  });
});
