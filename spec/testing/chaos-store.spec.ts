import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  InvalidOptionsError,
  memoryStore,
  returnState,
  type StateStore,
  Task,
  taskInputHash,
} from '../../lib/index.js';
import type { Revival } from '../../lib/stores/store.js';
import { tieredStore } from '../../lib/stores/tiered-store.js';
import { isWatchable } from '../../lib/stores/watchable-store.js';
import {
  type ChaosMethod,
  type ChaosOptions,
  chaosStore,
  createTestPond,
  describeStateStore,
  fakeClock,
} from '../../lib/testing/index.js';
import { AsyncStore, flush } from '../engine/pond-under-test.js';
import { keyOf } from '../stores/records.js';

jest.setTimeout(120_000); // some seconds here, many more on a machine that others keep busy

describeStateStore('a chaos store without chaos', () => chaosStore(memoryStore()), { reopens: true });
describeStateStore('a chaos store that answers later', () => chaosStore(memoryStore(), { hang: 0 }), { reopens: true });

/** What becomes of many reads: how each ended. */
async function fates(options: ChaosOptions, reads = 1_000): Promise<string[]> {
  const store = chaosStore(new AsyncStore(), options);
  const ends: string[] = [];
  const reading = Array.from({ length: reads }, async (_, i) => {
    ends[i] = 'hung';
    try {
      await store.get(keyOf('a'));
      ends[i] = 'answered';
    } catch (error) {
      ends[i] = (error as Error).message;
    }
  });
  void Promise.all(reading);
  await flush();
  return ends;
}

function count(ends: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const end of ends) counts[end] = (counts[end] ?? 0) + 1;
  return counts;
}

describe('a chaos store', () => {
  it('has as many calls fail, lose their answer or hang as it was told', async () => {
    const counts = count(await fates({ fail: 0.2, lose: 0.1, hang: 0.3 }, 10_000));
    expect(Object.keys(counts).sort()).toEqual([
      'answered',
      'chaos: get failed',
      'chaos: the answer of get was lost',
      'hung',
    ]);
    expect(counts['chaos: get failed']).toBeGreaterThan(1_800);
    expect(counts['chaos: get failed']).toBeLessThan(2_200);
    expect(counts['chaos: the answer of get was lost']).toBeGreaterThan(850);
    expect(counts['chaos: the answer of get was lost']).toBeLessThan(1_150);
    expect(counts['hung']).toBeGreaterThan(2_750);
    expect(counts['hung']).toBeLessThan(3_250);
  });

  it('does the same again with the same seed, and other things with another', async () => {
    const options = { fail: 0.3, hang: 0.3 };
    expect(await fates({ ...options, seed: 7 })).toEqual(await fates({ ...options, seed: 7 }));
    expect(await fates({ ...options, seed: 8 })).not.toEqual(await fates({ ...options, seed: 7 }));
  });

  it('keeps a failed call from the store, and carries out one whose answer is lost', async () => {
    const inner = memoryStore();
    const store = chaosStore(inner, { fail: 1 });
    const request = { mode: 'normal', token: 't', leaseMs: 1_000 } as const;
    expect(() => store.lead(keyOf('a'), request)).toThrow('chaos: lead failed');
    expect(inner.renew(keyOf('a'), 't', 1_000)).toBe(false);
    store.change({ lose: 1 });
    expect(() => store.lead(keyOf('a'), request)).toThrow('chaos: the answer of lead was lost');
    expect(inner.renew(keyOf('a'), 't', 1_000)).toBe(true);
    expect(store.befell).toEqual({ fail: 1, lose: 1, hang: 0, delay: 0 });
  });

  it('delays by the clock of the pond, within bounds', async () => {
    const clock = fakeClock();
    const store = chaosStore(memoryStore(), { delay: ['100ms', '200ms'] });
    store.attach?.({ clock });
    let answers = 0;
    for (let i = 0; i < 50; i++) void Promise.resolve(store.get(keyOf('a'))).then(() => answers++);
    await clock.advance(99);
    expect(answers).toBe(0);
    await clock.advance(51);
    expect(answers).toBeGreaterThan(5);
    expect(answers).toBeLessThan(45);
    await clock.advance(51);
    expect(answers).toBe(50);
  });

  it('befalls only the methods it was told, never close unless asked', async () => {
    const store = chaosStore(memoryStore(), { fail: 1, only: ['commit', 'close'] });
    expect(store.get(keyOf('a'))).toBeUndefined();
    expect(() => store.close()).toThrow('chaos: close failed');
    store.change({ fail: 1 });
    expect(() => store.get(keyOf('a'))).toThrow('chaos: get failed');
    expect(() => store.close()).not.toThrow();
    store.change();
    expect(store.get(keyOf('a'))).toBeUndefined();
  });

  it('stays synchronous unless it may hang or delay, and looks like the store it wraps', () => {
    expect(chaosStore(memoryStore(), { fail: 1 })).toMatchObject({ sync: true, name: 'memory' });
    expect(chaosStore(memoryStore(), { hang: 0 }).sync).toBe(false);
    expect(chaosStore(memoryStore(), { delay: 0 }).sync).toBe(false);
    expect(chaosStore(memoryStore()).stats?.()).toEqual({ entries: 0 });
    expect(chaosStore(new AsyncStore()).stats).toBeUndefined();
    const revival = {} as Revival;
    expect(chaosStore(Object.assign(memoryStore(), { revival })).revival).toBe(revival);
    expect(chaosStore(memoryStore()).revival).toBeUndefined();
    expect(isWatchable(chaosStore(memoryStore()))).toBe(false);
    expect(isWatchable(chaosStore(Object.assign(memoryStore(), { watch: () => () => {} })))).toBe(true);
  });

  it.each<[string, () => unknown, string]>([
    ['a share above 1', () => chaosStore(memoryStore(), { fail: 2 }), 'must be a number from 0 to 1'],
    ['shares that add up to more', () => chaosStore(memoryStore(), { fail: 0.6, hang: 0.6 }), 'shares of more than 1'],
    ['an unknown method', () => chaosStore(memoryStore(), { only: ['read' as ChaosMethod] }), 'Known methods: get'],
    ['a hang of a synchronous store', () => chaosStore(memoryStore()).change({ hang: 1 }), 'Make it with hang: 0'],
    ['an unknown option', () => chaosStore(memoryStore(), { fails: 1 } as object), 'Did you mean `fail`?'],
  ])('refuses %s', (_, make, says) => {
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(says);
  });
});

/** Which stores chaos is let loose on. */
const STORES: readonly (readonly [string, (options: ChaosOptions) => StateStore])[] = [
  ['a store that answers later', (options) => chaosStore(memoryStore(), { hang: 0, ...options })],
  ['a near tier over it', (options) => tieredStore(memoryStore(), chaosStore(memoryStore(), { hang: 0, ...options }))],
];

describe('a task over a broken store', () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeEach(() => void process.on('unhandledRejection', listener));
  afterEach(async () => {
    await flush();
    process.off('unhandledRejection', listener);
    expect(unhandled.splice(0)).toEqual([]);
  });

  const trouble = fc
    .record({
      fail: fc.nat(100),
      lose: fc.nat(100),
      hang: fc.nat(100),
      well: fc.nat(50),
      seed: fc.nat(1_000),
      delay: fc.nat(1_500),
    })
    .map(({ fail, lose, hang, well, seed, delay }): ChaosOptions => {
      const sum = fail + lose + hang + well + 1;
      return { fail: fail / sum, lose: lose / sum, hang: hang / sum, seed, delay: [0, delay] };
    });

  it.each(STORES)('never fails, never hangs and never gives a wrong value: %s', async (_, make) => {
    await fc.assert(
      fc.asyncProperty(trouble, async (options) => {
        class Service {
          @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '5s', waitTimeout: '3s' }) async square(x: number) {
            return x * x;
          }
          @Task({ cacheKeyFn: taskInputHash, waitTimeout: '3s' }) async fails(x: number): Promise<number> {
            throw new Error(`own ${x}`);
          }
        }
        const pond = createTestPond({ store: make(options), storeTimeout: '1s' });
        const service = pond.bind(new Service());
        let open = 0;
        const wrong: unknown[] = [];
        for (let round = 0; round < 12; round++) {
          for (let x = 0; x < 4; x++) {
            open += 2;
            void service.square(x).then(
              (value) => (open--, value === x * x || wrong.push(value)),
              (error) => (open--, wrong.push(error)),
            );
            void service.fails(x).then(
              (value) => (open--, wrong.push(value)),
              (error) => (open--, error.message === `own ${x}` || wrong.push(error)),
            );
          }
          await pond.clock.advance('700ms');
        }
        for (let step = 0; open > 0 && step < 60; step++) await pond.clock.advance('500ms');
        expect({ open, wrong }).toEqual({ open: 0, wrong: [] });
        const closing = pond.close();
        for (let step = 0; step < 20; step++) await pond.clock.advance('1s');
        await closing;
      }),
      { numRuns: 25 },
    );
  });

  it('that is synchronous never fails: it runs where the store throws', () => {
    const store = chaosStore(memoryStore(), { fail: 0.4, lose: 0.3, seed: 3 });
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) square(x: number) {
        return x * x;
      }
    }
    const pond = createTestPond({ store });
    const service = pond.bind(new Service());
    for (let i = 0; i < 300; i++) expect(service.square(i % 7)).toBe((i % 7) ** 2);
    expect(pond.stats().storeErrors).toBeGreaterThan(5);
  });

  it('uses it again once it is well', async () => {
    const store = chaosStore(memoryStore(), { fail: 1 });
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) async square(x: number) {
        return x * x;
      }
    }
    const pond = createTestPond({ store });
    const service = pond.bind(new Service());
    for (let i = 0; i < 10; i++) expect((await returnState(service).square(3)).cache?.status).toBe('error');
    store.change();
    await pond.clock.advance('1m');
    await service.square(3);
    expect((await returnState(service).square(3)).cache?.status).toBe('hit');
  });
});
