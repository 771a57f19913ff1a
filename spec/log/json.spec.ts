import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../lib/log/harmless.js';
import { jsonLine } from '../../lib/log/json.js';

const NOW = Date.UTC(2026, 10, 22, 12, 1, 7, 353);
const write = (fields?: Record<string, unknown>, message = 'x'): string =>
  jsonLine(NOW, 'info', "Task run 'quote-1'", message, fields);
/** The fields of the line, without the four that each line has. */
const fieldsOf = (fields: Record<string, unknown>): Record<string, unknown> => {
  const { time, level, source, message, ...rest } = JSON.parse(write(fields));
  expect([time, level, source, message]).toEqual(['2026-11-22T12:01:07.353Z', 'info', "Task run 'quote-1'", 'x']);
  return rest;
};
const throwing = (): never => {
  throw new Error('no');
};

describe('jsonLine', () => {
  it('is one object a line: time, level, source, message, then the fields', () => {
    expect(write({ ms: 3, from: 'golden-pug' }, 'Finished\nin "state"')).toBe(
      `{"time":"2026-11-22T12:01:07.353Z","level":"info","source":"Task run 'quote-1'","message":"Finished\\nin \\"state\\"",` +
        '"ms":3,"from":"golden-pug"}\n',
    );
    expect(write()).toBe(
      `{"time":"2026-11-22T12:01:07.353Z","level":"info","source":"Task run 'quote-1'","message":"x"}\n`,
    );
  });

  it('never lets a field take the place of what the line says itself', () => {
    expect(fieldsOf({ time: 1, level: 2, source: 3, message: 4, truncated: 5 })).toEqual({
      time_: 1,
      level_: 2,
      source_: 3,
      message_: 4,
      truncated_: 5,
    });
  });

  it('writes an error as name, message, code and stack, with its cause', () => {
    const cause = Object.assign(new Error('refused'), { stack: 'B' });
    const error = Object.assign(new TypeError('no', { cause }), { code: 'E_NO', stack: 'A', secret: 'password' });
    expect(fieldsOf({ error })).toEqual({
      error: {
        name: 'TypeError',
        message: 'no',
        code: 'E_NO',
        stack: 'A',
        cause: { name: 'Error', message: 'refused', stack: 'B' },
      },
    });
  });

  it('knows errors that do not come from this realm or extend nothing', () => {
    const abort = AbortSignal.abort().reason as DOMException;
    expect(fieldsOf({ abort })).toEqual({
      abort: { name: 'AbortError', message: abort.message, code: 20, stack: abort.stack },
    });
  });

  it('writes what JSON has no word for', () => {
    expect(
      fieldsOf({
        big: 2n ** 70n,
        nan: Number.NaN,
        infinite: Number.NEGATIVE_INFINITY,
        none: undefined,
        nothing: null,
        symbol: Symbol('s'),
        fn: throwing,
        date: new Date(0),
        broken: new Date(Number.NaN),
        map: new Map([['a', 1n]]),
        set: new Set([1, undefined]),
        bytes: Buffer.from('secret'),
        buffer: new ArrayBuffer(8),
        url: new URL('https://example.org/'),
      }),
    ).toEqual({
      big: '1180591620717411303424',
      nan: 'NaN',
      infinite: '-Infinity',
      nothing: null,
      symbol: 'Symbol(s)',
      fn: '[function]',
      date: '1970-01-01T00:00:00.000Z',
      broken: null,
      map: [['a', '1']],
      set: [1, null],
      bytes: '[6 bytes]',
      buffer: '[8 bytes]',
      url: 'https://example.org/',
    });
  });

  it('survives cycles, and takes the same value twice for no cycle', () => {
    const node: Record<string, unknown> = { n: 1 };
    node.self = node;
    expect(fieldsOf({ node, again: [node.n, node] })).toEqual({
      node: { n: 1, self: '[cyclic]' },
      again: [1, { n: 1, self: '[cyclic]' }],
    });
    const fields: Record<string, unknown> = {};
    fields.fields = fields;
    expect(fieldsOf(fields)).toEqual({ fields: '[cyclic]' });
  });

  it('survives getters, proxies and toJSON that throw', () => {
    const hostile = new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing, has: throwing });
    const fields = Object.defineProperty({ hostile, json: { toJSON: throwing }, ok: 1 }, 'getter', {
      get: throwing,
      enumerable: true,
    });
    expect(fieldsOf(fields)).toEqual({ hostile: '[unreadable]', json: '[unreadable]', ok: 1, getter: '[unreadable]' });
    expect(fieldsOf(hostile as Record<string, unknown>)).toEqual({});
  });

  it('bounds depth, items and texts', () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } };
    expect(fieldsOf({ deep })).toEqual({ deep: { a: { b: { c: { d: '[object]' } } } } });
    expect((fieldsOf({ list: Array(1e6) }).list as unknown[]).slice(63)).toEqual([null, '… 999936 more']);
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, n]));
    expect(fieldsOf({ wide }).wide).toMatchObject({ k63: 63, '…': '36 more' });
    expect(fieldsOf({ long: 'x'.repeat(1e6) }).long).toMatch(/^x+ … \(cut, 1000000 bytes in all\)$/);
  });

  it('leaves out what does not fit into 16 kB, and says so', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, 'x'.repeat(3000)]));
    const text = write({ ...many, last: 1 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    expect(JSON.parse(text)).toMatchObject({ k0: 'x'.repeat(3000), k3: 'x'.repeat(3000), truncated: true });
    expect(write({ a: 1 })).not.toContain('truncated');
  });

  it('fits into 16 kB to the byte when something is left out', () => {
    const long = 'x'.repeat(4000);
    let longest = 0;
    for (let rest = 0; rest < 300; rest += 1) {
      const text = write({ a: long, b: long, c: long, d: long, e: 'x'.repeat(rest), f: long });
      expect(JSON.parse(text)).toMatchObject({ truncated: true });
      longest = Math.max(longest, Buffer.byteLength(text));
    }
    expect(longest).toBe(MAX_LINE_BYTES);
  });

  it('stops looking when it has seen enough', () => {
    const lists = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`k${n}`, Array(64).fill(1)]));
    const text = write(lists);
    expect(JSON.parse(text)).toMatchObject({ k30: Array(64).fill(1), truncated: true });
    expect(text).not.toContain('"k32"');
    let reads = 0;
    const read = (): string => {
      reads += 1;
      return 'x'.repeat(4000);
    };
    const texts = (): object => {
      const all = {};
      for (let n = 0; n < 64; n += 1) Object.defineProperty(all, `k${n}`, { get: read, enumerable: true });
      return all;
    };
    expect(fieldsOf({ all: Array.from({ length: 64 }, texts) })).toEqual({ truncated: true });
    expect(reads).toBeLessThan(10);
  });

  it('cuts a message by what its JSON takes', () => {
    for (const message of [
      'x'.repeat(1e6),
      '"'.repeat(1e6),
      '\u0000'.repeat(1e6),
      '漢'.repeat(1e6),
      '\u009b'.repeat(1e6),
    ]) {
      const text = write({ kept: true }, message);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_LINE_BYTES);
      expect(JSON.parse(text)).toMatchObject({ kept: true, message: expect.stringContaining(' … (cut, ') });
    }
  });

  it('escapes what a terminal or a line reader would obey, and loses nothing', () => {
    const text = write({ '\u009bk': '\u2028' }, '\u001b[2J\u009b\u007f');
    expect(text).toContain('"message":"\\u001b[2J\\u009b\\u007f","\\u009bk":"\\u2028"}');
    expect(JSON.parse(text)).toMatchObject({ message: '\u001b[2J\u009b\u007f', '\u009bk': '\u2028' });
  });

  it('does without a time that is none', () => {
    expect(jsonLine(Number.NaN, 'warn', 's', 'm', undefined)).toBe(
      '{"time":null,"level":"warn","source":"s","message":"m"}\n',
    );
  });

  it('is one bounded line of JSON whatever the fields are', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withObjectString: true,
      key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'message', 'time', 'stack', 'name')),
    });
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'level', 'source')), anything),
        fc.string({ unit: 'binary' }),
        (fields, message) => {
          const text = write(fields, message);
          expect(text.indexOf('\n')).toBe(text.length - 1);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_LINE_BYTES);
          expect(JSON.parse(text)).toMatchObject({ level: 'info', source: "Task run 'quote-1'", message });
        },
      ),
    );
  });
});
