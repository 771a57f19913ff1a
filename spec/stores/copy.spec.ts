import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyOf, frozenCopyOf } from '../../lib/stores/copy.js';

class Money {
  constructor(
    public amount: number,
    public readonly currency: string,
  ) {}

  get doubled(): number {
    return this.amount * 2;
  }
}

class Vault {
  readonly label = 'vault';
  #content = 5;

  get content(): number {
    return this.#content;
  }
}

class Bag extends Map<string, number> {
  note = 'bag';
}

class SecretBag extends Map<string, number> {
  #owner = 'me';

  get owner(): string {
    return this.#owner;
  }
}

class Row extends Array<number> {
  sum(): number {
    return this.reduce((a, b) => a + b, 0);
  }
}

/** One of everything that can be copied. */
function everything() {
  return {
    text: 'x',
    big: 10n,
    nothing: null,
    missing: undefined,
    symbol: Symbol.iterator,
    nan: Number.NaN,
    negativeZero: -0,
    list: [1, [2, { three: 3 }]],
    map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1, [2]])]]),
    date: new Date(5),
    pattern: /a+/gi,
    url: new URL('https://example.com/?q=1'),
    money: new Money(5, 'EUR'),
    error: new RangeError('no such city', { cause: { code: 5 } }),
    boxed: Object(5),
    bare: Object.assign(Object.create(null), { a: 1 }),
    bag: Object.assign(new Bag([['a', 1]]), { note: 'mine' }),
    row: Row.from([1, 2, 3]) as Row,
  };
}

const bytes = () => ({
  buffer: Buffer.from('hello'),
  typed: new Float64Array([1, 2]),
  part: new Uint8Array(new ArrayBuffer(8), 2, 3),
  raw: new Uint8Array([1, 2, 3]).buffer,
  view: new DataView(new ArrayBuffer(4), 1, 2),
});

/** Every object that can be reached, through Maps and Sets too. */
function reachable(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  found.add(value);
  if (value instanceof Map) for (const entry of value) for (const part of entry) reachable(part, found);
  if (value instanceof Set) for (const part of value) reachable(part, found);
  for (const key of Reflect.ownKeys(value)) reachable(Reflect.get(value, key), found);
  return found;
}

describe.each([
  ['a copy', copyOf],
  ['a frozen copy', frozenCopyOf],
])('%s', (_, copied) => {
  it('equals what it was made of, and shares no object with it', () => {
    const original = everything();
    const copy = copied(original);
    expect(copy).toEqual(original);
    const own = reachable(original);
    expect([...reachable(copy)].filter((object) => own.has(object))).toEqual([]);
  });

  it('keeps classes, their getters and methods', () => {
    const copy = copied(everything());
    expect(copy.money).toBeInstanceOf(Money);
    expect(copy.money.doubled).toBe(10);
    expect(copy.bag).toBeInstanceOf(Bag);
    expect(copy.bag.get('a')).toBe(1);
    expect(copy.bag.note).toBe('mine');
    expect(copy.row).toBeInstanceOf(Row);
    expect(copy.row.sum()).toBe(6);
    expect(copy.error).toBeInstanceOf(RangeError);
    expect(copy.error.message).toBe('no such city');
    expect(copy.error.cause).toEqual({ code: 5 });
    expect(Object.keys(copy.error)).toEqual([]);
    expect(Object.getPrototypeOf(copy.bare)).toBeNull();
    expect(copy.pattern.flags).toBe('gi');
    expect(copy.url.searchParams.get('q')).toBe('1');
    expect(Object.is(copy.negativeZero, -0)).toBe(true);
    expect(copied(new Date(Number.NaN)).getTime()).toBeNaN();
  });

  it('keeps cycles and shared objects as they are', () => {
    const shared = { a: 1 };
    const cyclic: Record<string, unknown> = { first: shared, second: shared, map: new Map() };
    cyclic['self'] = cyclic;
    (cyclic['map'] as Map<unknown, unknown>).set(cyclic, cyclic);
    const copy = copied(cyclic);
    expect(copy['self']).toBe(copy);
    expect(copy['first']).toBe(copy['second']);
    expect(copy['first']).not.toBe(shared);
    expect((copy['map'] as Map<unknown, unknown>).get(copy)).toBe(copy);
  });

  it('keeps holes, an own __proto__ and symbol keys', () => {
    const sparse = [1, , 3];
    expect(1 in copied(sparse)).toBe(false);
    const own = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    expect(Object.keys(copied(own))).toEqual(['__proto__']);
    expect('polluted' in copied(own)).toBe(false);
    const key = Symbol('key');
    expect(copied({ [key]: 1 })).toEqual({ [key]: 1 });
  });

  it('has the values that getters gave', () => {
    let asked = 0;
    const copy = copied({
      get lazy() {
        return ++asked;
      },
    });
    expect(Object.getOwnPropertyDescriptor(copy, 'lazy')).toMatchObject({ value: 1 });
    expect(asked).toBe(1);
  });

  it('can be of an instance of a class without a name', () => {
    const made = new (class {
      a = 1;
    })();
    expect(copied(made)).toEqual({ a: 1 });
  });

  it.each<[string, unknown, RegExp]>([
    ['a function', { f: () => 1 }, /a function/],
    ['#private members', [new Vault()], /Vault with #private members/],
    ['#private members of a Map', new SecretBag(), /SecretBag with #private members/],
    ['a promise', { later: Promise.resolve(1) }, /Promise/],
    ['a WeakMap', new WeakMap(), /WeakMap/],
    ['a Proxy', new Proxy({}, {}), /a Proxy/],
    ['an event emitter', new EventEmitter(), /event emitter/],
    ['an iterator', [1].values(), /cannot be copied/],
  ])('of %s is refused', (_name, value, message) => {
    expect(() => copied(value)).toThrow(TypeError);
    expect(() => copied(value)).toThrow(message);
    expect(() => copied(value)).toThrow("use resultCopy: 'share'");
  });

  it('of any data equals it', () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, withBigInt: true, withNullPrototype: true }), (value) => {
        expect(copied(value)).toEqual(value);
      }),
    );
  });
});

describe('a copy', () => {
  it('can be changed without changing the original', () => {
    const original = everything();
    const copy = copyOf(original);
    copy.map.clear();
    copy.date.setTime(0);
    copy.list.push(5);
    copy.money.amount = 0;
    expect(original).toEqual(everything());
  });

  it('of bytes has its own, and no more than those', () => {
    const original = bytes();
    const copy = copyOf(original);
    expect(copy).toEqual(original);
    expect(Buffer.isBuffer(copy.buffer)).toBe(true);
    expect(copy.buffer.toString()).toBe('hello');
    expect(copy.buffer.buffer.byteLength).toBe(5); // and not the pool it came from
    expect(copy.view.byteLength).toBe(2);
    copy.typed[0] = 9;
    expect(original.typed[0]).toBe(1);
  });

  it('of a frozen copy can be changed again', () => {
    const copy = copyOf(frozenCopyOf(everything()));
    copy.map.set(1, 1);
    copy.list.push(1);
    copy.date.setTime(9);
    copy.money.amount = 9;
    expect([copy.map.size, copy.list.length, copy.date.getTime(), copy.money.amount]).toEqual([2, 3, 9, 9]);
  });
});

describe('a frozen copy', () => {
  it('cannot be changed, Maps, Sets and Dates neither', () => {
    const copy = frozenCopyOf(everything());
    const inner = [...copy.map.values()][0] as Set<unknown>;
    const changes: (() => unknown)[] = [
      () => {
        copy.text = 'y';
      },
      () => copy.list.push(1),
      () => copy.map.set(1, 1),
      () => copy.map.delete(1),
      () => copy.map.clear(),
      () => inner.add(1),
      () => inner.clear(),
      () => copy.date.setTime(1),
      () => copy.date.setFullYear(1),
      () => copy.bag.set('b', 1),
      () => {
        copy.money.amount = 0;
      },
      () => {
        delete (copy as Partial<typeof copy>).money;
      },
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
    expect(copy).toEqual(everything());
  });

  it('leaves the original free', () => {
    const original = everything();
    frozenCopyOf(original);
    expect(
      [...reachable(original)].filter((object) => Object.isFrozen(object) && Reflect.ownKeys(object).length > 0),
    ).toEqual([]);
    original.map.set(1, 1);
    expect(original.map.size).toBe(2);
  });

  it.each(Object.entries(bytes()))('of bytes (%s) is refused, as nothing could freeze them', (_, value) => {
    expect(() => frozenCopyOf({ deep: value })).toThrow("use resultCopy: 'clone'");
  });
});
