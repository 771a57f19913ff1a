import { describe, expect, it } from '@jest/globals';
import { memoryStore, returnState, task, taskInputHash, withOptions } from '../../lib/index.js';
import { heldElsewhere } from './held-elsewhere.js';
import { flush, nothingIsLeft } from './pond-under-test.js';

nothingIsLeft();

describe("a call that joins one with onWaitTimeout: 'stale'", () => {
  it('and asks for a copy computes where there can be none of the expired value', async () => {
    const { here, there, clock, gate, body, wait } = heldElsewhere(memoryStore(), 2);
    const quote = task(
      async () => {
        const run = await body();
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
    await wait(5);
    expect([(await leader).price(), (await joiner).result().price()]).toEqual([1, 3]);
    gate.resolve();
    expect((await holder).price()).toBe(2);
  });

  it.each([
    ['fail', 'TimedOut'],
    ['run', 'Completed'],
  ] as const)("waits no longer than it may itself where its own policy is '%s'", async (onWaitTimeout, name) => {
    const { here, there, clock, gate, body, wait } = heldElsewhere(memoryStore(), 2);
    const quote = task(body, {
      name: 'quote',
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      waitTimeout: '10s',
      onWaitTimeout: 'stale',
    });
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
    const { here, there, clock, gate, body, wait } = heldElsewhere(memoryStore(), 1);
    const options = { name: 'quote', cacheKeyFn: taskInputHash, waitTimeout: '10s', onWaitTimeout: 'fail' } as const;
    const quote = task(body, options);
    const holder = there.run(quote);
    await flush();
    const leader = here.run(() => returnState(quote)());
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
