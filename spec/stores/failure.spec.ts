import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FailureRecord } from '../../lib/index.js';
import { failureFrom } from '../../lib/stores/failure.js';
import { decodeRecord, encodeRecord } from '../../lib/stores/record-codec.js';
import { Undecodable } from '../../lib/stores/undecodable.js';
import { keyOf, recordOf } from './records.js';

const KEY = keyOf('a');

function stored(value: unknown): unknown {
  const record = decodeRecord(encodeRecord(recordOf(KEY, value)), KEY);
  return record instanceof Undecodable ? record.detail : record.value;
}

class PaymentError extends Error {
  override name = 'PaymentError';
  readonly code = 'E_PAY';
  readonly status = 402;
  readonly card = '4111 1111 1111 1111';
}

describe('A failure as data', () => {
  it('gives an equal error: name, message, code and status, and nothing else of the original', () => {
    const thrown = new PaymentError('declined', { cause: new Error('secret') });
    const error = FailureRecord.of(thrown).toError();
    expect([error.name, error.message, String(error)]).toEqual(['PaymentError', 'declined', 'PaymentError: declined']);
    expect({ ...error }).toEqual({ code: 'E_PAY', status: 402 });
    expect(Object.getOwnPropertyNames(error).sort()).toEqual(['code', 'message', 'name', 'stack', 'status']);
    expect(error.stack).not.toBe(thrown.stack);
    expect(error).not.toBe(FailureRecord.of(thrown).toError());
  });

  it.each([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error])(
    'gives an error of the same built-in class',
    (Class) => {
      const error = FailureRecord.of(new Class('wrong')).toError();
      expect([error.constructor, error.name, error.message]).toEqual([Class, Class.name, 'wrong']);
    },
  );

  it.each(['constructor', '__proto__', 'toString', 'Function', 'FailureRecord'])(
    'takes the name %p for a name alone',
    (name) => {
      const error = FailureRecord.of(Object.assign(new Error('wrong'), { name })).toError();
      expect([Object.getPrototypeOf(error), error.name]).toEqual([Error.prototype, name]);
    },
  );

  it('keeps the fields that are allowed, where they are what they should be', () => {
    const wild = { code: {}, status: '500', statusCode: Number.NaN, headers: { authorization: 'secret' } };
    const { code, status, statusCode } = FailureRecord.of(Object.assign(new Error('x'), wild));
    expect([code, status, statusCode]).toEqual([undefined, undefined, Number.NaN]);
    expect(FailureRecord.of(Object.assign(new Error('x'), { code: 42 })).code).toBe(42);
  });

  it('says of errors in an AggregateError without a message how many they are, and what the first three say', () => {
    const inner = ['a', 'b', 'c', 'd'].map((text) => new Error(text));
    expect(FailureRecord.of(new AggregateError(inner)).message).toBe('4 errors: a; b; c; …');
    expect(FailureRecord.of(new AggregateError([1])).message).toBe('1 error: no message');
    expect(FailureRecord.of(new AggregateError([])).message).toBe('');
    expect(FailureRecord.of(new AggregateError(inner, 'all of them')).message).toBe('all of them');
    const error = FailureRecord.of(new AggregateError(inner, 'all')).toError();
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([]);
    const round = new AggregateError([]);
    round.errors.push(round, 'text');
    expect(FailureRecord.of(round).message).toBe('2 errors: ; text');
  });

  it.each<[unknown, string, string]>([
    ['sold out', 'Error', 'sold out'],
    ['', 'Error', ''],
    [undefined, 'Error', 'undefined was thrown'],
    [null, 'Error', 'null was thrown'],
    [404, 'Error', '404 was thrown'],
    [Symbol('sold'), 'Error', 'Symbol(sold) was thrown'],
    [() => 'the source', 'Error', 'a function was thrown'],
    [{}, 'Error', 'an object without a message was thrown'],
    [{ reason: 'secret' }, 'Error', 'an object without a message was thrown'],
    [{ name: 'Gone', message: 'sold out' }, 'Gone', 'sold out'],
    [{ name: 5, message: 'sold out' }, 'Error', 'sold out'],
    [Object.create(null), 'Error', 'an object without a message was thrown'],
  ])('makes something sensible of a thrown %p', (thrown, name, message) => {
    const error = FailureRecord.of(thrown).toError();
    expect([error instanceof Error, error.name, error.message]).toEqual([true, name, message]);
  });

  it('is made of whatever is thrown, getters and proxies that throw too', () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const hostile = [
      new Proxy({}, { get: boom, getOwnPropertyDescriptor: boom, has: boom, getPrototypeOf: boom }),
      Object.defineProperties(new Error(), { message: { get: boom }, name: { get: boom }, code: { get: boom } }),
      {
        message: 'here',
        get status() {
          return boom();
        },
      },
    ];
    for (const thrown of hostile) expect(FailureRecord.of(thrown).toError()).toBeInstanceOf(Error);
    fc.assert(
      fc.property(fc.anything({ withProxy: true } as object), (thrown) => FailureRecord.is(FailureRecord.of(thrown))),
    );
  });

  it('is bounded: the message to 8 KiB without cutting a character in two, the rest to 200 characters', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.constantFrom('é', '🐟', '\u20ac', 'x'), (offset, letter) => {
        const message = 'y'.repeat(offset) + letter.repeat(9_000);
        const kept = FailureRecord.of(new Error(message)).message;
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(8_192);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(8_192 - 4);
        expect(message.startsWith(kept)).toBe(true);
      }),
    );
    const { name, code } = FailureRecord.of({ name: 'n'.repeat(999), code: 'c'.repeat(999), message: 'm' });
    expect([name.length, (code as string).length]).toEqual([200, 200]);
    expect(FailureRecord.of(new Error('x'.repeat(8_192))).message.length).toBe(8_192);
  });

  it('cannot be changed', () => {
    const failure = FailureRecord.of(new Error('x'));
    expect(() => Object.assign(failure, { message: 'y' })).toThrow(TypeError);
    expect(Object.isFrozen(failure)).toBe(true);
  });

  it('is told from any other value, also by another copy of the package', () => {
    const BRAND = Symbol.for('flowpond.failure');
    class OtherCopy {}
    Object.defineProperty(OtherCopy.prototype, BRAND, { value: true });
    expect([FailureRecord.of(1), new OtherCopy()].map((value) => FailureRecord.is(value))).toEqual([true, true]);
    const trap = new Proxy({}, { has: () => true });
    for (const value of [undefined, null, 1, 'x', {}, [], new Error('x'), trap, () => 1]) {
      expect(FailureRecord.is(value)).toBe(false);
    }
  });

  it('comes back from bytes as what it was', () => {
    for (const thrown of [new PaymentError('declined'), new TypeError('\ud800'), undefined, 'x'.repeat(10_000)]) {
      const failure = FailureRecord.of(thrown);
      const back = stored(failure);
      expect(back).toBeInstanceOf(FailureRecord);
      expect(back).toEqual(failure);
    }
  });

  it('is made of bytes for nothing that a task returned, however like one it looks', () => {
    const failure = FailureRecord.of(new TypeError('x'));
    for (const value of [{ ...failure }, ['TypeError', 'x', undefined, undefined, undefined], new TypeError('x')]) {
      const back = stored(value);
      expect(FailureRecord.is(back)).toBe(false);
      expect(back).toEqual(value);
    }
  });

  it('is made of data of its own form alone', () => {
    for (const data of [
      ...[null, {}, [], ['a', 'b'], ['a', 'b', 1, 2, 3, 4], [1, 'b', 1, 2, 3], ['a', 1, 1, 2, 3]],
      ...[['a', 'b', {}, 2, 3], ['a', 'b', 1, '2', 3], ['a', 'b', 1, 2, null], { length: 5, 0: 'a', 1: 'b' }],
    ]) {
      expect(failureFrom(data)).toBeUndefined();
    }
    const long = failureFrom(['n'.repeat(999), 'm'.repeat(99_999), 'c', 1, undefined]);
    expect([long?.name.length, long?.message.length, long?.code]).toEqual([200, 8_192, 'c']);
  });
});
