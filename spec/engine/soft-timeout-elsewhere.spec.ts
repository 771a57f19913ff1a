import { describe, expect, it } from '@jest/globals';
import { returnState, type State, task, taskInputHash, withOptions } from '../../lib/index.js';
import { heldElsewhere } from './held-elsewhere.js';
import { BOTH_KINDS_OF_STORE, flush, nothingIsLeft } from './pond-under-test.js';

nothingIsLeft();

const seen = (state: State): unknown => [state.name, state.cache?.status, state.cache?.reason, state.result()];

describe.each(BOTH_KINDS_OF_STORE)('softTimeout of a call that waits for a run elsewhere, over %s', (_, open) => {
  /** An expired value, and another pond that renews it until `end` is called. */
  async function expired() {
    const { here, there, clock, gate, body, wait, runs } = heldElsewhere(open(), 2);
    const quote = task(body, {
      name: 'quote',
      cacheKeyFn: taskInputHash,
      cacheExpiration: '10s',
      staleIfError: '1h',
      softTimeout: '2s',
      tags: ['prices'],
    });
    const patient = withOptions(quote, { softTimeout: undefined });
    await there.run(patient);
    await clock.advance('11s');
    const holder = there.run(patient);
    await flush();
    const end = async (): Promise<void> => {
      gate.resolve();
      expect(await holder).toBe(2);
    };
    return { here, there, quote, patient, wait, end, runs };
  }

  it('gives the old value, and leaves the run to the other', async () => {
    const { here, quote, wait, end, runs } = await expired();
    expect(here.clock.timers).toBe(0);
    const calls = [1, 2].map(() => here.run(() => returnState(quote)()));
    await wait(2);
    expect((await Promise.all(calls)).map(seen)).toEqual([1, 2].map(() => ['Cached', 'stale', 'expired', 1]));
    expect(runs()).toBe(2);
    expect([here.runtime.pending.size, here.clock.timers]).toEqual([0, 0]);
    await end();
    expect(await here.run(quote)).toBe(2);
  });

  it('leaves who joined without it waiting', async () => {
    const { here, quote, patient, wait, end, runs } = await expired();
    const soft = here.run(() => returnState(quote)());
    const waiting = here.run(() => returnState(patient)());
    await wait(2);
    expect(seen(await soft)).toEqual(['Cached', 'stale', 'expired', 1]);
    await end();
    await wait(1);
    expect((await waiting).result()).toBe(2);
    expect(runs()).toBe(2);
  });

  it('gives what was stored elsewhere, if that comes first', async () => {
    const { here, quote, wait, end } = await expired();
    const call = here.run(() => returnState(quote)());
    await wait(1);
    await end();
    await wait(1);
    expect(seen(await call)).toEqual(['Cached', 'hit', undefined, 2]);
  });

  it('gives nothing that was invalidated meanwhile: it waits on, and computes', async () => {
    const { here, there, quote, wait, end } = await expired();
    const call = here.run(() => returnState(quote)());
    await wait(1);
    await there.invalidate({ tags: 'prices' });
    await wait(3);
    await end();
    await wait(1);
    expect((await call).result()).toBe(3);
  });
});
