import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoreEvent } from '../../lib/index.js';
import { Watchers } from '../../lib/redis/watchers.js';

/** What a watched store looks at every second, besides listening: a connection may be half open. */
describe('the look at the server', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const set = () => {
    let [up, looks] = [true, 0];
    const watchers = new Watchers(async () => {
      looks++;
      if (!up) throw new Error('no answer');
    });
    const heard: StoreEvent[] = [];
    const listener = (event: StoreEvent): number => heard.push(event);
    const seconds = (count: number): Promise<void> => jest.advanceTimersByTimeAsync(count * 1_000);
    return { watchers, listener, heard, seconds, looks: () => looks, turn: (on: boolean) => (up = on) };
  };

  it('is taken every second while somebody listens, however many', async () => {
    const { watchers, listener, seconds, looks } = set();
    await seconds(3);
    expect(looks()).toBe(0);
    const other = (): void => {};
    watchers.add(listener);
    watchers.add(other);
    await seconds(3);
    expect(looks()).toBe(3);
    watchers.remove(listener);
    await seconds(1);
    expect(looks()).toBe(4);
    watchers.remove(other);
    await seconds(3);
    expect([looks(), watchers.any]).toEqual([4, false]);
  });

  it('that fails has listeners trust nothing, once, and again only after one that did not', async () => {
    const { watchers, listener, heard, seconds, turn } = set();
    watchers.add(listener);
    await seconds(2);
    expect(heard).toEqual([]);
    turn(false);
    await seconds(3);
    expect(heard).toEqual([{ kind: 'distrust' }]);
    turn(true);
    await seconds(1);
    turn(false);
    await seconds(2);
    expect(heard).toEqual([{ kind: 'distrust' }, { kind: 'distrust' }]);
    watchers.close();
  });
});
