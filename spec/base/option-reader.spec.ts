import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidOptionsError } from '../../lib/base/errors.js';
import { flag, fn, mergeOptions, oneOf, readOptions, share, text, texts, whole } from '../../lib/base/option-reader.js';

const schema = { retries: whole(0), name: text, verbose: flag };

describe('reading options', () => {
  it('gives those that were given, and no others', () => {
    const parsed = readOptions(schema, { retries: 3, name: undefined }, 'spec');
    expect(Object.keys(parsed)).toEqual(['retries', 'name']);
    expect(parsed.retries).toBe(3);
    expect(parsed.verbose).toBeUndefined();
    expect(Object.getPrototypeOf(parsed)).toBeNull();
  });

  it('reads own properties only, without their getters being asked twice', () => {
    let asked = 0;
    const given = Object.create(
      { retries: 5 },
      { name: { enumerable: true, get: () => `asked ${++asked}` } },
    ) as object;
    expect({ ...readOptions(schema, given, 'spec') }).toEqual({ name: 'asked 1' });
  });

  it('takes plain objects of another realm and without a prototype', () => {
    expect(readOptions(schema, runInNewContext('({ retries: 2 })'), 'spec').retries).toBe(2);
    expect(readOptions(schema, runInNewContext('({})'), 'spec')).toEqual(Object.create(null));
    expect(readOptions(schema, Object.create(null), 'spec')).toEqual(Object.create(null));
  });

  it.each([
    undefined,
    null,
    5,
    'x',
    () => 1,
    [],
    [{ retries: 1 }],
    new Map(),
    new Date(),
    Symbol('x'),
    Object.create({ retries: 1 }),
  ])('refuses %p for options', (given) => {
    expect(() => readOptions(schema, given, 'spec')).toThrow(InvalidOptionsError);
    expect(() => readOptions(schema, given, 'spec')).toThrow(/^spec: takes an options object/);
  });

  it('refuses every name that it does not know', () => {
    const known = Object.keys(schema);
    fc.assert(
      fc.property(fc.string(), (name) => {
        fc.pre(!known.includes(name));
        const given = Object.defineProperty({}, name, { value: 1, enumerable: true });
        expect(() => readOptions(schema, given, 'spec')).toThrow(InvalidOptionsError);
      }),
    );
  });

  it.each([
    ['retrys', 'retries'],
    ['Retries', 'retries'],
    ['rteries', 'retries'],
    ['verbos', 'verbose'],
    ['nmae', 'name'],
  ])('takes %s for %s', (given, meant) => {
    expect(() => readOptions(schema, { [given]: 1 }, 'spec')).toThrow(
      `spec: option \`${given}\` is unknown. Did you mean \`${meant}\`?`,
    );
  });

  it('names the options that there are where none is near', () => {
    expect(() => readOptions(schema, { somethingElse: 1 }, 'spec')).toThrow('Known options: retries, name, verbose.');
  });
});

describe('options over others', () => {
  it('win, an undefined too, and have no prototype', () => {
    const merged = mergeOptions<Record<string, unknown>>({ a: 1, b: 2 }, { b: undefined, c: 3 });
    expect({ ...merged }).toEqual({ a: 1, b: undefined, c: 3 });
    expect(Object.keys(merged)).toEqual(['a', 'b', 'c']);
    expect(Object.getPrototypeOf(merged)).toBeNull();
  });
});

describe('a reader', () => {
  const refuses = (read: (value: unknown, where: string, option: string) => unknown, value: unknown): void => {
    expect(() => read(value, 'Class.method', 'option')).toThrow(InvalidOptionsError);
    expect(() => read(value, 'Class.method', 'option')).toThrow(/^Class\.method: option `option` must be /);
  };

  it('of whole numbers takes those within its bounds, and names them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (n) => {
        expect(whole(1, 100)(n, 'w', 'o')).toBe(n);
      }),
    );
    for (const value of [0, 101, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', 5n, null])
      refuses(whole(1, 100), value);
    expect(() => whole(1, 100)(0, 'w', 'o')).toThrow('must be a whole number from 1 to 100');
    expect(() => whole(1)(0, 'w', 'o')).toThrow('must be a whole number of at least 1');
  });

  it('of shares takes 0 to 1', () => {
    for (const value of [0, 0.5, 1, -0]) expect(share(value, 'w', 'o')).toBe(value);
    for (const value of [-0.1, 1.1, Number.NaN, '1', null]) refuses(share, value);
  });

  it('of flags takes true and false', () => {
    expect([flag(true, 'w', 'o'), flag(false, 'w', 'o')]).toEqual([true, false]);
    for (const value of [0, 1, 'true', '', null, {}]) refuses(flag, value);
  });

  it('of texts takes those that are not empty', () => {
    expect(text('a', 'w', 'o')).toBe('a');
    for (const value of ['', 5, null, Object('a'), ['a']]) refuses(text, value);
  });

  it('of lists of texts copies and freezes them', () => {
    const given = ['a', 'b'];
    const list = texts(given, 'w', 'o');
    given.push('c');
    expect(list).toEqual(['a', 'b']);
    expect(Object.isFrozen(list)).toBe(true);
    for (const value of ['a', [''], [5], [, 'a'], {}, null]) refuses(texts, value);
  });

  it('of functions says what they take', () => {
    expect(fn('of x')(refuses, 'w', 'o')).toBe(refuses);
    expect(() => fn('of x')(5, 'w', 'o')).toThrow(
      'w: option `o` must be a function of x (got 5). Leave it out for none.',
    );
  });

  it('of choices names them', () => {
    expect(oneOf('a', 'b')('b', 'w', 'o')).toBe('b');
    expect(() => oneOf('a', 'b')('c', 'w', 'o')).toThrow("must be 'a' or 'b' (got 'c')");
    for (const value of ['', 'A', null, 0, ['a']]) refuses(oneOf('a', 'b'), value);
  });
});
