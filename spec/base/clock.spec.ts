import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../lib/base/clock.js';

const LONGEST = 2 ** 31 - 1;

describe('the system clock', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it("tells the wall time, a user's fake timers included", () => {
    expect(systemClock.now()).toBe(1_000_000);
    jest.setSystemTime(5_000);
    expect(systemClock.now()).toBe(5_000);
  });

  it('measures with a time that does not follow the wall clock back', () => {
    const start = systemClock.monotonic();
    jest.setSystemTime(0);
    jest.advanceTimersByTime(250);
    expect(systemClock.monotonic() - start).toBe(250);
  });

  it('calls back once, not before its time', () => {
    const callback = jest.fn();
    systemClock.after(1_000, callback);
    jest.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(10_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls back soon, but not at once, after zero', () => {
    const callback = jest.fn();
    systemClock.after(0, callback);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('gives the callback no arguments', () => {
    const callback = jest.fn();
    systemClock.after(LONGEST + 1, callback);
    jest.advanceTimersByTime(LONGEST + 1);
    expect(callback.mock.calls).toEqual([[]]);
  });

  it.each([LONGEST, LONGEST + 1, 2 * LONGEST, 2 * LONGEST + 1, 365 * 86_400_000])(
    'never sets a timer that Node would fire at once, and keeps %d ms to the millisecond',
    (length) => {
      const set = jest.spyOn(globalThis, 'setTimeout');
      const callback = jest.fn();
      systemClock.after(length, callback);
      jest.advanceTimersByTime(length - 1);
      expect(callback).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(callback).toHaveBeenCalledTimes(1);
      const delays = set.mock.calls.map(([, delay]) => delay as number);
      expect(Math.max(...delays)).toBeLessThanOrEqual(LONGEST);
      expect(delays).toHaveLength(Math.ceil(length / LONGEST));
      expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(length);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it('can be stopped before and after a long timer was armed again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 * LONGEST }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (length, share) => {
          const callback = jest.fn();
          const stop = systemClock.after(length, callback);
          jest.advanceTimersByTime(Math.floor(length * share));
          stop();
          expect(jest.getTimerCount()).toBe(0);
          jest.advanceTimersByTime(length);
          expect(callback).not.toHaveBeenCalled();
          stop();
        },
      ),
    );
  });

  it('can be stopped after it called back, and from within', () => {
    const callback = jest.fn(() => stop());
    const stop = systemClock.after(10, callback);
    jest.advanceTimersByTime(10);
    stop();
    expect(callback).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stops only its own timer', () => {
    const [one, other] = [jest.fn(), jest.fn()];
    systemClock.after(10, one)();
    systemClock.after(10, other);
    jest.advanceTimersByTime(10);
    expect([one, other].map((callback) => callback.mock.calls.length)).toEqual([0, 1]);
  });

  it('holds the process unless told not to, re-armed timers as well', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    systemClock.after(LONGEST + 5, () => {});
    systemClock.after(LONGEST + 5, () => {}, false);
    jest.advanceTimersByTime(LONGEST);
    const held = set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef());
    expect(held).toEqual([true, false, true, false]);
  });

  it('does without unref where a timer is a number', () => {
    jest.spyOn(globalThis, 'setTimeout').mockReturnValue(7 as unknown as ReturnType<typeof setTimeout>);
    expect(() => systemClock.after(10, () => {}, false)).not.toThrow();
  });
});
