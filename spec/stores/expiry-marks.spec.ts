import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExpiryMarks, expiredSince, withMark } from '../../lib/stores/expiry-marks.js';

describe('The marks of expiries', () => {
  it('say since when what began at a generation has been expired: since the first expiry after it', () => {
    const marks = withMark(withMark(undefined, 10, 1_000), 20, 5_000);
    const since = [1, 10, 11, 20, 21].map((generation) => expiredSince(marks, generation));
    expect(since).toEqual([1_000, 1_000, 5_000, 5_000, Number.POSITIVE_INFINITY]);
    expect(expiredSince(undefined, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('are bounded; what they say is never too late, never before the first, and exact for what expired last', () => {
    const gaps = fc.array(fc.constantFrom(0, 1, 10, 1_000, 100_000), { minLength: 1, maxLength: 200, size: 'max' });
    const property = fc.property(gaps, (times) => {
      let marks: ExpiryMarks | undefined;
      let now = 0;
      const all: number[] = [];
      for (const [generation, gap] of times.entries()) {
        now += gap;
        all.push(now);
        marks = withMark(marks, generation, now);
        expect(marks.length).toBeLessThanOrEqual(16);
      }
      for (const [generation, at] of all.entries()) {
        const since = expiredSince(marks, generation);
        expect(since).toBeLessThanOrEqual(at);
        expect(since).toBeGreaterThanOrEqual(all[0] as number);
      }
      expect(expiredSince(marks, 0)).toBe(all[0]);
      expect(expiredSince(marks, all.length)).toBe(Number.POSITIVE_INFINITY);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('stay near the truth where something is expired every second for a day', () => {
    let marks: ExpiryMarks | undefined;
    for (let second = 1; second <= 86_400; second++) marks = withMark(marks, second, second);
    for (const ago of [0, 10, 60, 600, 3_600, 36_000]) {
      const age = 86_400 - expiredSince(marks, 86_400 - ago);
      expect(age).toBeGreaterThanOrEqual(ago);
      expect(age).toBeLessThanOrEqual(3 * ago + 1);
    }
  });
});
