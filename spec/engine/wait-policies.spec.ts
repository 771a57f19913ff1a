import { describe, expect, it } from '@jest/globals';
import { memoryStore, returnState, type StateStore, task, taskInputHash, withOptions } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { createTestPond, fakeClock } from '../../lib/testing/index.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import { flush } from './pond-under-test.js';

const STORES: readonly (readonly [string, () => StateStore])[] = [
  ['memory', () => memoryStore()],
  ['SQLite', () => closing(sqliteStore({ path: temporaryPath() }))],
];

/** SQLite commits in a turn of its own, which the fake clock knows nothing of. Turns are counted, not timed: a machine may stand still. */
async function committed(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await flush();
}

describe.each(STORES)("onWaitTimeout: 'stale' over %s", (_, open) => {
  /** A value that has expired, and another pond that computes it anew until `end` is called. */
  async function expired({ stored = true } = {}) {
    const store = open();
    const clock = fakeClock();
    const [here, there] = [createTestPond({ store, clock }), createTestPond({ store, clock })];
    let runs = 0;
    let end: () => void = () => {};
    const quote = task(
      async () => {
        const run = ++runs;
        if (run === 2) await new Promise<void>((resolve) => (end = resolve));
        return `run ${run}`;
      },
      {
        name: 'quote',
        cacheKeyFn: taskInputHash,
        cacheExpiration: '10s',
        tags: ['prices'],
        lease: '1m',
        waitTimeout: '2s',
        onWaitTimeout: 'stale',
      },
    );
    if (stored) await there.run(quote);
    else runs++;
    await clock.advance('11s');
    const holder = there.run(quote);
    await clock.advance(1);
    const finish = async (): Promise<void> => {
      end();
      expect(await holder).toBe('run 2');
    };
    const wait = async (): Promise<void> => {
      for (let second = 0; second < 3; second++) {
        await committed();
        await clock.advance('1s');
      }
      await committed();
    };
    return { here, there, quote, finish, wait, runs: () => runs };
  }

  it('gives the expired value once the wait is over, and says why', async () => {
    const { here, quote, finish, wait, runs } = await expired();
    const waiter = here.run(() => returnState(quote)());
    await wait();
    const state = await waiter;
    expect(state.result()).toBe('run 1');
    expect(state.cache).toMatchObject({
      status: 'stale',
      reason: 'wait-timeout',
      detail: 'waited 2.00s for a run elsewhere that holds the key',
    });
    expect(runs()).toBe(2);
    await finish();
    expect(await here.run(quote)).toBe('run 2');
  });

  it('gives what the run elsewhere stored, if that comes first', async () => {
    const { here, quote, finish, wait } = await expired();
    const waiter = here.run(() => returnState(quote)());
    await finish();
    await wait();
    const state = await waiter;
    expect([state.result(), state.cache?.status]).toEqual(['run 2', 'hit']);
  });

  it('computes without storing where there is no expired value', async () => {
    const { here, quote, finish, wait } = await expired({ stored: false });
    const waiter = here.run(() => returnState(quote)());
    await wait();
    const state = await waiter;
    expect([state.result(), state.cache?.reason]).toEqual(['run 3', 'wait-timeout']);
    await finish();
    expect(await here.run(quote)).toBe('run 2');
  });

  it('does not give a value that was invalidated while it waited', async () => {
    const { here, there, quote, finish, wait } = await expired();
    const waiter = here.run(() => returnState(quote)());
    await there.invalidate({ tags: 'prices' });
    await wait();
    expect((await waiter).result()).toBe('run 3');
    await finish();
  });

  it('gives it to those who joined and would have it too, not to a call with another policy', async () => {
    const { here, quote, finish, wait } = await expired();
    const waiter = here.run(() => quote());
    const joiner = here.run(() => returnState(quote)());
    const strict = here.run(() => returnState(withOptions(quote, { onWaitTimeout: 'run' }))());
    const failing = here.run(() => returnState(withOptions(quote, { onWaitTimeout: 'fail' }))());
    await wait();
    expect([await waiter, (await joiner).result(), (await joiner).cache?.status]).toEqual(['run 1', 'run 1', 'stale']);
    await wait();
    expect((await strict).result()).not.toBe('run 1');
    const ending = await failing;
    expect(ending.isFailed() || ending.result() !== 'run 1').toBe(true);
    await finish();
  });
});
