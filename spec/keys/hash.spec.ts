import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UnhashableError } from '../../lib/base/errors.js';
import { encodeArguments } from '../../lib/keys/encode.js';
import { hashObjects, inputHash, sha256 } from '../../lib/keys/hash.js';

const digestOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

describe('A hash of values', () => {
  it('is their canonical text up to 256 characters', () => {
    const longest = 'x'.repeat(256 - '1(s247:)'.length);
    expect(hashObjects(longest)).toBe(`1(s${longest.length}:${longest})`);
    expect(hashObjects(longest)).toHaveLength(256);
    expect(hashObjects('A1', { b: 1 })).toBe('2(s2:A1,{1,1:b,1})');
  });

  it('is a marked digest of that text beyond', () => {
    const value = 'x'.repeat(256 - '1(s247:)'.length + 1);
    expect(hashObjects(value)).toBe(`sha256:${digestOf(encodeArguments([value]))}`);
  });

  it('is the same for values given one by one as for an argument list', () => {
    for (const args of [[], ['a', 1], [{ a: 'x'.repeat(500) }]]) expect(hashObjects(...args)).toBe(inputHash(args));
  });

  it('of a text that looks like a digest is no digest', () => {
    const long = { a: 'x'.repeat(500) };
    expect(hashObjects(hashObjects(long))).not.toBe(hashObjects(long));
    expect(hashObjects(hashObjects(long))).toMatch(/^1\(s71:sha256:/);
  });

  it('tells the path of what it cannot hash', () => {
    expect(() => hashObjects(1, { client: { agent: () => 1 } })).toThrow(UnhashableError);
    expect(() => hashObjects(1, { client: { agent: () => 1 } })).toThrow('[1].client.agent');
  });

  it.each<[string, () => unknown]>([
    ['a long string', () => 'x€'.repeat(100_000)],
    ['a string of half pairs', () => `\ud800${'😀\udc00'.repeat(30_000)}`],
    [
      'a pair at every place where pieces may end',
      () => Array.from({ length: 40 }, (_, i) => 'a'.repeat(i) + '😀'.repeat(20_000)),
    ],
    ['many small objects', () => Array.from({ length: 20_000 }, (_, id) => ({ id, name: `n${id}`, tags: ['a', id] }))],
    ['a large dictionary', () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))],
    ['a large Map', () => new Map(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, { i }]))],
    ['binary data', () => [1, 2, 3].map((more) => new Uint8Array(12 * 1024 * 4 + more).fill(7))],
    [
      'long strings inside',
      () => ({ a: ['y'.repeat(70_000), { b: 'z'.repeat(70_000) }], c: new Map([[1, 'w'.repeat(70_000)]]) }),
    ],
  ])('of %s, taken piece by piece, is the digest of the whole text', (_, make) => {
    const value = make();
    const text = encodeArguments([value, 1]);
    expect(text.length).toBeGreaterThan(40_000);
    expect(inputHash([value, 1])).toBe(`sha256:${sha256(text)}`);
  });

  it('of 100 MB grows memory by far less', () => {
    const size = 100_000_000;
    const large = Buffer.alloc(size, 97).toString('latin1');
    const bytes = Buffer.alloc(size, 1); // written, so that its pages count before and not while they are read
    const before = process.resourceUsage().maxRSS;
    inputHash([new Map([[1, 2]]), large, { large, bytes }]);
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(size / 2);
  });
});

describe('SHA-256', () => {
  it('of a text is that of its UTF-8', () => {
    for (const text of ['', 'abc', 'é€😀', 'x'.repeat(100_000), '😀'.repeat(50_001)]) {
      expect(sha256(text)).toBe(digestOf(text));
    }
  });

  it('tells half pairs from each other and from U+FFFD', () => {
    const texts = [
      '\ud800',
      '\ud801',
      '\udc00',
      '\ufffd',
      '\ud800\ud800',
      '\udc00\ud800',
      '😀',
      'a\ud800b',
      'a\udc00b',
      '?',
    ];
    expect(new Set(texts.map(sha256)).size).toBe(texts.length);
  });

  it('counts a half pair as the three bytes of its number', () => {
    expect(sha256('a\ud800b')).toBe(digestOf(Uint8Array.of(0x61, 0xed, 0xa0, 0x80, 0x62)));
    expect(sha256('\udfff😀')).toBe(digestOf(Uint8Array.of(0xed, 0xbf, 0xbf, 0xf0, 0x9f, 0x98, 0x80)));
  });

  it('of any two strings is one only if they are the same', () => {
    const unit = fc.constantFrom('\ud83d', '\ude00', 'a', '\ufffd', 'é');
    const text = fc.string({ unit, maxLength: 4 });
    fc.assert(
      fc.property(text, text, (one, other) => (sha256(one) === sha256(other)) === (one === other)),
      { numRuns: 2_000 },
    );
  });
});
