import { describe, expect, it } from '@jest/globals';
import { andThen, isThenable } from '../../lib/base/maybe-promise.js';

describe('a thenable', () => {
  it.each([Promise.resolve(), { then() {} }, Object.assign(() => {}, { then() {} })])('is %p', (value) => {
    expect(isThenable(value)).toBe(true);
  });

  it.each([undefined, null, 5, 'then', {}, { then: 5 }, () => {}, []])('is not %p', (value) => {
    expect(isThenable(value)).toBe(false);
  });
});

describe('going on with an answer', () => {
  it('happens at once where it is there', () => {
    expect(andThen(2, (n) => n * 2)).toBe(4);
    expect(() =>
      andThen(2, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
  });

  it('happens later where it comes later', async () => {
    await expect(andThen(Promise.resolve(2), (n) => n * 2)).resolves.toBe(4);
    await expect(andThen(Promise.resolve(2), async (n) => n * 2)).resolves.toBe(4);
    await expect(andThen(Promise.reject(new Error('no')), () => 1)).rejects.toThrow('no');
  });
});
