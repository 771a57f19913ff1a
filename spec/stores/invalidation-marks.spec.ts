import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidationMarks, slotOf } from '../../lib/stores/invalidation-marks.js';

describe('marks of invalidations', () => {
  it('void what was good before them, in their slot', () => {
    const marks = new InvalidationMarks();
    const before = marks.now;
    marks.mark(7, undefined);
    expect(marks.voided(7, before, 1e15)).toBe(true);
    expect(marks.voided(8, before, 1e15)).toBe(false);
    expect(marks.voided(7, marks.now, 1e15)).toBe(false);
  });

  it('with a generation leave what is newer', () => {
    const marks = new InvalidationMarks();
    const before = marks.now;
    marks.mark(7, 100);
    expect([99, 100, 101].map((generation) => marks.voided(7, before, generation))).toEqual([true, true, false]);
  });

  it('without one, long ago, do not void what is newer than later ones', () => {
    const marks = new InvalidationMarks();
    marks.mark(7, undefined);
    const since = marks.now;
    marks.mark(7, 100);
    expect(marks.voided(7, since, 101)).toBe(false);
  });

  it('never let a void record pass, whatever came in whatever order', () => {
    const mark = fc.record({ name: fc.constantFrom('a', 'b', 'c'), upTo: fc.option(fc.nat(50), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(mark), fc.array(mark), fc.nat(50), (earlier, later, generation) => {
        const marks = new InvalidationMarks();
        for (const { name, upTo } of earlier) marks.mark(slotOf(name), upTo);
        const since = marks.now;
        for (const { name, upTo } of later) marks.mark(slotOf(name), upTo);
        const isVoid = later.some(({ name, upTo }) => name === 'a' && (upTo === undefined || upTo >= generation));
        if (isVoid) expect(marks.voided(slotOf('a'), since, generation)).toBe(true);
        if (later.every(({ name }) => name !== 'a')) expect(marks.voided(slotOf('a'), since, generation)).toBe(false);
      }),
    );
  });

  it('are spread over the slots, and apart by kind', () => {
    const slots = new Set(Array.from({ length: 10_000 }, (_, i) => slotOf(`name ${i}`)));
    expect(slots.size).toBeGreaterThan(6_500); // of 16,384, at random: 7,500
    expect(slotOf('a', 'tag')).not.toBe(slotOf('a', 'task'));
  });
});
