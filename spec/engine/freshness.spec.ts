import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { task } from '../../lib/index.js';
import { OPTIONS, play, steps } from './freshness-model.js';
import { BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

describe.each(BOTH_KINDS_OF_STORE)('two ponds over %s', (_name, store) => {
  it.each(OPTIONS)(
    'never serve what was invalidated, nor compute a key twice at once, with %j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.scheduler(), async (all, scheduler) => {
          const shared = store();
          await play(all, options, [shared, shared], scheduler);
        }),
        { numRuns: 100 },
      );
    },
    300_000,
  );
});

describe.each(BOTH_KINDS_OF_STORE)('a run whose value is not stored, over %s', (_name, store) => {
  it('is computed anew for who joined it after an invalidation in another pond', async () => {
    const shared = store();
    const [one, two] = [pondUnderTest({ store: shared }), pondUnderTest({ store: shared })];
    const gate = deferred();
    let runs = 0;
    const price = task(
      async () => {
        const run = ++runs;
        await gate.promise;
        return run;
      },
      { name: 'price', cacheKeyFn: () => 'k', cacheIf: () => false },
    );
    const before = one.run(() => price());
    await flush();
    await two.invalidate({ task: price });
    const after = one.run(() => price());
    gate.resolve();
    expect([await before, await after]).toEqual([1, 2]);
  });
});
