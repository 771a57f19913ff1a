import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeValue } from '../../lib/keys/encode.js';
import { UnstorableError } from '../../lib/stores/codec.js';
import { Plain } from '../../lib/stores/plain.js';
import type { StateRecord } from '../../lib/stores/record.js';
import { decodeHeader, decodeRecord, encodeRecord, Undecodable } from '../../lib/stores/record-codec.js';
import { mutated, randomFrom } from './mutate.js';
import { storable, text } from './random-values.js';
import { keyOf, recordOf } from './records.js';

const MUTATIONS = process.env.FLOWPOND_LONG === undefined ? 10_000 : 1_000_000;
const KEY = keyOf('A1', 'Pricing.quote', '3', 'shop');

const FULL: Partial<StateRecord> = {
  message: 'fresh — from the supplier',
  storedAt: 1_790_000_000_123,
  expiresAt: 1_790_000_020_123,
  renewForMs: 5000,
  errorForMs: 60_000,
  computeMs: 12.75,
  generation: 2 ** 53 - 1,
  tags: ['sku:A1', '', 'a,b', '🎉', '\ud800'],
  async: false,
  from: { origin: { taskRunId: 'run 1', taskRunName: 'quote-0', flowRunName: 'brave-otter' } },
};

function decoded(bytes: Uint8Array, key = KEY): StateRecord {
  const record = decodeRecord(bytes, key);
  if (record instanceof Undecodable) throw new Error(record.detail);
  return record;
}

function detailOf(bytes: Uint8Array, key = KEY): string {
  const record = decodeRecord(bytes, key);
  if (!(record instanceof Undecodable)) throw new Error('it was decoded');
  expect(record.reason).toBe('undecodable');
  return record.detail;
}

/** The same bytes with checksums that fit, as somebody would make them who wants to be believed. */
function resealed(bytes: Buffer): Buffer {
  if (bytes.length < 104) return bytes;
  const valueStart = bytes.readUInt32LE(8);
  const valueEnd = valueStart + bytes.readUInt32LE(12);
  if (valueStart < 100 || valueEnd + 4 !== bytes.length) return bytes;
  const headerCrc = crc32(bytes.subarray(0, valueStart - 4));
  bytes.writeUInt32LE(headerCrc, valueStart - 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(valueStart, valueEnd), headerCrc), valueEnd);
  return bytes;
}

describe('A stored record', () => {
  it('comes back whole, its value new each time', () => {
    const record = recordOf(KEY, { when: new Date(5), list: [undefined, 1n] }, FULL);
    const bytes = encodeRecord(record);
    const first = decoded(bytes);
    expect(first).toEqual({ ...record, frozen: false, promise: undefined });
    expect(first.key).toBe(KEY);
    expect(decoded(bytes).value).not.toBe(first.value);
  });

  it('comes back without what a task may leave out, and without what is of one process', () => {
    const record = recordOf(keyOf('A1'), undefined, { frozen: true, promise: Promise.resolve(1) });
    expect(decoded(encodeRecord(record), keyOf('A1'))).toEqual(recordOf(keyOf('A1'), undefined));
  });

  it('keeps results that look like none', () => {
    for (const value of [null, undefined, 0, -0, '', false, Number.NaN]) {
      expect(decoded(encodeRecord(recordOf(KEY, value))).value).toBe(value);
    }
  });

  it('says what is beside the value without reading that', () => {
    const bytes = Buffer.from(encodeRecord(recordOf(KEY, 'value', FULL)));
    const { message, storedAt, expiresAt, renewForMs, errorForMs, computeMs, generation, tags } = FULL;
    bytes[bytes.length - 6] = 0; // in the value
    expect(decodeHeader(bytes, KEY)).toMatchObject({
      ...{ message, storedAt, expiresAt, renewForMs, errorForMs, computeMs, generation, tags, async: false },
      ...{ digest: KEY.digest, identity: 'Pricing.quote', version: '3', seal: undefined },
      origin: { taskRunId: 'run 1', taskRunName: 'quote-0', flowRunName: 'brave-otter' },
    });
    expect(detailOf(bytes)).toContain('checksum');
  });

  it('never expires if it was so', () => {
    expect(decoded(encodeRecord(recordOf(KEY, 1))).expiresAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps what is to be revived apart from what is not', () => {
    const sealed = decoded(encodeRecord(recordOf(KEY, new Plain('the seal', { id: 1 }))));
    expect(Plain.is(sealed.value)).toBe(true);
    expect(sealed.value).toMatchObject({ seal: 'the seal', data: { id: 1 } });
    expect(Plain.is(decoded(encodeRecord(recordOf(KEY, { seal: 'the seal', data: { id: 1 } }))).value)).toBe(false);
  });

  it('is refused when it is made if its value cannot come back', () => {
    expect(() => encodeRecord(recordOf(KEY, { client: () => 1 }))).toThrow(UnstorableError);
    expect(() => encodeRecord(recordOf(KEY, 'x'.repeat(100)), { maxBytes: 50 })).toThrow('more than 50 bytes');
    expect(decoded(encodeRecord(recordOf(KEY, 1))).value).toBe(1);
  });

  it('of any key and value comes back', () => {
    fc.assert(
      fc.property(
        storable,
        text,
        text,
        fc.array(text),
        fc.option(text, { nil: undefined }),
        (value, id, name, tags, version) => {
          const key = keyOf(id, name, version);
          const record = recordOf(key, value, { tags, message: id });
          const back = decoded(encodeRecord(record), key);
          expect(encodeValue(back.value)).toBe(encodeValue(value));
          expect({ ...back, value }).toEqual(record);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('Bytes that are no record of a key', () => {
  const BYTES = encodeRecord(recordOf(KEY, { when: new Date(5), list: [undefined, 1n, 'text'] }, FULL));
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(BYTES);
    copy[at] = value;
    return copy;
  };

  it('say why they are not', () => {
    expect(detailOf(new Uint8Array(0))).toBe('it is too short for a record');
    expect(detailOf(Buffer.from(JSON.stringify({ value: 'x'.repeat(200) })))).toBe('it is no record of Flowpond');
    expect(detailOf(BYTES, keyOf('A2', 'Pricing.quote', '3', 'shop'))).toBe('it belongs to another key');
    expect(detailOf(BYTES, keyOf('A1', 'Pricing.quote', '4', 'shop'))).toBe('it belongs to another key');
    expect(detailOf(changed(3, 1))).toBe('it has the schema 1; this version of Flowpond reads 2');
    expect(detailOf(resealed(changed(4, 9)))).toBe('its codec is 9; here it is 1');
    expect(detailOf(changed(50, 9))).toBe('its checksum is wrong: it was damaged');
    expect(detailOf(BYTES.subarray(0, -1))).toBe('it is cut off, or too long');
    expect(detailOf(Buffer.concat([BYTES, Buffer.alloc(1)]))).toBe('it is cut off, or too long');
  });

  it('are those that say they are of a failure, and have other data than one', () => {
    const forged = changed(5, (BYTES[5] ?? 0) | 2);
    expect(detailOf(forged)).toBe('its checksum is wrong: it was damaged');
    expect(detailOf(resealed(forged))).toBe('its failure does not say what it should');
  });

  it('are those with the value of another record of the same key', () => {
    const other = Buffer.from(
      encodeRecord(recordOf(KEY, { when: new Date(6), list: [undefined, 1n, 'next'] }, { ...FULL, storedAt: 1 })),
    );
    const start = other.readUInt32LE(8);
    expect(other.length).toBe(BYTES.length);
    expect(detailOf(Buffer.concat([other.subarray(0, start), BYTES.subarray(start)]))).toContain('checksum');
  });

  it('are those with any single bit flipped', () => {
    for (let bit = 0; bit < 8 * BYTES.length; bit++)
      detailOf(changed(bit >> 3, (BYTES[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
  });

  it('are those cut off anywhere', () => {
    for (let length = 0; length < BYTES.length; length++) detailOf(BYTES.subarray(0, length));
  });

  it('are those changed at random, and none is ever taken for a record', () => {
    const random = randomFrom(22);
    const values = fc.sample(storable, { numRuns: 50, seed: 22 });
    const originals = [...values.map((value) => encodeRecord(recordOf(KEY, value, FULL))), BYTES];
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutated(originals[i % originals.length] as Uint8Array, random);
      if (!(decodeRecord(bytes, KEY) instanceof Undecodable)) throw new Error(`accepted: ${bytes.toString('hex')}`);
      if (!(decodeHeader(bytes) instanceof Undecodable) && i % 2 === 0) decodeHeader(bytes, KEY);
    }
  }, 600_000);

  it('throw nothing even if their checksums fit', () => {
    const random = randomFrom(23);
    const shared = Object.getOwnPropertyNames(Object.prototype);
    const originals = fc
      .sample(storable, { numRuns: 50, seed: 23 })
      .map((value) => encodeRecord(recordOf(KEY, value, FULL)));
    let accepted = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const record = decodeRecord(resealed(mutated(originals[i % originals.length] as Uint8Array, random)), KEY);
      if (record instanceof Undecodable) continue;
      accepted++;
      for (const tag of record.tags ?? []) expect(typeof tag).toBe('string');
      expect(typeof record.from.origin.taskRunId).toBe('string');
    }
    expect(accepted).toBeGreaterThan(0); // or the checksums did not fit
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(shared);
  }, 600_000);
});
