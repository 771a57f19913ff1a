import { describe, expect, it } from '@jest/globals';
import { prettyLine } from '../../lib/log/pretty.js';
import { at } from './fake-stream.js';

const NOW = at(12, 1, 7, 353);
const line = (message: string, fields?: Record<string, unknown>, level: 'error' | 'warn' | 'info' = 'error'): string =>
  prettyLine(NOW, level, 'flowpond', message, fields, false);

describe('prettyLine', () => {
  it('writes the level as a word of seven places', () => {
    const of = (level: 'debug' | 'info' | 'warn' | 'error') =>
      prettyLine(NOW, level, 'flowpond', 'x', undefined, false);
    expect(of('debug')).toBe('12:01:07.353 | DEBUG   | flowpond - x\n');
    expect(of('info')).toBe('12:01:07.353 | INFO    | flowpond - x\n');
    expect(of('warn')).toBe('12:01:07.353 | WARNING | flowpond - x\n');
    expect(of('error')).toBe('12:01:07.353 | ERROR   | flowpond - x\n');
  });

  it('pads each part of the time', () => {
    expect(prettyLine(at(1, 2, 3, 4), 'info', 'flowpond', 'x', undefined, false)).toMatch(/^01:02:03\.004 \| /);
  });

  it('does without a time that is none', () => {
    expect(prettyLine(Number.NaN, 'info', 'flowpond', 'x', undefined, false)).toBe(
      '--:--:--.--- | INFO    | flowpond - x\n',
    );
  });

  it('colours the level, run names and state words', () => {
    const of = (level: 'debug' | 'info' | 'warn' | 'error') =>
      prettyLine(NOW, level, "Task run 'quote-1'", 'Finished in state Cached(type=COMPLETED)', undefined, true);
    const rest =
      "Task run \u001b[35m'quote-1'\u001b[39m - Finished in state \u001b[94mCached\u001b[39m(type=COMPLETED)\n";
    expect(of('info')).toBe(`12:01:07.353 | \u001b[36mINFO\u001b[39m    | ${rest}`);
    expect(of('warn')).toBe(`12:01:07.353 | \u001b[33mWARNING\u001b[39m | ${rest}`);
    expect(of('error')).toBe(`12:01:07.353 | \u001b[31mERROR\u001b[39m   | ${rest}`);
    expect(of('debug')).toBe(`12:01:07.353 | \u001b[2mDEBUG\u001b[22m   | ${rest}`);
  });

  it('keeps the later lines of a message as they are', () => {
    expect(line('{\n  "a": 1\n}')).toBe('12:01:07.353 | ERROR   | flowpond - {\n  "a": 1\n}\n');
  });

  it('lets neither a run name nor a message speak to the terminal', () => {
    const name = "Task run 'a\n12:00:00.000 | INFO    | b\u001b[31m'";
    expect(prettyLine(NOW, 'info', name, 'x\u001b]8;;http://evil\u0007', undefined, true)).toBe(
      "12:01:07.353 | \u001b[36mINFO\u001b[39m    | Task run \u001b[35m'a\\n12:00:00.000 | INFO    | b\\x1b[31m'\u001b[39m - " +
        'x\\x1b]8;;http://evil\\x07\n',
    );
  });

  it('cuts each line at 16 kB and says so', () => {
    const [first = '', second, third = ''] = line(`${'x'.repeat(20_000)}\nshort\n${'y'.repeat(17_000)}`).split('\n');
    expect(first).toMatch(/^12:01:07\.353 \| ERROR {3}\| flowpond - x+ … \(cut, 20011 bytes in all\)$/);
    expect(Buffer.byteLength(first)).toBe(16 * 1024);
    expect(second).toBe('short');
    expect(third).toMatch(/^y+ … \(cut, 17000 bytes in all\)$/);
  });

  it('cuts a message that never ends', () => {
    const text = line('x\n'.repeat(1_000_000));
    expect(text.length).toBeLessThan(300_000);
    expect(text).toMatch(/… \(cut, 2000000 bytes in all\)\n$/);
  });

  it('cuts a source of any length', () => {
    expect(prettyLine(NOW, 'info', 's'.repeat(5000), 'x', undefined, false)).toMatch(
      /s … \(cut, 5000 bytes in all\) - x\n$/,
    );
  });
});

describe('an error below its line', () => {
  const stack = 'TypeError: no such city\n    at quote (/app/quote.ts:12:5)';

  it('is shown with its stack, set in', () => {
    const error = Object.assign(new TypeError('no such city'), { stack });
    for (const level of ['error', 'warn'] as const) {
      expect(line('Failed', { error }, level).split('\n').slice(1)).toEqual([
        '  TypeError: no such city',
        '      at quote (/app/quote.ts:12:5)',
        '',
      ]);
    }
  });

  it('is not shown at other levels, nor are other fields', () => {
    expect(line('x', { error: new Error('a'), user: 'b' }, 'info')).toBe('12:01:07.353 | INFO    | flowpond - x\n');
    expect(line('x', { user: 'b' })).toBe('12:01:07.353 | ERROR   | flowpond - x\n');
  });

  it('is followed by its causes, four in all', () => {
    let error: unknown;
    for (const name of ['f', 'e', 'd', 'c', 'b', 'a']) error = { name, message: '', stack: name, cause: error };
    expect(line('x', { error }).split('\n').slice(1)).toEqual([
      '  a',
      '  caused by: b',
      '  caused by: c',
      '  caused by: d',
      '',
    ]);
  });

  it('may be its own cause', () => {
    const error: { stack: string; cause?: unknown } = { stack: 'a' };
    error.cause = error;
    expect(line('x', { error }).match(/caused by/g)).toHaveLength(3);
  });

  it('has at most sixteen lines', () => {
    const error = { stack: Array.from({ length: 40 }, (_, n) => `line ${n}`).join('\n') };
    const rows = line('x', { error }).split('\n');
    expect(rows.slice(16)).toEqual(['  line 15', '      … 24 more lines', '']);
  });

  it('is made harmless', () => {
    expect(line('x', { error: { stack: 'a\u001b[2J\n12:00:00.000 | INFO    | b' } })).toBe(
      '12:01:07.353 | ERROR   | flowpond - x\n  a\\x1b[2J\n    12:00:00.000 | INFO    | b\n',
    );
  });

  it('need not be one', () => {
    expect(line('x', { error: 'just text' })).toMatch(/\n {2}'just text'\n$/);
    expect(line('x', { error: null })).toMatch(/ - x\n$/);
    const hostile = {
      get stack(): string {
        throw new Error('no');
      },
      get cause(): unknown {
        throw new Error('no');
      },
    };
    expect(line('x', { error: hostile })).toMatch(/ - x\n {2}\{/);
  });

  it('is read from own fields only', () => {
    expect(line('x', Object.create({ error: new Error('inherited') }))).toMatch(/ - x\n$/);
  });
});
