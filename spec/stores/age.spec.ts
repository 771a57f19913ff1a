import { describe, expect, it } from '@jest/globals';
import { Age } from '../../lib/stores/age.js';
import { fakeClock } from '../../lib/testing/index.js';

describe('the age of entries', () => {
  it('is young for nine tenths of the time at least, and old after all of it', async () => {
    const clock = fakeClock();
    const age = new Age(() => clock, 1_000);
    age.stamp();
    for (let wait = 0; wait < 100; wait += 7) {
      await clock.advance(wait);
      const stamp = age.stamp();
      await clock.advance(899);
      expect(age.isOld(stamp)).toBe(false);
      await clock.advance(101);
      expect(age.isOld(stamp)).toBe(true);
    }
  });

  it('keeps a timer while anything is young, which does not hold the process', async () => {
    const clock = fakeClock();
    const holds: unknown[] = [];
    const { after } = clock;
    clock.after = (ms, callback, hold) => {
      holds.push(hold);
      return after(ms, callback);
    };
    const age = new Age(() => clock, 1_000);
    expect(clock.timers).toBe(0);
    age.stamp();
    await clock.advance(500);
    age.stamp();
    await clock.advance(900);
    expect(clock.timers).toBe(1);
    await clock.advance(100);
    expect(clock.timers).toBe(0);
    expect(new Set(holds)).toEqual(new Set([false]));
  });

  it('jumps with either clock after a pause', () => {
    for (const jumping of ['wall', 'steady']) {
      const [times, fire] = [{ wall: 0, steady: 0 }, [] as (() => void)[]];
      const clock = {
        now: () => times.wall,
        monotonic: () => times.steady,
        after: (_: number, callback: () => void) => {
          fire.push(callback);
          return () => {};
        },
      };
      const age = new Age(() => clock, 1_000);
      const stamp = age.stamp();
      Object.assign(times, { [jumping]: 5_000 });
      fire.pop()?.();
      expect(age.isOld(stamp)).toBe(true);
    }
  });

  it('ends with everything old and no timer', async () => {
    const clock = fakeClock();
    const age = new Age(() => clock, 1_000);
    const stamp = age.stamp();
    age.close();
    expect([age.isOld(stamp), clock.timers]).toEqual([true, 0]);
  });
});
