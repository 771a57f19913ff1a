import { setImmediate as later } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPond, memoryStore, refresh, returnState, type StateStore, submit, Task, task } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/** A task whose end is in the spec's hands. */
function held<T>(name: string, value: T) {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const run = task(
    async () => {
      await gate;
      return value;
    },
    { name },
  );
  return { run, open };
}

describe('stats', () => {
  it('add up, whatever is called', async () => {
    class Many {
      @Task({ cacheKeyFn: (_context, { key }: { key: string | null }) => key, parameters: ['key', 'fail'] })
      async keyed(_key: string | null, fail: boolean) {
        if (fail) throw new Error('x');
        return 1;
      }

      @Task({ retries: 1 })
      async plain(fail: boolean) {
        if (fail) throw new Error('x');
      }
    }
    const action = fc.record({
      verb: fc.constantFrom('call', 'plain', 'refresh', 'state'),
      key: fc.constantFrom('a', 'b', 'c', null),
      fail: fc.boolean(),
      wait: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        const pond = createTestPond();
        const many = pond.bind(new Many());
        const all: Promise<unknown>[] = [];
        let keyed = 0;
        let failedPlain = 0;
        let refreshed = 0;
        for (const { verb, key, fail, wait } of actions) {
          if (verb !== 'plain') keyed++;
          else if (fail) failedPlain++;
          if (verb === 'refresh' && key !== null) refreshed++;
          const view = verb === 'refresh' ? refresh(many) : many;
          const call =
            verb === 'plain'
              ? many.plain(fail)
              : verb === 'state'
                ? returnState(many).keyed(key, fail)
                : view.keyed(key, fail);
          all.push(call.catch(() => {}));
          if (wait) await call.catch(() => {});
        }
        await Promise.all(all);
        const { hits, joined, misses, refreshes, uncacheable, bypassed, runs, failures, hitRate, stores } =
          pond.stats();
        expect(hits + joined + misses + refreshes + uncacheable).toBe(keyed);
        expect(refreshes).toBe(refreshed);
        expect(uncacheable).toBe(actions.filter(({ verb, key }) => verb !== 'plain' && key === null).length);
        expect(bypassed).toBe(actions.length - keyed);
        expect(runs).toBe(misses + refreshes + uncacheable + bypassed + failedPlain);
        expect(failures).toBeLessThanOrEqual(misses + refreshes + uncacheable + bypassed);
        expect(hitRate).toBe(hits + joined === 0 ? 0 : (hits + joined) / (hits + joined + misses));
        const entries = stores.memory?.entries ?? 0;
        expect(entries).toBeLessThanOrEqual(3);
        expect(pond.runtime.pending.size).toBe(0);
        expect(pond.clock.timers).toBe(0);
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it('are zero at first, and a copy', () => {
    const pond = createTestPond();
    const stats = pond.stats();
    expect(stats).toMatchObject({ hits: 0, misses: 0, runs: 0, flowRuns: 0, hitRate: 0, stores: {} });
    (stats as { hits: number }).hits = 9;
    expect(pond.stats().hits).toBe(0);
  });

  it('have each store that was used, also two of one name', async () => {
    const pond = createTestPond({ stores: { second: memoryStore(), unused: memoryStore() } });
    const one = task(async (n: number) => n, { name: 'one', cacheKeyFn: (_c, { n }: { n: number }) => `${n}` });
    const two = task(async (n: number) => n, {
      name: 'two',
      cacheKeyFn: (_c, { n }: { n: number }) => `${n}`,
      store: 'second',
    });
    await pond.run(async () => [await one(1), await one(2), await two(1)]);
    expect(pond.stats().stores).toEqual({ memory: { entries: 2 }, 'memory 2': { entries: 1 } });
  });
});

describe('close', () => {
  it('waits for submitted runs and for hooks, and for what those begin', async () => {
    const pond = createTestPond();
    const { run, open } = held('first', 1);
    const ended: string[] = [];
    const second = task(async () => void ended.push('second'), { name: 'second' });
    const first = task(
      async () => {
        await run();
        ended.push('first');
      },
      {
        name: 'outer',
        onCompletion: async () => {
          await later();
          await pond.run(() => submit(second)().wait());
          ended.push('hook');
        },
      },
    );
    pond.run(() => submit(first)());
    let closed = false;
    const closing = pond.close().then(() => {
      closed = true;
    });
    await later();
    expect(closed).toBe(false);
    open();
    await closing;
    expect(ended).toEqual(['first', 'second', 'hook']);
    expect(pond.runtime.pending.size).toBe(0);
    expect(pond.clock.timers).toBe(0);
  });

  it('waits no longer than the deadline, and says what is left', async () => {
    const lines: string[] = [];
    const add = (message: string): void => void lines.push(message);
    const pond = createTestPond({ logLevel: 'warn', logger: { debug: add, info: add, warn: add, error: add } });
    const { run, open } = held('slow', 1);
    pond.run(() => submit(run)());
    let closed = false;
    const closing = pond.close('3s').then(() => {
      closed = true;
    });
    await pond.clock.advance(2_999);
    expect(closed).toBe(false);
    await pond.clock.advance(1);
    await closing;
    expect(lines).toEqual(['flowpond - pond.close: 1 hooks or submitted runs still under way after 3000 ms']);
    open();
  });

  it('is done once, however often it is asked for', async () => {
    let closes = 0;
    const store = { ...plainStore(), close: () => void closes++ };
    const pond = createTestPond({ store });
    const quote = task(async () => 1, { name: 'quote', cacheKeyFn: () => 'k' });
    await pond.run(() => quote());
    expect(pond.close()).toBe(pond.close());
    await pond.close();
    await pond[Symbol.asyncDispose]();
    expect(closes).toBe(1);
    expect(() => pond.close(-1)).toThrow(/pond\.close: option `deadline`/);
  });

  it('is survived by a store that cannot, and by one that never answers', async () => {
    const troubles: string[] = [];
    const bad = {
      ...plainStore(),
      name: 'bad',
      close: () => {
        throw new Error('no');
      },
    };
    const mute = { ...plainStore(), name: 'mute', close: () => new Promise<void>(() => {}) };
    const pond = createTestPond({ stores: { bad, mute } });
    pond.events.on('trouble', ({ message }) => troubles.push(message));
    for (const store of ['bad', 'mute']) {
      const quote = task(async () => 1, { name: `quote ${store}`, cacheKeyFn: () => 'k', store });
      await pond.run(() => quote());
    }
    const closing = pond.close();
    await later();
    await pond.clock.advance('1s');
    await closing;
    expect(troubles).toEqual([
      "store 'bad' failed to close: no",
      "store 'mute' failed to close: no answer within 1000 ms",
    ]);
    expect(pond.clock.timers).toBe(0);
  });

  it('lets later calls run, uncached', async () => {
    const pond = createTestPond();
    let runs = 0;
    const quote = task(async () => ++runs, { name: 'quote', cacheKeyFn: () => 'k' });
    await pond.run(() => quote());
    await pond.close();
    expect(await pond.run(() => quote())).toBe(2);
    const state = await pond.run(() => returnState(quote)());
    expect([state.result(), state.cache?.status, state.cache?.reason]).toEqual([3, 'bypass', 'off']);
    expect(pond.stats().stores.memory?.entries).toBe(0);
  });

  it('happens at the end of a block with await using', async () => {
    let pond: ReturnType<typeof createPond>;
    {
      await using own = createPond({ logLevel: 'silent' });
      pond = own;
      expect(pond.runtime.closed).toBe(false);
    }
    expect(pond.runtime.closed).toBe(true);
  });
});

/** A store that stores nothing. */
function plainStore(): StateStore {
  return {
    name: 'plain',
    sync: true,
    get: () => undefined,
    lead: () => ({ status: 'lead', generation: 1, miss: { reason: 'first-seen' } }),
    renew: () => true,
    commit: () => ({ committed: true }),
    abandon: () => undefined,
    invalidate: () => undefined,
    close: () => undefined,
  };
}
