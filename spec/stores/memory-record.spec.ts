import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type StateRecord, StoreKey } from '../../lib/index.js';
import { MemoryRecord } from '../../lib/stores/memory-record.js';
import { recordWith } from '../../lib/stores/record.js';
import { keyOf, recordOf } from './records.js';

const FIELDS = [
  'schema',
  'value',
  'plain',
  'message',
  'storedAt',
  'expiresAt',
  'renewForMs',
  'errorForMs',
  'computeMs',
  'generation',
  'tags',
  'async',
  'frozen',
  'from',
  'promise',
] as const;

const TAGS = ['a', 'b'];

const records = fc
  .record({
    value: fc.anything(),
    message: fc.constantFrom(undefined, 'from the cache'),
    storedAt: fc.nat(),
    expiresAt: fc.constantFrom(0, 1.5, 2 ** 40, Number.POSITIVE_INFINITY),
    renewForMs: fc.nat(1),
    errorForMs: fc.nat(1),
    computeMs: fc.nat(),
    generation: fc.nat(),
    tags: fc.constantFrom(undefined, TAGS, ['a', 'b'], []),
    async: fc.boolean(),
    frozen: fc.boolean(),
  })
  .map((fields) => recordOf(keyOf('a'), fields.value, { ...fields, schema: 2 }));

function expectSame(one: StateRecord, other: StateRecord): void {
  for (const field of FIELDS) expect([field, one[field]]).toEqual([field, other[field]]);
  expect([one.key.text, one.key.digest, one.key.scope]).toEqual([other.key.text, other.key.digest, other.key.scope]);
}

describe('the record of the memory store', () => {
  it('says what the record says that it was made of, whatever records came before it', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 6 }), (made) => {
        const kept = made.map((record) => new MemoryRecord(record));
        for (const [i, record] of made.entries()) expectSame(kept[i] as MemoryRecord, record);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the very value and tags', () => {
    const value = { deep: [1] };
    const record = new MemoryRecord(recordOf(keyOf('a'), value, { tags: TAGS }));
    expect(record.value).toBe(value);
    expect(record.tags).toBe(TAGS);
  });

  it('has the key of a text that was digested, not a digest of that', () => {
    const key = keyOf('x'.repeat(1_000));
    const again = new MemoryRecord(recordOf(key, 1)).key;
    expect(again).toBeInstanceOf(StoreKey);
    expect([again.text, again.digest]).toEqual([key.text, key.digest]);
  });

  it('can be copied with other fields', () => {
    const record = new MemoryRecord(recordOf(keyOf('a'), 1, { message: 'from the cache', schema: 2 }));
    record.promise = Promise.resolve(1);
    const copy = recordWith(record, { expiresAt: 7 });
    expectSame(copy, recordOf(keyOf('a'), 1, { message: 'from the cache', schema: 2, expiresAt: 7 }));
  });
});
