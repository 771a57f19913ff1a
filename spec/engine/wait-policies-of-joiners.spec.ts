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

  it.each([
    ['fail', 'TimedOut'],
    ['run', 'Completed'],
  ] as const)("waits no longer than it may itself where its own policy is '%s'", async (onWaitTimeout, name) => {
    const [store, clock] = [memoryStore(), fakeClock()];
    const [here, there] = [pondUnderTest({ store, clock }), pondUnderTest({ store, clock })];
    const gate = deferred();
    let runs = 0;
    const quote = task(async () => (++runs === 2 ? gate.promise : undefined), {
      name: 'quote',
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      waitTimeout: '10s',
      onWaitTimeout: 'stale',
    });
    const wait = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        await flush();
        await clock.advance('1s');
      }
      await flush();
    };
    await there.run(quote);
    await clock.advance('11s');
    const holder = there.run(quote);
    await flush();
    const leader = here.run(() => returnState(quote)());
    await wait(6);
    const ended: string[] = [];
    const joiner = here.run(() => returnState(withOptions(quote, { onWaitTimeout }))());
    void joiner.then((state) => ended.push(state.name));
    await wait(9);
    expect([(await leader).cache?.status, ended]).toEqual(['stale', []]);
    await wait(1);
    expect(ended).toEqual([name]);
    gate.resolve();
    await holder;
  });
});

describe("a call that joins one with onWaitTimeout: 'fail'", () => {
  /** A run elsewhere that holds the key until `end` is called, and a call that waits for it. */
  async function waiting() {
    const [store, clock] = [memoryStore(), fakeClock()];
    const [here, there] = [pondUnderTest({ store, clock }), pondUnderTest({ store, clock })];
    const gate = deferred();
    let runs = 0;
    const quote = task(
      async () => {
        const run = ++runs;
        if (run === 1) await gate.promise;
        return run;
      },
      { name: 'quote', cacheKeyFn: taskInputHash, waitTimeout: '10s', onWaitTimeout: 'fail' },
    );
    const holder = there.run(quote);
    await flush();
    const leader = here.run(() => returnState(quote)());
    const wait = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        await flush();
        await clock.advance('1s');
      }
      await flush();
    };
    return { here, quote, holder, leader, gate, wait, clock };
  }

  it('waits as long as it may itself, and no longer', async () => {
    const { here, quote, holder, leader, gate, wait } = await waiting();
    await wait(8);
    const late = [1, 2].map(() => here.run(() => returnState(quote)()));
    const ended: string[] = [];
    for (const call of [leader, ...late]) void call.then((state) => ended.push(state.name));
    await wait(2);
    expect(ended).toEqual(['TimedOut']);
    await wait(7);
    expect(ended).toEqual(['TimedOut']);
    await wait(1);
    expect(ended).toEqual(['TimedOut', 'TimedOut', 'TimedOut']);
    gate.resolve();
    await holder;
  });

  it('has what was stored after the other gave up', async () => {
    const { here, quote, holder, leader, gate, wait } = await waiting();
    await wait(8);
    const late = here.run(quote);
    await wait(2);
    expect((await leader).name).toBe('TimedOut');
    gate.resolve();
    await wait(1);
    expect([await holder, await late]).toEqual([1, 1]);
  });

  it('shares the failure where it began to wait with the other, or next to', async () => {
    const { here, quote, holder, leader, gate, wait, clock } = await waiting();
    await clock.advance(5);
    const joiner = here.run(() => returnState(quote)());
    await wait(9);
    await clock.advance(996);
    await flush();
    expect([(await leader).name, (await joiner).name]).toEqual(['TimedOut', 'TimedOut']);
    expect((await joiner).cache?.status).toBe('joined');
    gate.resolve();
    await holder;
  });

  it('computes where its own policy is to run', async () => {
    const { here, quote, holder, gate, wait, clock } = await waiting();
    const joiner = here.run(() => returnState(withOptions(quote, { onWaitTimeout: 'run' }))());
    await wait(10);
    await clock.advance(10);
    expect((await joiner).result()).toBe(2);
    gate.resolve();
    await holder;
  });
});
