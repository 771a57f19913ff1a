import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cut, harmlessJson, harmlessText, harmlessWord, MAX_LINE_BYTES } from '../../lib/log/harmless.js';

const ESC = '\u001b';

describe('harmlessText', () => {
  it('shows terminal escapes as text instead of letting the terminal obey them', () => {
    expect(harmlessText(`${ESC}[2J${ESC}]0;owned\u0007 \u009b31m \u007f \b \0`)).toBe(
      '\\x1b[2J\\x1b]0;owned\\x07 \\x9b31m \\x7f \\x08 \\x00',
    );
  });

  it('keeps line ends and tabs, and takes a Windows line end for a line end', () => {
    expect(harmlessText('a\tb\nc\r\nd')).toBe('a\tb\nc\nd');
  });

  it('shows a lone carriage return, with which data could overwrite its own line', () => {
    expect(harmlessText('all went wrong\rall is well')).toBe('all went wrong\\rall is well');
  });

  it('shows what would turn the direction of the text, and keeps right-to-left letters', () => {
    expect(harmlessText('user \u202ednuor\u202c \u2067x\u2069 \u2028')).toBe(
      'user \\u202ednuor\\u202c \\u2067x\\u2069 \\u2028',
    );
    expect(harmlessText('שלום é 漢 🐟 \u200f')).toBe('שלום é 漢 🐟 \u200f');
  });

  it('sets in a later line that pretends to be a line of the log', () => {
    expect(harmlessText("no such city\n12:01:07.353 | INFO    | Task run 'x' - fine\nreally")).toBe(
      "no such city\n  12:01:07.353 | INFO    | Task run 'x' - fine\nreally",
    );
  });

  it('leaves no control character but line end and tab, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmlessText(text).replace(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('leaves printable text as it is', () => {
    const ends = /[\p{Zl}\p{Zp}]/u; // which fast-check counts among graphemes
    const one = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((text) => !ends.test(text));
    const printable = fc.string({ unit: one });
    fc.assert(fc.property(printable, (text) => expect(harmlessText(text)).toBe(text)));
  });
});

describe('harmlessWord', () => {
  it('cannot end its line', () => {
    expect(harmlessWord('a\nb\tc\r\nd')).toBe('a\\nb\\tc\\r\\nd');
  });
});

describe('harmlessJson', () => {
  it('loses nothing', () => {
    const text = `\u009b31m\u007f${ESC}\u2028\u202e`;
    const json = harmlessJson(JSON.stringify(text));
    expect(json).toBe('"\\u009b31m\\u007f\\u001b\\u2028\\u202e"');
    expect(JSON.parse(json)).toBe(text);
  });
});

describe('cut', () => {
  it('leaves what fits', () => {
    expect(cut('x'.repeat(MAX_LINE_BYTES))).toBe('x'.repeat(MAX_LINE_BYTES));
    expect(cut('漢'.repeat(4), 12)).toBe('漢漢漢漢');
  });

  it('marks what it cut and says how long it was', () => {
    expect(cut('x'.repeat(100), 40)).toBe('xxxxxxxxxxxx … (cut, 100 bytes in all)');
  });

  it('counts bytes and splits no character', () => {
    expect(cut('🐟'.repeat(100), 41)).toBe('🐟🐟🐟 … (cut, 400 bytes in all)');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 40, max: 200 }), (text, max) => {
        const short = cut(text, max);
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(max);
        expect(short).not.toMatch(/\p{Cs}/u);
        if (Buffer.byteLength(text) <= max) expect(short).toBe(text);
      }),
    );
  });
});
