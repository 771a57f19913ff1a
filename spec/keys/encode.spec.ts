import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import { UnhashableError } from '../../lib/base/errors.js';
import { encodeArguments, encodeValue, MAX_DEPTH } from '../../lib/keys/encode.js';

class User {
  constructor(
    readonly id: number,
    readonly name = 'Ann',
  ) {}
}

class Point {
  constructor(readonly id: number) {}
}

class Guarded {
  #secret: number;
  readonly shown = 1;
  constructor(secret: number) {
    this.#secret = secret;
  }
  toString(): string {
    return String(this.#secret);
  }
}

class Keyed extends Guarded {
  constructor(
    readonly tenant: string,
    secret: number,
  ) {
    super(secret);
  }
  toCacheKey(): unknown {
    return { tenant: this.tenant };
  }
}

class Bag<K, V> extends Map<K, V> {
  tag = 'a';
}

/** An array with holes but for these elements. */
function sparse(length: number, elements: Readonly<Record<number, unknown>>): unknown[] {
  return Object.assign(new Array(length), elements);
}

function fault(value: unknown): UnhashableError {
  try {
    encodeArguments([value]);
  } catch (error) {
    expect(error).toBeInstanceOf(UnhashableError);
    return error as UnhashableError;
  }
  throw new Error('it was hashed');
}

const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
};

describe('The text of short inputs', () => {
  it.each([
    [['A1'], '1(s2:A1)'],
    [['A1', 42, true, null, undefined], '5(s2:A1,42,true,null,undefined)'],
    [[], '0()'],
    [[12n, -0.5, Number.NaN, Number.NEGATIVE_INFINITY], '4(12n,-0.5,NaN,-Infinity)'],
    [[{ name: 'B', id: 1 }], '1({2,2:id,4:name,1,s1:B})'],
    [[[1, [2]], {}], '2([2,1,[1,2]],{0})'],
    [[new User(7)], '1(@4:User{2,2:id,4:name,7,s3:Ann})'],
    [[new Map([[1, { a: 2 }]]), new Set(['x'])], '2(Map[1,1,{1,1:a,2}],Set[1,s1:x])'],
    [[new Date(0), /a+/gi, new URL('http://x/y')], '3(Date[1,0],RegExp[2,s2:a+,s2:gi],URL[1,s10:http://x/y])'],
    [[Uint8Array.of(1, 2)], '1(Uint8Array[2:AQI=])'],
    [[new TypeError('no')], '1(Error@9:TypeError{2,7:message,4:name,s2:no,s9:TypeError})'],
    [[new Keyed('t', 1)], '1(@5:Keyed(,{1,6:tenant,s1:t}))'],
    [[sparse(5, { 0: 1, 2: 3 })], '1([5,1,~1,3,~2])'],
  ])('is readable and never changes: %#', (args, text) => {
    expect(encodeArguments(args)).toBe(text);
  });

  it('has binary data as base64, however long', () => {
    const bytes = Buffer.alloc(50_000, 'abc');
    expect(encodeValue(new Uint8Array(bytes))).toBe(`Uint8Array[50000:${bytes.toString('base64')}]`);
  });

  it('is the same for a value alone as for an argument', () => {
    for (const value of ['A1', 1, null, { a: [1] }, [1], new User(1), new Map(), 'x'.repeat(300)]) {
      expect(encodeArguments([value])).toBe(`1(${encodeValue(value)})`);
    }
  });
});

describe('Values that differ', () => {
  const distinct: ReadonlyArray<readonly [string, unknown]> = [
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['false', false],
    ['0', 0],
    ['1', 1],
    ['1n', 1n],
    ['"1"', '1'],
    ['"1n"', '1n'],
    ['1.5', 1.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['"undefined"', 'undefined'],
    ['"null"', 'null'],
    ['"true"', 'true'],
    ['""', ''],
    ['"a"', 'a'],
    ['"s1:a"', 's1:a'],
    ['U+FFFD', '\ufffd'],
    ['lone high surrogate', '\ud800'],
    ['lone low surrogate', '\udc00'],
    ['composed é', '\u00e9'],
    ['decomposed é', 'e\u0301'],
    ['NUL', '\0'],
    ['boxed 1', Object(1)],
    ['boxed "1"', Object('1')],
    ['boxed true', Object(true)],
    ['boxed 1n', Object(1n)],
    ['[]', []],
    ['[undefined]', [undefined]],
    ['[null]', [null]],
    ['a hole', new Array(1)],
    ['two holes', new Array(2)],
    ['[1]', [1]],
    ['["1"]', ['1']],
    ['[[1]]', [[1]]],
    ['[1, undefined]', [1, undefined]],
    ['[1, 2]', [1, 2]],
    ['[2, 1]', [2, 1]],
    ['["a,b"]', ['a,b']],
    ['["a", "b"]', ['a', 'b']],
    ['["a", ["b"]]', ['a', ['b']]],
    ['[["a"], "b"]', [['a'], 'b']],
    ['a match', 'ab'.match(/(a)(b)/)],
    ['another match of the same text', 'xab'.match(/(a)(b)/)],
    ['what it matched', ['ab', 'a', 'b']],
    ['{}', {}],
    ['{ 0: 1 }', { 0: 1 }],
    ['{ a: undefined }', { a: undefined }],
    ['{ a: null }', { a: null }],
    ['{ a: 1 }', { a: 1 }],
    ['{ "a:1,b": 2 }', { 'a:1,b': 2 }],
    ['{ a: 1, b: 2 }', { a: 1, b: 2 }],
    ['{ ab: 1 }', { ab: 1 }],
    ['own __proto__', JSON.parse('{"__proto__":1}')],
    ['{ toJSON }-like data', { toJSON: 1 }],
    ['User 1', new User(1)],
    ['User 2', new User(2)],
    ['a User as a dictionary', { id: 1, name: 'Ann' }],
    ['Point 1', new Point(1)],
    ['Keyed', new Keyed('a', 1)],
    ['what it returns', { tenant: 'a' }],
    ['Date 0', new Date(0)],
    ['Date 1', new Date(1)],
    ['invalid Date', new Date(Number.NaN)],
    ['its ISO text', new Date(0).toISOString()],
    ['/a/', /a/],
    ['/b/', /b/],
    ['/a/g', /a/g],
    ['URL a', new URL('http://a/')],
    ['URL b', new URL('http://b/')],
    ['the text of URL a', 'http://a/'],
    ['search a=1', new URLSearchParams('a=1')],
    ['search a=2', new URLSearchParams('a=2')],
    ['Map()', new Map()],
    ['Map a 1', new Map([['a', 1]])],
    ['Map a 2', new Map([['a', 2]])],
    ['Map 1 a', new Map([[1, 'a']])],
    ['Set()', new Set()],
    ['Set 1', new Set([1])],
    ['Set "1"', new Set(['1'])],
    ['Set of two equal objects', new Set([{}, {}])],
    ['Set of one object', new Set([{}])],
    ['Bag', new Bag([['a', 1]])],
    ['Error a', new Error('a')],
    ['Error b', new Error('b')],
    ['TypeError a', new TypeError('a')],
    ['Error a with code', Object.assign(new Error('a'), { code: 'E' })],
    ['Error a with cause', new Error('a', { cause: 1 })],
    ['AggregateError', new AggregateError([1], 'a')],
    ['DOMException a', new DOMException('a', 'AbortError')],
    ['DOMException b', new DOMException('b', 'AbortError')],
    ['DOMException c', new DOMException('b', 'DataError')],
    ['Uint8Array 1', Uint8Array.of(1)],
    ['Uint8Array 2', Uint8Array.of(2)],
    ['Uint8ClampedArray 1', Uint8ClampedArray.of(1)],
    ['Int8Array 1', Int8Array.of(1)],
    ['Uint16Array 1', Uint16Array.of(1)],
    ['Float32Array 1', Float32Array.of(1)],
    ['Float64Array 1', Float64Array.of(1)],
    ['BigInt64Array 1', BigInt64Array.of(1n)],
    ['Buffer 1', Buffer.of(1)],
    ['Buffer 2', Buffer.of(2)],
    ['ArrayBuffer 1', Uint8Array.of(1).buffer],
    ['ArrayBuffer 2', Uint8Array.of(2).buffer],
    ['DataView 1', new DataView(Uint8Array.of(1).buffer)],
    ['Headers a', new Headers({ a: '1' })],
    ['Headers b', new Headers({ a: '2' })],
  ].filter(
    ([label]) => !(String(label).startsWith('DOMException') && process.versions.node.startsWith('20.')),
  ) as never;

  it('have different texts, each against each other', () => {
    const seen = new Map<string, string>();
    for (const [label, value] of distinct) {
      const text = encodeArguments([value]);
      expect([label, seen.get(text)]).toEqual([label, undefined]);
      seen.set(text, label);
    }
    expect(seen.size).toBeGreaterThan(100);
  });

  it('differ as items of arrays, objects, Maps and Sets too', () => {
    for (const wrap of [
      (value: unknown) => [value],
      (value: unknown) => ({ value }),
      (value: unknown) => new Map([[value, 1]]),
      (value: unknown) => new Map([[1, value]]),
      (value: unknown) => new Set([value]),
    ]) {
      expect(new Set(distinct.map(([, value]) => encodeValue(wrap(value)))).size).toBe(distinct.length);
    }
  });

  it('differ by where one argument ends and the next begins', () => {
    const lists = [
      ['a', 'bc'],
      ['ab', 'c'],
      [['a', 'bc']],
      ['abc'],
      ['a', 'bc', undefined],
      [],
      [undefined],
      [[]],
      [1, 1],
      [11],
    ];
    expect(new Set(lists.map(encodeArguments)).size).toBe(lists.length);
  });

  it('differ where hash libraries were seen to mix them up', () => {
    const pairs: ReadonlyArray<readonly [unknown, unknown]> = [
      [["a','b"], ['a', 'b']],
      [{ a: "1',b:'2" }, { a: '1', b: '2' }],
      [{ 'a:1,b': 2 }, { a: 1, b: 2 }],
      [
        ['a"', 'b'],
        ['a', '"b'],
      ],
      [{ a: '{"b":1}' }, { a: { b: 1 } }],
      [{ a: 's1:b,1:c' }, { a: 's1:b', c: '' }],
      [[',~1'], new Array(1)],
    ];
    for (const [one, other] of pairs) expect(encodeValue(one)).not.toBe(encodeValue(other));
  });
});

describe('Values that are equal', () => {
  it('have one text whatever the order of their keys', () => {
    expect(encodeValue({ b: 1, a: { d: 1, c: 2 } })).toBe(encodeValue({ a: { c: 2, d: 1 }, b: 1 }));
    expect(encodeValue({ 10: 1, 9: 2, b: 3 })).toBe(
      encodeValue(
        Object.fromEntries([
          ['b', 3],
          ['9', 2],
          ['10', 1],
        ]),
      ),
    );
  });

  it('have one text whatever the order in which a Map or a Set was filled', () => {
    const one = new Map<unknown, unknown>([
      [{ a: 1 }, new Set([1, '1'])],
      ['k', 2],
    ]);
    const other = new Map<unknown, unknown>([
      ['k', 2],
      [{ a: 1 }, new Set(['1', 1])],
    ]);
    expect(encodeValue(one)).toBe(encodeValue(other));
  });

  it('are 0 and -0, and NaN and NaN', () => {
    expect(encodeArguments([-0, [-0], { a: -0 }, new Set([-0])])).toBe(
      encodeArguments([0, [0], { a: 0 }, new Set([0])]),
    );
    expect(encodeValue(0 / 0)).toBe(encodeValue(Number.NaN));
    expect(encodeValue(-0n)).toBe(encodeValue(0n));
  });

  it('are an object without a prototype and a plain one', () => {
    expect(encodeValue(Object.assign(Object.create(null), { a: 1 }))).toBe(encodeValue({ a: 1 }));
  });

  it('are a value that stands in two places and two copies of it', () => {
    const shared = { a: [1] };
    expect(encodeArguments([shared, { x: shared, y: [shared, shared] }])).toBe(
      encodeArguments([{ a: [1] }, { x: { a: [1] }, y: [{ a: [1] }, { a: [1] }] }]),
    );
  });

  it('are regular expressions that were used or not', () => {
    const used = /a/g;
    used.test('aa');
    expect(encodeValue(used)).toBe(encodeValue(/a/g));
  });

  it('are Headers in any order and case', () => {
    expect(encodeValue(new Headers({ B: '2', a: '1' }))).toBe(
      encodeValue(
        new Headers([
          ['A', '1'],
          ['b', '2'],
        ]),
      ),
    );
  });

  it('are views of the same bytes in another memory', () => {
    expect(encodeValue(new Uint8Array([9, 1, 2]).subarray(1))).toBe(encodeValue(Uint8Array.of(1, 2)));
  });

  it('are errors made in two places', () => {
    const make = (): Error => new Error('a');
    expect(encodeValue([make()])).toBe(encodeValue([make()]));
    const shown = Object.defineProperty(make(), 'stack', { value: 'elsewhere', enumerable: true });
    expect(encodeValue(shown)).toBe(encodeValue(make()));
  });

  it('are values of another realm', () => {
    const foreign = runInNewContext(
      `({ a: [1, { b: null }], m: new Map([[1, new Set([2])]]), d: new Date(5), r: /x/g, u: Uint8Array.of(1), e: [] })`,
    );
    const own = {
      a: [1, { b: null }],
      m: new Map([[1, new Set([2])]]),
      d: new Date(5),
      r: /x/g,
      u: Uint8Array.of(1),
      e: [],
    };
    expect(encodeValue(foreign)).toBe(encodeValue(own));
  });

  it('are strings of another inner form', () => {
    const wide = 'é€'.replace('€', '');
    expect(encodeValue({ [`a${wide}`]: `b${wide}` })).toBe(encodeValue({ aé: 'bé' }));
  });
});

describe('Arrays', () => {
  it('of four billion holes are written at once', () => {
    expect(encodeValue(new Array(4e9))).toBe('[4000000000,~4000000000]');
  });

  it('with holes between elements say where', () => {
    expect(encodeValue(sparse(6, { 2: undefined, 5: 'x' }))).toBe('[6,~2,undefined,~2,s1:x]');
    expect(encodeValue(sparse(2, { 1: 1 }))).not.toBe(encodeValue([undefined, 1]));
  });

  it('of a class of their own count with class and fields', () => {
    class Rows extends Array<number> {
      total = 0;
    }
    const rows = Rows.of(1, 2) as Rows;
    const text = encodeValue(rows);
    expect(text).toBe('@4:Rows<[2,1,2],{1,5:total,0}>');
    rows.total = 2;
    expect(encodeValue(rows)).not.toBe(text);
  });

  it('are their elements: other properties do not count', () => {
    expect(encodeValue(Object.assign([1], { note: 'x' }))).toBe(encodeValue([1]));
  });
});

describe('Objects', () => {
  it('count by their own enumerable properties', () => {
    const hidden = Object.defineProperty({ a: 1 }, 'b', { value: 2 });
    expect(encodeValue(hidden)).toBe(encodeValue({ a: 1 }));
  });

  it('are not asked for toJSON', () => {
    const toJSON = jest.fn();
    class Money {
      cents = 5;
      toJSON = undefined;
    }
    Object.defineProperty(Money.prototype, 'toJSON', { value: toJSON });
    encodeValue(new Money());
    expect(toJSON).not.toHaveBeenCalled();
    expect(encodeValue(new Date(5))).toBe('Date[1,5]');
  });

  it('have each getter run once', () => {
    const get = jest.fn(() => 1);
    const getter = { enumerable: true, get };
    encodeArguments([Object.defineProperty({}, 'a', getter)]);
    encodeArguments([Object.defineProperty(new User(1), 'id', getter)]);
    encodeArguments([Object.defineProperty([0, 0], 1, getter)]);
    encodeArguments([Object.defineProperty(new Error('a'), 'message', getter)]);
    expect(get).toHaveBeenCalledTimes(4);
  });

  it('behind a Proxy are asked for prototype, keys, descriptors and values, and nothing else', () => {
    const asked = new Set<string>();
    const spy = new Proxy({} as ProxyHandler<object>, {
      get: (_, trap: string) => {
        asked.add(trap);
        return undefined;
      },
    });
    const targets = [{ a: 1, b: undefined }, sparse(3, { 0: 1, 2: undefined }), new User(1)];
    expect(encodeArguments(targets.map((target) => new Proxy(target, spy)))).toBe(encodeArguments(targets));
    expect([...asked].sort()).toEqual(['get', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'ownKeys']);
  });

  it('are the same when there are more shapes than are remembered', () => {
    const text = encodeValue({ b: 1, a: 2 });
    for (let i = 0; i < 5000; i++) encodeValue({ [`k${i}`]: 1, b: 1, a: 2 });
    expect(encodeValue({ b: 1, a: 2 })).toBe(text);
    expect(encodeValue({ '': 1 })).toBe('{1,0:,1}');
    expect(encodeValue({})).toBe('{0}');
  });

  it('of many or long keys are sorted too', () => {
    const keys = Array.from({ length: 50 }, (_, i) => `k${(i * 7) % 50}`);
    const build = (list: readonly string[]): object => Object.fromEntries(list.map((key) => [key, key]));
    expect(encodeValue(build(keys))).toBe(encodeValue(build([...keys].reverse())));
    const long = 'x'.repeat(100);
    expect(encodeValue({ [long]: 1, a: 2 })).toBe(encodeValue({ a: 2, [long]: 1 }));
  });
});

describe('Instances', () => {
  it('count by class name and own fields', () => {
    const make = (): object => {
      class User {
        id = 1;
        name = 'Ann';
      }
      return new User();
    };
    expect(encodeValue(make())).toBe(encodeValue(new User(1)));
  });

  it('are asked once for toCacheKey, wherever in the chain it is', () => {
    const toCacheKey = jest.fn(() => 'k');
    class Base {}
    class Heir extends Base {}
    Object.assign(Base.prototype, { toCacheKey });
    expect(encodeValue(new Heir())).toBe('@4:Heir(,s1:k)');
    expect(toCacheKey).toHaveBeenCalledTimes(1);
    expect(encodeValue(Object.assign(new Point(1), { toCacheKey: () => 'k' }))).toBe('@5:Point(,s1:k)');
  });

  it('of a class with hidden state or built on a built-in count by toCacheKey if they have it', () => {
    class Token extends Map<string, string> {
      #value = 'x';
      toCacheKey(): unknown {
        return this.#value;
      }
    }
    expect(encodeValue(new Token())).toBe('@5:Token(,s1:x)');
    expect(encodeValue(new Keyed('t', 1))).toBe(encodeValue(new Keyed('t', 2)));
  });

  it('are not asked for a toCacheKey that somebody gave to all objects', () => {
    const prototype = Object.prototype as { toCacheKey?: unknown };
    prototype.toCacheKey = () => 'same';
    try {
      expect(encodeValue(new Point(1))).toBe('@5:Point{1,2:id,1}');
    } finally {
      delete prototype.toCacheKey;
    }
  });

  it('are told by their own slots where they extend built-ins, whatever they override', () => {
    class Sly extends Map<string, number> {
      override entries(): never {
        throw new Error('asked');
      }
      override [Symbol.iterator](): never {
        throw new Error('asked');
      }
    }
    expect(encodeValue(new Sly().set('a', 1))).toBe('@3:Sly<Map[1,s1:a,1],{0}>');
  });

  it('of Error count with code, cause and fields, not with the place where they were made', () => {
    class HttpError extends Error {
      override name = 'HttpError';
      status = 404;
    }
    const text = encodeValue(new HttpError('gone', { cause: { id: 1 } }));
    expect(text).toContain('s4:gone');
    expect(text).toContain('404');
    expect(text).not.toContain('spec');
    expect(encodeValue(new HttpError('gone', { cause: { id: 2 } }))).not.toBe(text);
  });
});

describe('What has no content to compare is refused', () => {
  class Plain {}
  const stream = new ReadableStream();
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a class', User],
    ['a symbol', Symbol('a')],
    ['a registered symbol', Symbol.for('a')],
    ['a boxed symbol', Object(Symbol('a'))],
    ['a Promise', Promise.resolve(1)],
    ['a thenable instance', new (class Query { sql = ''; then(): void {} })()], // biome-ignore format: one line
    ['a WeakMap', new WeakMap()],
    ['a WeakSet', new WeakSet()],
    ['a WeakRef', new WeakRef({})],
    ['a generator', (function* () {})()],
    ['an async generator', (async function* () {})()],
    ['an array iterator', [1].values()],
    ['a Map iterator', new Map().entries()],
    ['an iterator instance', new (class Rows { at = 0; next(): void {} [Symbol.iterator](): this { return this; } })()], // biome-ignore format: one line
    ['an event emitter', new EventEmitter()],
    ['an heir of it', new (class Bus extends EventEmitter { id = 1; })()], // biome-ignore format: one line
    ['an event target', new EventTarget()],
    ['an AbortSignal', new AbortController().signal],
    ['an AbortController', new AbortController()],
    ['a Node stream', Readable.from([1])],
    ['a web stream', stream],
    ['a Socket', new Socket()],
    ['a Blob', new Blob(['a'])],
    ['a File', new File(['a'], 'a.txt')],
    ['FormData', new FormData()],
    ['a Request', new Request('http://x/')],
    ['shared memory', new SharedArrayBuffer(1)],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(1))],
    ['an object with a symbol key', { [Symbol('a')]: 1 }],
    ['an instance with a symbol key', Object.assign(new User(1), { [Symbol('a')]: 1 })],
    ['an instance with #private state', new Guarded(1)],
    ['an heir of a class with #private state', new (class Heir extends Guarded { id = 1; })(1)], // biome-ignore format: one line
    ['an instance without fields', new Plain()],
    ['an instance of a class without a name', new (class { a = 1; })()], // biome-ignore format: one line
    ['an object that inherits from another', Object.create({ a: 1 })],
    [
      'a Map that was given the prototype of a plain object',
      Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype),
    ],
    ['a Map whose prototype was taken away', Object.setPrototypeOf(new Map([[1, 2]]), null)],
    ['an object made to look like a Map', Object.create(Map.prototype)],
    ['an object made to look like a URL', Object.create(URL.prototype)],
    ['a Proxy of a Map', new Proxy(new Map(), {})],
    ['a number format', new Intl.NumberFormat()],
    // biome-ignore lint/complexity/noArguments: the subject
    ['an arguments object', (function (..._: unknown[]) { return arguments; })(1)], // biome-ignore format: one line
  ])('%s', (_, value) => {
    expect(fault(value).path).toBe('[0]');
    expect(fault({ client: { agent: value } }).path).toBe('[0].client.agent');
  });

  it('with the class and the remedy in the message', () => {
    expect(fault(new Guarded(1)).message).toBe(
      'cannot hash [0]: Guarded hides state in its #private members. Give its class a toCacheKey() method, leave it out with ' +
        'inputs({ omit: [...] }), or write a cacheKeyFn.',
    );
    expect(fault(() => 1).message).toMatch(/^cannot hash \[0\]: it is a function.*omit/);
  });
});

describe('The path of what is refused', () => {
  const bad = (): void => undefined;
  it.each<[unknown, string]>([
    [[bad], '[0][0]'],
    [{ 'two words': [1, bad] }, '[0]["two words"][1]'],
    [new Map([['a', { b: bad }]]), '[0].get("a").b'],
    [new Map([[7, bad]]), '[0].get(7)'],
    [
      new Map([
        [1, 1],
        [bad, 1],
      ] as never),
      '[0].keys()[1]',
    ],
    [new Map([[{}, bad]]), '[0].values()[0]'],
    [new Set([1, bad]), '[0].values()[1]'],
    [new User(1, bad as never), '[0].name'],
    [new Error('a', { cause: bad }), '[0].cause'],
    [Object.assign(new Bag(), { tag: bad }), '[0].tag'],
    [Object.assign(new Point(1), { toCacheKey: () => [bad] }), '[0].toCacheKey()[0]'],
  ])('leads to it: %#', (value, path) => {
    expect(fault(value).path).toBe(path);
  });

  it('begins with the argument, or with nothing for one value', () => {
    expect(() => encodeArguments([1, { a: bad }])).toThrow(expect.objectContaining({ path: '[1].a' }));
    expect(() => encodeValue({ a: bad })).toThrow(expect.objectContaining({ path: '.a' }));
    expect(() => encodeValue(bad)).toThrow(/^cannot hash the value: /);
  });

  it('leads to a getter that throws, and keeps what it threw', () => {
    const boom = new Error('boom');
    const error = fault({
      a: {
        get b(): never {
          throw boom;
        },
      },
    });
    expect(error.path).toBe('[0].a.b');
    expect(error.message).toContain('reading it threw "boom"');
    expect(error.cause).toBe(boom);
  });

  it('leads to a toCacheKey and to a Proxy that throw', () => {
    const boom = new Error('boom');
    const fails = (): never => {
      throw boom;
    };
    expect(fault({ a: Object.assign(new Point(1), { toCacheKey: fails }) })).toMatchObject({
      path: '[0].a.toCacheKey()',
      cause: boom,
    });
    expect(fault([new Proxy({}, { ownKeys: fails })])).toMatchObject({ path: '[0][0]', cause: boom });
  });
});

describe('Cycles and depth', () => {
  it('finds an object inside itself and names both places', () => {
    const node: Record<string, unknown> = { data: [1] };
    node.children = [{ parent: node }];
    const error = fault({ root: node });
    expect(error.path).toBe('[0].root.children[0].parent');
    expect(error.message).toContain('it is the same object as [0].root.');
  });

  it.each<[string, () => unknown]>([
    ['an array', () => { const a: unknown[] = []; a.push(a); return a; }], // biome-ignore format: one line
    ['a Map', () => { const m = new Map(); m.set('self', m); return m; }], // biome-ignore format: one line
    ['a Set', () => { const s = new Set(); s.add([s]); return s; }], // biome-ignore format: one line
    ['an instance', () => { const u = new User(1); return Object.assign(u, { name: u }); }], // biome-ignore format: one line
    ['an error', () => { const e = new Error('a'); e.cause = e; return e; }], // biome-ignore format: one line
    ['a toCacheKey', () => { const p = new Point(1); return Object.assign(p, { toCacheKey: () => ({ p }) }); }], // biome-ignore format: one line
  ])('finds it in %s', (_, make) => {
    expect(fault(make()).message).toContain('it contains itself');
  });

  it('finds it the first time round, however much stands beside it', () => {
    const get = jest.fn(() => 1);
    const node: Record<string, unknown> = Object.defineProperty({}, 'a', { enumerable: true, get });
    node.z = { node };
    fault(node);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it('of the value itself is said so', () => {
    const self: unknown[] = [];
    self.push(self);
    expect(() => encodeValue(self)).toThrow(/^cannot hash \[0\]: .* same object as the value\./);
  });

  it.each<[string, (inner: unknown) => unknown]>([
    ['arrays', (inner) => [inner]],
    ['objects', (inner) => ({ inner })],
    ['Maps', (inner) => new Map([['k', inner]])],
    ['Sets', (inner) => new Set([inner])],
    ['instances', (inner) => new User(1, inner as never)],
    ['errors', (inner) => new Error('a', { cause: inner })],
  ])(`takes ${MAX_DEPTH} nested %s and refuses one more`, (_, wrap) => {
    const deepest = nested(MAX_DEPTH, wrap);
    expect(encodeArguments([deepest]).length).toBeGreaterThan(MAX_DEPTH);
    expect(fault(wrap(deepest)).message).toContain('deeper than 1000 levels');
    expect(fault(wrap(deepest)).path.length).toBeLessThan(400);
  });

  it('answers with its own error where the stack is nearly used up', () => {
    const deepest = nested(MAX_DEPTH, (inner) => ({ inner }));
    const whole = encodeValue(deepest);
    const encodes = (): unknown => {
      try {
        return encodeValue(deepest);
      } catch (error) {
        return error;
      }
    };
    // Down and down until it is not encoded any more: how many levels that takes depends on what was compiled by then.
    const below = (level: number): unknown => {
      const answer = level % 50 === 0 ? encodes() : whole;
      return answer === whole ? below(level + 1) : answer;
    };
    const answer = below(0);
    expect(answer).toBeInstanceOf(UnhashableError);
    expect((answer as Error).message).toContain('it is nested too deep for the stack that is left');
    expect(encodeValue(deepest)).toBe(whole);
  });
});
