import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as f from '../../lib/stores/codec/format.js';
import { CorruptError, decodeData, encodeData, UnstorableError } from '../../lib/stores/codec.js';

function roundTrip<T>(value: T): T {
  return decodeData(encodeData(value)) as T;
}

function refusalOf(value: unknown, limits = {}): UnstorableError {
  try {
    encodeData(value, limits);
  } catch (error) {
    if (error instanceof UnstorableError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

class Money {
  constructor(readonly amount: number) {}
}

class Vault {
  readonly label = 'vault';
  #content = 5;

  get content(): number {
    return this.#content;
  }
}

class Ledger extends Map<string, number> {}
class NotFoundError extends Error {}

describe('Bytes of values', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['minus zero', -0],
    ['zero', 0],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    [
      'integers of all sizes',
      [0, 63, 64, 255, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -64, -(2 ** 31), -(2 ** 31) - 1],
    ],
    ['fractions', [0.1, -1.5, 5e-324, 1.7976931348623157e308]],
    ['bigints', [0n, -1n, 2n ** 64n, -(2n ** 200n) + 1n]],
    ['strings', ['', 'a', 'x'.repeat(63), 'x'.repeat(64), 'é', '東京 — 🎉', '\ud800', 'a\udc00b\ud800', '\0']],
    ['booleans', [true, false]],
    ['nested objects', { a: { b: { c: [{ d: 1 }] } } }],
    ['an object without content', [{}, [], new Map(), new Set()]],
    ['undefined fields', { a: undefined }],
    ['a thenable', { then: 'data', value: 1 }],
    ['names of Object.prototype', { toString: 1, hasOwnProperty: 'x', constructor: 'Ferrari', valueOf: null }],
    ['keys like numbers', { 10: 'a', 2: 'b', x: 'c' }],
    ['strange keys', { '': 1, ':': 2, '1:a': 3, '\ud800': 4, '🎉': 5, ['k'.repeat(100)]: 6 }],
    ['an object of many keys', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, i]))],
    ['many different shapes', Array.from({ length: 600 }, (_, i) => ({ [`a${i}`]: i, b: i }))],
    ['dates', [new Date(0), new Date(-1), new Date(8.64e15)]],
    [
      'maps',
      new Map<unknown, unknown>([
        [{ key: 1 }, new Set([1, [2]])],
        [Number.NaN, -0],
        [undefined, null],
      ]),
    ],
    ['sets', new Set([1, 'a', new Set([new Map()])])],
    ['regular expressions', [/a+/gi, /[/]\n/u, /(?:)/]],
    ['URLs', [new URL('https://u:p@example.com:8443/a?q=1#h'), new URLSearchParams('a=1&a=2&b=%20')]],
    [
      'bytes',
      [
        new Uint8Array([1, 2]),
        new Uint8ClampedArray([255]),
        new Int16Array([-5]),
        new Float64Array([0.1, Number.NaN]),
        new BigInt64Array([-5n]),
        new Float32Array(0),
      ],
    ],
    [
      'buffers',
      [
        Buffer.from('hé'),
        Buffer.alloc(0),
        new Uint8Array([7, 8]).buffer,
        new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2),
      ],
    ],
    ['a part of another buffer', new Uint16Array(new Uint8Array([0, 0, 1, 2, 3, 4, 0, 0]).buffer, 2, 2)],
    ['objects without prototype', Object.assign(Object.create(null), { a: 1, toString: 2 })],
  ])('give %s back', (_, value) => {
    const back = roundTrip(value);
    expect(isDeepStrictEqual(back, value)).toBe(true);
    expect(back).not.toBe(typeof value === 'object' && value !== null ? value : Symbol());
  });

  it('tell a Buffer from the Uint8Array of its bytes, and give each its own memory', () => {
    const bytes = encodeData([Buffer.from('ab'), new Uint8Array([97, 98])]);
    const [buffer, array] = decodeData(bytes) as [Buffer, Uint8Array];
    expect(Buffer.isBuffer(buffer)).toBe(true);
    expect(Buffer.isBuffer(array)).toBe(false);
    array[0] = 0;
    buffer[0] = 0;
    expect(decodeData(bytes)).toEqual([Buffer.from('ab'), new Uint8Array([97, 98])]);
  });

  it('keep holes as holes, also in long and empty arrays', () => {
    const holes: unknown[] = [, 1, undefined, , , 'x', ,]; // biome-ignore format: holes
    const long: unknown[] = new Array(1_000_000);
    long[999_998] = 'end';
    const back = roundTrip([holes, long]);
    expect(Object.keys(back[0] as object)).toEqual(['1', '2', '5']);
    expect(back[0]).toHaveLength(7);
    expect(Object.keys(back[1] as object)).toEqual(['999998']);
    expect(back[1]).toHaveLength(1_000_000);
    expect(encodeData(long).length).toBeLessThan(40);
  });

  it('keep an invalid date', () => {
    expect(roundTrip([new Date(Number.NaN)])[0]?.getTime()).toBeNaN();
  });

  it('keep the order of keys', () => {
    const orders = [
      { b: 1, a: 2 },
      { a: 2, b: 1 },
    ];
    expect(roundTrip(orders).map((object) => Object.keys(object))).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ]);
  });

  it('keep what is shared shared, and circles closed', () => {
    const shared = { date: new Date(5) };
    const node: Record<string, unknown> = { shared, again: [shared, shared.date], map: new Map([[shared, 'key']]) };
    node['self'] = node;
    node['set'] = new Set([node]);
    const back = roundTrip(node) as any;
    expect(back.self).toBe(back);
    expect([...back.set][0]).toBe(back);
    expect(back.again[0]).toBe(back.shared);
    expect(back.again[1]).toBe(back.shared.date);
    expect([...back.map.keys()][0]).toBe(back.shared);
  });

  it('keep errors with name, message, code, cause and own fields, but not their stack', () => {
    const cause = Object.assign(new RangeError('deep'), { code: 'E_DEEP' });
    const error = Object.assign(new TypeError('top', { cause }), { code: 'E_TOP', details: [new Date(1)] });
    const back = roundTrip(error);
    expect(back).toBeInstanceOf(TypeError);
    expect(back).toMatchObject({ name: 'TypeError', message: 'top', code: 'E_TOP', details: [new Date(1)] });
    expect(back.cause).toBeInstanceOf(RangeError);
    expect(back.cause).toMatchObject({ message: 'deep', code: 'E_DEEP' });
    expect(back.stack).toBe('TypeError: top');
    expect(Object.keys(back)).toEqual(['code', 'details']);
  });

  it('keep the name that an error was given, the errors of an AggregateError, and an error without message', () => {
    const named = Object.defineProperty(new Error('x'), 'name', {
      value: 'Custom',
      configurable: true,
      writable: true,
    });
    const many = new AggregateError([new Error('one'), 'two'], 'many');
    const [first, second, third] = roundTrip([named, many, new Error()] as const);
    expect(String(first)).toBe('Custom: x');
    expect(second).toBeInstanceOf(AggregateError);
    expect(second.errors).toMatchObject([{ message: 'one' }, 'two']);
    expect(Object.hasOwn(third, 'message')).toBe(false);
  });

  it('keep where a sticky pattern stands', () => {
    const pattern = /a/g;
    pattern.lastIndex = 3;
    expect(roundTrip(pattern).lastIndex).toBe(3);
  });

  it('are read by each getter once', () => {
    let reads = 0;
    const value = {
      get counted() {
        reads++;
        return reads;
      },
    };
    expect(roundTrip(value)).toEqual({ counted: 1 });
    expect(reads).toBe(1);
  });

  it('can be made while others are being made', () => {
    const outer = {
      first: 'before',
      get inner() {
        return encodeData({ first: 'inside' });
      },
      last: 'after',
    };
    const back = roundTrip(outer);
    expect([back.first, back.last, decodeData(back.inner)]).toEqual(['before', 'after', { first: 'inside' }]);
  });

  it('of objects of one shape name their keys once', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ identifier: i, description: 'd' }));
    expect(encodeData(rows).length).toBeLessThan(JSON.stringify(rows).length / 4);
  });

  it('keep every string of a long text, whatever its encoding', () => {
    const ascii = Array.from({ length: 3000 }, (_, i) => `string number ${i}`);
    expect(roundTrip(ascii)).toEqual(ascii);
    expect(roundTrip([...ascii, 'é'])).toEqual([...ascii, 'é']);
    expect(roundTrip([...ascii, '\ud800'])).toEqual([...ascii, '\ud800']);
    expect(roundTrip(['x'.repeat(100_000), ...ascii])).toEqual(['x'.repeat(100_000), ...ascii]);
  });
});

describe('A value that cannot come back', () => {
  it.each<[string, unknown, string]>([
    ['a function', { a: [{ fn: () => 1 }] }, 'cannot store .a[0].fn: it is a function'],
    ['a symbol', { 'two words': Symbol('s') }, 'cannot store ["two words"]: it is a symbol'],
    ['a promise', [Promise.resolve(1)], 'cannot store [0]: Promise is a thenable'],
    [
      'an instance',
      new Map([['a', new Money(1)]]),
      'cannot store .get("a"): it is an instance of Money. Return plain data, or name the class: returns: () => Money.',
    ],
    ['an instance that hides state', { v: new Vault() }, 'cannot store .v: Vault hides state in its #private members'],
    ['an heir of a built-in', new Ledger(), 'cannot store the value: it is an instance of Ledger'],
    [
      'an error of a class of its own',
      { e: new NotFoundError('x') },
      'cannot store .e: it is an instance of NotFoundError',
    ],
    ['a boxed primitive', { n: Object(1) }, 'cannot store .n: it is a Number object'],
    ['an event emitter', new Set([new EventEmitter()]), 'cannot store .values()[0]: EventEmitter is an event emitter'],
    ['a WeakMap', [new WeakMap()], 'cannot store [0]: '],
    [
      'a Map with fields of its own',
      { m: Object.assign(new Map(), { extra: 1 }) },
      'cannot store .m: fields were added to the Map',
    ],
    ['a match', ['abc'.match(/b/)], 'cannot store [0]: fields were added to the array'],
    ['shared memory', [new Uint8Array(new SharedArrayBuffer(2))], 'cannot store [0]: its memory is shared'],
    ['a key of a symbol', { a: { [Symbol('k')]: 1 } }, 'cannot store .a: it has the key Symbol(k)'],
    ['the key __proto__', { a: JSON.parse('{"__proto__": {"x": 1}}') }, 'cannot store .a: it has the key __proto__'],
    [
      'the path to a prototype',
      { constructor: { prototype: { x: 1 } } },
      'cannot store the value: it has the path constructor.prototype',
    ],
    [
      'a disguised Map',
      Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype),
      'cannot store the value: its prototype was taken away',
    ],
  ])('is refused with its path: %s', (_, value, message) => {
    const error = refusalOf(value);
    expect(error.message).toContain(message);
    expect(error.code).toBe('FLOWPOND_UNSTORABLE');
  });

  it('is refused with what its getter threw', () => {
    const thrown = new Error('no');
    const error = refusalOf({
      list: [
        {
          get bad() {
            throw thrown;
          },
        },
      ],
    });
    expect(error.message).toContain('cannot store .list[0].bad: reading it threw "no"');
    expect(error.cause).toBe(thrown);
    expect(error.path).toBe('.list[0].bad');
  });

  it('is refused beyond the limits of bytes, depth, nodes and strings', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(refusalOf({ a: 'x'.repeat(500) }, { maxBytes: 100 }).message).toContain('more than 100 bytes');
    expect(refusalOf(new Array(500).fill(0.5), { maxBytes: 4000 }).message).toContain('more than 4,000 bytes');
    expect(refusalOf(Buffer.alloc(500), { maxBytes: 100 }).message).toContain('more than 100 bytes');
    expect(refusalOf(nested(1001)).message).toContain('more than 1,000 levels');
    expect(refusalOf(nested(1001)).path).toBe(`${'[0]'.repeat(12)} …984 more… ${'[0]'.repeat(4)}`);
    expect(refusalOf(new Array(3_000_000)).message).toContain('more than 2,000,000 values');
    expect(refusalOf(['x'.repeat(101)], { maxStringLength: 100 }).path).toBe('[0]');
    expect(decodeData(encodeData(nested(1000)))).toEqual(nested(1000));
  });

  it('is refused exactly where reading would stop', () => {
    const deep = { a: new Map([['b', [new Date(0), 1n, 'text', new Set([Buffer.from('x')])]]]) };
    for (let maxDepth = 1; maxDepth <= 6; maxDepth++) {
      const bytes = encodeData(deep);
      const reads = (): unknown => decodeData(bytes, { maxDepth });
      if (maxDepth < 5) {
        expect(() => encodeData(deep, { maxDepth })).toThrow(UnstorableError);
        expect(reads).toThrow(CorruptError);
      } else {
        expect(encodeData(deep, { maxDepth })).toEqual(bytes);
        expect(reads()).toEqual(deep);
      }
    }
  });

  it('leaves nothing behind that the next value would meet', () => {
    const value = { a: 1, b: [{ c: 2 }] };
    const before = encodeData(value);
    refusalOf({ a: 1, b: [{ c: () => 2 }] });
    expect(encodeData(value)).toEqual(before);
  });
});

describe('Bytes that are read', () => {
  const fails = (bytes: Uint8Array, limits = {}): string => {
    try {
      decodeData(bytes, limits);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptError);
      return (error as Error).message;
    }
    throw new Error('they were accepted');
  };

  /** A document of these bytes of structure and this text. */
  const documentOf = (structure: readonly number[], text = '', references = 0): Uint8Array => {
    const head = Buffer.from([0, references, 0, 0, 0, 0]);
    head.writeUInt32LE(structure.length, 2);
    return Buffer.concat([head, Buffer.from(structure), Buffer.from(text, 'latin1')]);
  };

  it('may be any view of bytes', () => {
    const bytes = encodeData({ a: new Float64Array([1]) });
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    expect(decodeData(padded.subarray(3))).toEqual({ a: new Float64Array([1]) });
  });

  it('are refused when empty, cut off or extended', () => {
    const bytes = encodeData({ a: [1, 'two', 3n] });
    expect(fails(new Uint8Array(0))).toBe('it is too short');
    for (let length = 1; length < bytes.length; length++) fails(bytes.subarray(0, length));
    expect(fails(Buffer.concat([bytes, Buffer.from('x')]))).toBe('something is left over');
  });

  it('are refused with half a character at the end, which Node 24 does not survive to decode at an odd place', () => {
    const text = '\u20ac'.repeat(600);
    const bytes = encodeData([`${text}\ud800`]); // a lone surrogate: UTF-16
    for (const at of [0, 1]) {
      const padded = Buffer.alloc(bytes.length + 1 + at);
      padded.set(bytes, at);
      expect(decodeData(padded.subarray(at, at + bytes.length))).toEqual([`${text}\ud800`]);
      for (let i = 0; i < 100; i++)
        expect(fails(padded.subarray(at, at + bytes.length + 1))).toBe('its text ends within a character');
    }
  });

  it('are refused with keys that lead to what all objects share', () => {
    const proto = '9:__proto__';
    expect(fails(documentOf([f.NEW_SHAPE, proto.length, 0], proto))).toContain('keys that cannot be');
    expect(fails(documentOf([f.DICTIONARY, 1, 0x49, 0], '__proto__'))).toContain('__proto__');
    const path = [f.DICTIONARY, 1, 0x4b, f.BARE_DICTIONARY, 1, 0x49, 0];
    expect(fails(documentOf(path, 'constructorprototype'))).toContain('constructor.prototype');
    const shapes = [f.NEW_SHAPE, 14, f.NEW_SHAPE, 11, 1];
    expect(fails(documentOf(shapes, '11:constructor9:prototype'))).toContain('constructor.prototype');
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('do not reach setters that somebody put on Object.prototype', () => {
    const bytes = [
      { planted: 1 },
      Object.fromEntries(Array.from({ length: 70 }, (_, i) => [i < 1 ? 'planted' : `k${i}`, 1])),
    ].map((value) => encodeData(value));
    let calls = 0;
    Object.defineProperty(Object.prototype, 'planted', { configurable: true, set: () => calls++ });
    try {
      for (const each of bytes) expect(Object.hasOwn(decodeData(each) as object, 'planted')).toBe(true);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'planted');
    }
    expect(calls).toBe(0);
  });

  it('that promise more than there is stop at once', () => {
    const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
    const counted = [f.ARRAY, f.STRING, f.DICTIONARY, f.BARE_DICTIONARY, f.MAP, f.SET, f.NEW_SHAPE];
    for (const tag of counted) fails(documentOf([tag, ...huge]));
    fails(documentOf([f.BINARY, 4, ...huge]));
    fails(documentOf([f.SHORT_ARRAY + 1, f.HOLES, ...huge]));
    fails(documentOf([f.ARRAY, ...huge.slice(0, 4), 0x7f])); // a number that never ends
    fails(documentOf(new Array(200_000).fill(f.SHORT_ARRAY + 1)));
    expect(fails(documentOf([f.NEW_SHAPE, 6, 0, 0], '1:a1:a'))).toContain('keys that cannot be');
    expect(fails(documentOf([f.NEW_SHAPE, 6, 0, 0], '1:21:1'))).toContain('keys that cannot be');
    fails(documentOf([f.BIGINT, 0x41], 'g'));
    fails(documentOf([f.REGEXP, 0x41, 0x40, 0], '('));
    fails(documentOf([f.URL_OF, 0x41], 'x'));
    expect(fails(encodeData([[[1]]]), { maxDepth: 2 })).toContain('more than 2 levels');
    expect(fails(encodeData([1, 2, 3]), { maxNodes: 2 })).toContain('more than 2 values');
    expect(fails(encodeData('x'.repeat(100)), { maxBytes: 50 })).toContain('more than 50 bytes');
    expect(fails(encodeData('x'.repeat(100)), { maxStringLength: 50 })).toContain('more than 50 characters');
  });

  it('that refer to nothing are refused', () => {
    expect(fails(documentOf([f.REFERENCE, 0], '', 1))).toBe('it refers to nothing');
    expect(fails(documentOf([f.REFERENCE, 0]))).toBe('it refers to nothing');
    expect(fails(documentOf([f.SHORT_OBJECT + 1]))).toBe('it names an unknown shape');
    expect(fails(documentOf([f.ERROR, 99]))).toBe('it has an error of an unknown kind');
    expect(fails(documentOf([f.BINARY, 99, 0]))).toBe('it has bytes of an unknown kind');
    expect(fails(documentOf([0xff]))).toBe('it has the unknown tag 255');
    expect(fails(documentOf([f.SHORT_ARRAY + 1, f.HOLES + 0x50]))).toContain('unknown tag');
  });
});
