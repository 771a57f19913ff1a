import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf } from '../../lib/why/fingerprint.js';
import { cpuTimeOf } from '../base/cpu-time.js';

/** Longer than a digest, whose digits are not to be taken for it. */
const SECRET_NUMBER = 471_108_154_711_081;

function text(value: unknown, name = 'value'): string {
  return fingerprintOf(name, value).text;
}

describe('the fingerprint of an input', () => {
  it.each<[unknown, string]>([
    ['Berlin', "'Berlin'"],
    [42, '42'],
    [10n, '10n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [[1, 'a'], "[1,'a']"],
    [{ b: 1, a: 2 }, '{a: 2,b: 1}'],
    [new Map([['a', 1]]), "Map {'a' => 1}"],
    [new Set([1]), 'Set {1}'],
    [new Date(5), 'Date 5'],
    [Object.create(null), '{}'],
  ])('of %p is readable', (value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it.each<[unknown, unknown]>([
    [["a','b"], ['a', 'b']],
    [['a\\'], ["a\\'"]],
    [{ 'a: 1,b': 2 }, { a: 1, b: 2 }],
    [new Array(1), []],
    [new Map([["a' => 'b", 1]]), new Map([['a', 'b']])],
    [Uint8Array.of(1), Buffer.of(1)],
    [Uint8Array.of(1), Int8Array.of(1)],
    [Uint8Array.of(1), Uint8Array.of(1).buffer],
  ])('tells %j from %j', (one, other) => {
    expect(text(one)).not.toBe(text(other));
  });

  it('is inexact where symbols say more', () => {
    for (const value of [Symbol('a'), { [Symbol('a')]: 1 }, [Symbol('a')]])
      expect(fingerprintOf('value', value).exact).toBe(false);
  });

  class Ledger extends Map<string, number> {}
  class Night extends Date {}
  class Row extends Array<string> {}
  class Ids extends Set<number> {}
  class Packet extends Uint8Array {}
  it.each<[unknown, unknown]>([
    [new Map([['a', 1]]), new Ledger([['a', 1]])],
    [new Map([['a', 1]]), Object.assign(new Map([['a', 1]]), { owner: 1 })],
    [new Date(1), new Night(1)],
    [new Date(1), Object.assign(new Date(1), { [Symbol('zone')]: 1 })],
    [['a'], Row.of('a')],
    [['a'], 'a'.match(/a/)],
    [new Set([1]), new Ids([1])],
    [new Set([1]), Object.assign(new Set([1]), { owner: 1 })],
    [Uint8Array.of(1), Packet.of(1)],
  ])('of %p is exact, and of %p, which looks alike, is not', (bare, more) => {
    expect(fingerprintOf('value', bare).exact).toBe(true);
    expect(fingerprintOf('value', more).exact).toBe(false);
  });

  it('is short, whatever the input', () => {
    for (const value of [
      'x'.repeat(41),
      new Array(500).fill('abc'),
      { deep: { deeper: { deepest: 'x'.repeat(50) } } },
    ]) {
      expect(text(value)).toMatch(/^\(digest [0-9a-f]{12}\)$/);
    }
  });

  it('is the same for equal data and another for other data', () => {
    const data = fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true });
    fc.assert(
      fc.property(data, data, (one, two) => {
        expect(text(structuredCloneOf(one))).toBe(text(one));
        const same = text(one) === text(two) && fingerprintOf('', one).exact;
        if (same) expect(structuredCloneOf(two)).toEqual(structuredCloneOf(one));
      }),
    );
  });

  it.each([
    'password',
    'userPassword',
    'PASSPHRASE',
    'apiKey',
    'api_key',
    'accessToken',
    'authorization',
    'sessionId',
    'clientSecret',
    'cookie',
    'credentials',
  ])('hides what is called %s, at whatever depth', (name) => {
    const values = ['hunter2', SECRET_NUMBER, ['hunter2'], new Map([['a', 'hunter2']])];
    for (const value of values) {
      for (const shown of [
        text(value, name),
        text({ [name]: value }),
        text({ a: [{ [name]: value }] }),
        text(new Map([[name, value]])),
        text(new Map([[Symbol(name), value]])),
      ]) {
        expect(shown).not.toContain('hunter2');
        expect(shown).not.toContain(String(SECRET_NUMBER));
      }
    }
    expect(text('hunter2', name)).toMatch(/^\(redacted [0-9a-f]{8}\)$/);
    expect(text('hunter2', name)).not.toBe(text('hunter3', name));
    expect(text(undefined, name)).toBe('undefined');
  });

  it('runs none of the value’s own code', () => {
    const ran: string[] = [];
    const value = {
      get lazy() {
        return ran.push('getter');
      },
      toJSON: () => ran.push('toJSON'),
      toString: () => ran.push('toString'),
      proxy: new Proxy({}, { ownKeys: () => [`${ran.push('trap')}`], get: () => ran.push('trap') }),
    };
    class Loud extends Map {
      override [Symbol.iterator](): never {
        throw ran.push('iterator');
      }
    }
    class LoudBytes extends Uint8Array {
      override get buffer(): never {
        throw ran.push('accessor');
      }
    }
    const key = Object.assign(() => 1, { toString: () => ran.push('toString of a key') });
    for (const loud of [[value, new Loud()], LoudBytes.of(1), new Map([[key, 1]])])
      expect(fingerprintOf('value', loud)).toEqual({ text: expect.not.stringMatching('unreadable'), exact: false });
    expect(ran).toEqual([]);
  });

  it('ends on a cycle, a deep value and a large one', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const large = [new Array(5_000_000).fill('x'), 'x'.repeat(20_000_000), Buffer.alloc(20_000_000)];
    const spent = cpuTimeOf(() => {
      for (const value of [cyclic, deep, ...large]) expect(fingerprintOf('value', value).exact).toBe(false);
    });
    expect(spent).toBeLessThan(5_000);
  });

  it('is inexact for a class that may keep content elsewhere', () => {
    class Client {
      host = 'a';
    }
    expect(text(new Client())).toBe("Client {host: 'a'}");
    expect(fingerprintOf('client', new Client()).exact).toBe(false);
    expect(fingerprintOf('list', [{ a: new Date(1) }]).exact).toBe(true);
  });
});

function structuredCloneOf(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [structuredCloneOf(k), structuredCloneOf(v)]));
  if (value instanceof Set) return new Set([...value].map(structuredCloneOf));
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value; // -0 and 0 are one, as in keys
  const entries = Object.entries(value).map(([name, part]) => [name, structuredCloneOf(part)] as const);
  return entries.reduce((all, [name, part]) => Object.defineProperty(all, name, { value: part, enumerable: true }), {});
}
