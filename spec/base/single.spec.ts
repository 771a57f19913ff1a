import { describe, expect, it, jest } from '@jest/globals';
import { single } from '../../lib/base/single.js';

describe('what a process has once', () => {
  it('is made by the first who asks, and given to all', () => {
    const make = jest.fn(() => ({}));
    const name = `spec ${Math.random()}`;
    expect(single(name, make)).toBe(single(name, () => ({})));
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('can be undefined', () => {
    const make = jest.fn(() => undefined);
    const name = `spec ${Math.random()}`;
    single(name, make);
    single(name, make);
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('is one for another copy of the package', async () => {
    const name = `spec ${Math.random()}`;
    const own = single(name, () => ({}));
    jest.resetModules();
    const copy = (await import('../../lib/base/single.js')) as { readonly single: typeof single };
    expect(copy.single).not.toBe(single);
    expect(copy.single(name, () => ({}))).toBe(own);
  });

  it('is not made where making it throws, and is tried again', () => {
    const name = `spec ${Math.random()}`;
    expect(() =>
      single(name, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(single(name, () => 5)).toBe(5);
  });

  it('is not listed among the globals, nor replaced', () => {
    single('x', () => 1);
    const home = Symbol.for('flowpond.single.1');
    expect(Object.getOwnPropertyDescriptor(globalThis, home)).toMatchObject({
      enumerable: false,
      writable: false,
      configurable: false,
    });
  });
});
