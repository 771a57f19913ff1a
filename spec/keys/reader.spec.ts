import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeArguments } from '../../lib/keys/encode.js';
import { readArguments } from './reader.js';

/** FLOWPOND_LONG=1 runs it on 100,000 values. */
const RUNS = process.env.FLOWPOND_LONG === undefined ? 5_000 : 100_000;

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('', ',', '#0', '{#0', '1:a', ']', '}', ')', '__proto__', 'a', 'b', 'x'.repeat(300)),
);

/** Objects of few kinds, so that lists of keys come again and again, inside each other and inside Maps and Sets. */
const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(text, fc.integer(), fc.double(), fc.bigInt(), fc.boolean(), fc.constantFrom(null, undefined)),
    { weight: 4, arbitrary: tie('object') },
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(tie('object'), { maxLength: 5 }),
    fc.sparseArray(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
  object: fc.oneof(
    fc.record({ a: tie('value') }),
    fc.record({ a: tie('value'), b: tie('value') }),
    fc.record({ b: tie('value'), a: tie('value') }),
    fc.record({ '#0': tie('value') }),
    fc.constant({}),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe('The text of arguments', () => {
  it('can be read back, so that no other arguments have it', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (args) => {
        const written = encodeArguments(args);
        const read = readArguments(written);
        expect(encodeArguments(read)).toBe(written);
        expect(simple(read)).toEqual(simple(args));
      }),
      { numRuns: RUNS },
    );
  });

  it('says the keys of objects alike once, whatever order they were set in, and means the nearest list around', () => {
    const alike = [{ a: 1, b: 2 }, { b: 4, a: 3 }, { a: { c: 5 }, b: { c: 6 } }, {}, { c: 7 }];
    expect(encodeArguments([alike, { b: 8, a: 9 }])).toBe(
      '2([5,{2,1:a,1:b,1,2},{#0,3,4},{#0,{1,1:c,5},{#1,6}},{0},{#1,7}],{#0,9,8})',
    );
    class User {
      constructor(readonly id: number) {}
    }
    expect(encodeArguments([new User(1), new User(2), { id: 3 }])).toBe('3(@4:User{1,2:id,1},@4:User{#0,2},{#0,3})');
    class Bag extends Set<number> {
      id = 1;
    }
    expect(encodeArguments([new Bag(), { id: 2 }, new Bag()])).toBe(
      '3(@3:Bag<Set[0],{1,2:id,1}>,{#0,2},@3:Bag<Set[0],{#0,1}>)',
    );
  });

  it('refers to the first 64 lists of keys alone, so that memory does not grow with the input', () => {
    const unlike = Array.from({ length: 66 }, (_, i) => ({ [`k${i}`]: 0 }));
    const written = encodeArguments([unlike, { k63: 1 }, { k64: 1 }, { k65: 1 }, { k0: 1 }]);
    expect(written).toMatch(/,\{1,3:k65,0\}\],\{#63,1\},\{1,3:k64,1\},\{1,3:k65,1\},\{#0,1\}\)$/);
    expect(readArguments(written)).toEqual([unlike, { k63: 1 }, { k64: 1 }, { k65: 1 }, { k0: 1 }]);
  });

  it('refers to no list of keys beyond 16 kB, for the same reason', () => {
    const ofKey = (length: number): object => ({ ['k'.repeat(length)]: 1 });
    const longest = 16 * 1024 - '{1,16376:'.length;
    const args = [ofKey(longest + 1), ofKey(longest), { a: 1 }, ofKey(longest + 1), ofKey(longest), { a: 2 }];
    const written = encodeArguments(args);
    expect(written.slice(-30)).toMatch(/k,1\},\{#0,1\},\{#1,2\}\)$/);
    expect(readArguments(written)).toEqual(args);
  });

  it('of an array with a hole, to which a getter pushes, has as many elements as it says', () => {
    const array: unknown[] = Object.assign(new Array(3), { 2: 1 });
    const getter = { enumerable: true, configurable: true, get: () => array.push('more') };
    Object.defineProperty(array, 0, getter);
    expect(readArguments(encodeArguments([array]))).toHaveLength(1);
  });

  it('refers to nothing outside of an entry of a Map or Set, as entries have no order', () => {
    const one = { a: 1 };
    const entries: [unknown, unknown][] = [
      [{ b: 1, a: 2 }, [{ a: 3 }, { a: 4 }]],
      [
        { a: 5, b: 6 },
        { b: 7, a: 8 },
      ],
    ];
    const there = '{2,1:a,1:b,2,1},[2,{1,1:a,3},{#1,4}]';
    const back = '{2,1:a,1:b,5,6},{#0,8,7}';
    const written = `3({1,1:a,1},Map[2,${there},${back}],{#0,1})`;
    expect(encodeArguments([one, new Map(entries), one])).toBe(written);
    expect(encodeArguments([one, new Map([...entries].reverse()), one])).toBe(written);
  });
});

/** Zeros of one kind, and Maps and Sets as lists in the order of their texts. */
function simple(given: unknown): unknown {
  if (given === 0) return 0;
  if (typeof given !== 'object' || given === null) return given;
  if (Array.isArray(given)) return given.map(simple);
  if (given instanceof Map) return ['Map', ...inOrder([...given])];
  if (given instanceof Set) return ['Set', ...inOrder([...given])];
  return Object.fromEntries(Object.entries(given).map(([key, part]) => [key, simple(part)]));
}

function inOrder(items: readonly unknown[]): unknown[] {
  const texts = items.map((item) => [encodeArguments([item]), simple(item)] as const);
  return texts.sort(([one], [other]) => (one < other ? -1 : Number(one > other))).map(([, item]) => item);
}
