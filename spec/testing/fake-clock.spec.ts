import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTestPond, fakeClock } from '../../lib/testing/index.js';

describe('a fake clock', () => {
  it('stands still until it is moved, wall and monotonic time together', async () => {
    const clock = fakeClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance('1.5s');
    expect([clock.now(), clock.monotonic()]).toEqual([2_500, 1_500]);
    expect(fakeClock(new Date(7)).now()).toBe(7);
  });

  it('fires timers in the order in which they fall due, those of one moment in the order they were set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 20 }), async (delays) => {
        const clock = fakeClock(0);
        const fired: [number, number][] = [];
        for (const [index, ms] of delays.entries()) clock.after(ms, () => fired.push([clock.now(), index]));
        await clock.advance(50);
        const due = delays.map((ms, index) => [ms, index] as [number, number]).sort(([a, i], [b, j]) => a - b || i - j);
        expect(fired).toEqual(due);
        expect(clock.timers).toBe(0);
      }),
    );
  });

  it('fires timers that timers set, if they fall due on the way', () => {
    const clock = fakeClock(0);
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    void clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
    expect(clock.timers).toBe(1);
  });

  it('fires no timer that was stopped, not even by another one of the same moment', () => {
    const clock = fakeClock();
    const fired: string[] = [];
    clock.after(5, () => {
      fired.push('first');
      stop();
    });
    const stop = clock.after(5, () => fired.push('second'));
    void clock.advance(5);
    expect(fired).toEqual(['first']);
    expect(clock.timers).toBe(0);
  });

  it('lets what waited for its timers go on before advance resolves', async () => {
    const clock = fakeClock();
    let after = false;
    void new Promise<void>((resolve) => clock.after(1, resolve)).then(async () => {
      await null;
      after = true;
    });
    await clock.advance(1);
    expect(after).toBe(true);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5 sec', null])('refuses to move by %p', (by) => {
    expect(() => fakeClock().advance(by as never)).toThrow(/clock\.advance: option `by`/);
  });
});

describe('a test pond', () => {
  it('has a clock of its own, or the one given, and its log is silent', () => {
    const one = createTestPond();
    const clock = fakeClock();
    expect(one.clock).not.toBe(createTestPond().clock);
    expect(createTestPond({ clock }).clock).toBe(clock);
    expect(one.runtime.log.enabled('error')).toBe(false);
    expect(one.runtime.clock).toBe(one.clock);
  });
});
