import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore, type PondStats, refresh, returnState, type State, task, withOptions } from '../../lib/index.js';
import { chaosStore, fakeClock } from '../../lib/testing/index.js';
import { BOTH_KINDS_OF_STORE, flush, pondUnderTest } from '../engine/pond-under-test.js';

const COUNTER = {
  hit: 'hits',
  joined: 'joined',
  stale: 'stale',
  miss: 'misses',
  error: 'misses',
  refresh: 'refreshes',
  uncacheable: 'uncacheable',
  bypass: 'bypassed',
} as const;

/** How often each status was seen, under the names that `pond.stats()` has. */
function tally(states: readonly State[]): Partial<PondStats> {
  const counts = { hits: 0, joined: 0, stale: 0, misses: 0, refreshes: 0, uncacheable: 0, bypassed: 0 };
  for (const { cache } of states) counts[COUNTER[cache?.status ?? 'bypass']]++;
  return counts;
}

describe.each(BOTH_KINDS_OF_STORE)('pond.stats() over %s', (_, store) => {
  it('counts a call that is given an expired value once, and the renewal behind it as a run', async () => {
    const pond = pondUnderTest({ store: store() });
    const quote = task(async () => 1, {
      name: 'quote',
      cacheKeyFn: () => 'a',
      cacheExpiration: '10s',
      staleWhileRevalidate: '1h',
    });
    await pond.run(quote);
    for (let round = 0; round < 3; round++) {
      pond.clock.advance('11s');
      await pond.run(quote);
      await flush();
    }
    expect(pond.stats()).toMatchObject({ misses: 1, stale: 3, hits: 0, runs: 4, hitRate: 0.75 });
  });

  it('counts a value that another pond stored meanwhile as a hit, and a failure that it remembers too', async () => {
    for (const fails of [false, true]) {
      const shared = store();
      const clock = fakeClock();
      const [here, there] = [pondUnderTest({ store: shared, clock }), pondUnderTest({ store: shared, clock })];
      let end: () => void = () => {};
      const body = async (): Promise<number> => {
        await new Promise<void>((resolve) => (end = resolve));
        if (fails) throw new Error('down');
        return 1;
      };
      const quote = task(body, { name: 'quote', cacheKeyFn: () => 'a', cacheFailures: { expiration: '1m' } });
      const first = there.run(() => returnState(quote)());
      await flush();
      const second = here.run(() => returnState(quote)());
      await flush();
      end();
      await first;
      clock.advance('2s');
      expect((await second).cache?.status).toBe('hit');
      expect(here.stats()).toMatchObject({ hits: 1, misses: 0, runs: 0, failures: 0, hitRate: 1 });
    }
  });

  it('counts no failure where one that another pond remembers ends the wait of a call, whoever has left it', async () => {
    for (const leaves of [false, true]) {
      const shared = store();
      const clock = fakeClock();
      const [here, there] = [pondUnderTest({ store: shared, clock }), pondUnderTest({ store: shared, clock })];
      let end: (error: Error) => void = () => {};
      const body = async (): Promise<never> => new Promise((_resolve, reject) => (end = reject));
      const quote = task(body, { name: 'quote', cacheKeyFn: () => 'a', cacheFailures: { expiration: '1m' } });
      const holder = there.run(() => returnState(quote)());
      await flush();
      const controller = new AbortController();
      void here.run(() => returnState(withOptions(quote, { signal: controller.signal }))());
      await flush();
      const joiner = here.run(() => returnState(quote)());
      await flush();
      if (leaves) controller.abort();
      await flush();
      end(new Error('down'));
      await holder;
      clock.advance('2s');
      expect((await joiner).name).toBe('Failed');
      expect([here.stats().failures, there.stats().failures]).toEqual([0, 1]);
    }
  });

  it('has of any calls as many as final states say', async () => {
    const step = fc.record({
      call: fc.constantFrom('plain', 'plain', 'refresh', 'strict', 'left', 'bypass'),
      key: fc.constantFrom('a', 'a', 'b', null),
      after: fc.constantFrom(0, 0, 1_000, 4_000, 9_000),
      outcome: fc.constantFrom('value', 'value', 'slow', 'error'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const pond = pondUnderTest({ store: store() });
        let outcome = 'value';
        const body = async (_key: string | null): Promise<number> => {
          const own = outcome;
          if (own === 'slow') await new Promise((resolve) => pond.clock.after(3_000, () => resolve(0)));
          if (own === 'error') throw new Error('down');
          return 1;
        };
        const quote = task(body, {
          name: 'quote',
          cacheKeyFn: (_context, { _key }: { _key: string | null }) => _key,
          cacheExpiration: '2s',
          staleWhileRevalidate: '3s',
          staleIfError: '8s',
          softTimeout: '1s',
          cacheFailures: { expiration: '1s' },
        });
        const plain = task(body, { name: 'plain' });
        const strict = withOptions(quote, { staleWhileRevalidate: undefined, softTimeout: undefined });
        const states: Promise<State>[] = [];
        for (const { call, key, after, outcome: next } of steps) {
          outcome = next;
          const left = AbortSignal.abort();
          const calls = {
            plain: () => returnState(quote)(key),
            refresh: () => returnState(refresh(quote))(key),
            strict: () => returnState(strict)(key),
            left: () => returnState(withOptions(quote, { signal: left }))(key),
            bypass: () => returnState(plain)(key),
          };
          states.push(pond.run(calls[call as keyof typeof calls]));
          await flush();
          if (after > 0) pond.clock.advance(after);
          await flush();
        }
        for (let second = 0; second < 10; second++) {
          pond.clock.advance(1_000);
          await flush();
        }
        expect(pond.stats()).toMatchObject(tally(await Promise.all(states)));
        await pond.close();
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

it('counts a call whose store failed as a miss', async () => {
  const pond = pondUnderTest({ store: chaosStore(memoryStore(), { fail: 1 }) });
  const quote = task(async () => 1, { name: 'quote', cacheKeyFn: () => 'a' });
  const state = await pond.run(() => returnState(quote)());
  expect(state.cache?.status).toBe('error');
  expect(pond.stats()).toMatchObject({ misses: 1, hits: 0, hitRate: 0 });
});
