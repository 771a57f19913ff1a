import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scopeText } from '../../lib/stores/store-key.js';
import { keyOf } from './records.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('0', '1', '2', ':', '-', '\0', 'a'), maxLength: 8 }),
);
const scope = fc.tuple(text, fc.option(text, { nil: undefined }), text);

describe('the text of a key scope', () => {
  it('differs wherever identity, version or namespace differ', () => {
    fc.assert(
      fc.property(scope, scope, (one, two) => {
        const same = one.every((part, i) => part === two[i]);
        expect(scopeText(...one) === scopeText(...two)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it('differs together with the key that follows it', () => {
    fc.assert(
      fc.property(scope, text, scope, text, (one, a, two, b) => {
        const same = a === b && one.every((part, i) => part === two[i]);
        expect(scopeText(...one) + a === scopeText(...two) + b).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells no version from an empty one', () => {
    expect(scopeText('a', undefined, '')).not.toBe(scopeText('a', '', ''));
  });
});

describe('a store key', () => {
  it('is the text of the key function while that is short', () => {
    expect(keyOf('x'.repeat(256)).text).toBe('x'.repeat(256));
    expect(keyOf('🐟:{*}\n').text).toBe('🐟:{*}\n');
  });

  it('is a digest of a longer one', () => {
    const { text: digested } = keyOf('x'.repeat(257));
    expect(digested).toHaveLength('\0sha256:'.length + 64);
    expect(digested).not.toBe(keyOf('x'.repeat(258)).text);
    expect(digested).toBe(keyOf('x'.repeat(257)).text);
  });

  it('is never what somebody wrote to look like a digest', () => {
    const long = keyOf('x'.repeat(300)).text;
    expect(keyOf(long).text).not.toBe(long);
    expect(keyOf(long.slice(1)).text).not.toBe(long);
    expect(keyOf('\0').text).not.toBe('\0');
  });

  it('differs for different texts, long and short, with lone surrogates too', () => {
    const long = fc.tuple(fc.nat(600), text).map(([length, end]) => 'y'.repeat(length) + end);
    fc.assert(
      fc.property(fc.oneof(text, long), fc.oneof(text, long), (a, b) => {
        expect(keyOf(a).text === keyOf(b).text).toBe(a === b);
        expect(keyOf(a).digest === keyOf(b).digest).toBe(a === b);
      }),
      { numRuns: 1_000 },
    );
    expect(keyOf(`\ud800${'y'.repeat(300)}`).text).not.toBe(keyOf(`\ufffd${'y'.repeat(300)}`).text);
  });

  it('has one digest per scope, key and version', () => {
    const digests = [
      keyOf('a'),
      keyOf('b'),
      keyOf('a', 'Pricing.other'),
      keyOf('a', 'Pricing.quote', '1'),
      keyOf('a', 'Pricing.quote', undefined, 'test'),
    ].map((key) => key.digest);
    expect(new Set(digests).size).toBe(5);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf('a').digest).toBe(digests[0]);
  });

  it('does not pass a digest of the user through', () => {
    const hex = 'a'.repeat(64);
    expect(keyOf(hex).digest).not.toBe(hex);
  });
});
