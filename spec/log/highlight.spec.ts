import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { highlight, wantsColor } from '../../lib/log/highlight.js';
import { fakeStream } from './fake-stream.js';

/** The message with `<colour text>` for its colours. */
const seen = (text: string): string => {
  const names: Record<string, string> = { 31: 'red', 32: 'green', 33: 'yellow', 35: 'magenta', 94: 'blueBright' };
  return highlight(text).replace(/\p{Cc}\[(\d+)m/gu, (_, code: string) => (code === '39' ? '>' : `<${names[code]} `));
};

describe('highlight', () => {
  it('colours state words as Prefect does', () => {
    expect(seen('Finished in state Completed()')).toBe('Finished in state <green Completed>()');
    expect(seen('Finished in state Cached(type=COMPLETED)')).toBe(
      'Finished in state <blueBright Cached>(type=COMPLETED)',
    );
    expect(seen('Failed, Crashed, TimedOut(type=FAILED)')).toBe(
      '<red Failed>, <red Crashed>, <red TimedOut>(type=FAILED)',
    );
    expect(seen('Cancelled()')).toBe('<yellow Cancelled>()');
  });

  it('colours Cached only where it is a state', () => {
    expect(seen('Cached values are read, NotCached(x), Cached (x)')).toBe(
      'Cached values are read, NotCached(x), Cached (x)',
    );
  });

  it('colours run names, and no other quoted word', () => {
    expect(seen("Flow run 'golden-pug' - Beginning flow run 'golden-pug' for flow 'cacheIt'")).toBe(
      "Flow run <magenta 'golden-pug'> - Beginning flow run <magenta 'golden-pug'> for flow 'cacheIt'",
    );
    expect(seen("from 'golden-pug/Failed-0', ValueError('Failed-0')")).toBe(
      "from <magenta 'golden-pug/Failed-0'>, ValueError('<red Failed>-0')",
    );
  });

  it('changes nothing but the colour', () => {
    const word = fc.constantFrom('Cached', '(', "'", "run '", "from '", 'Failed', ' ', 'x', 'Completed', '\n');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(stripVTControlCharacters(highlight(words.join('')))).toBe(words.join(''));
      }),
    );
  });
});

describe('wantsColor', () => {
  const terminal = fakeStream({ isTTY: true });
  const pipe = fakeStream();

  it('is for terminals only', () => {
    expect(wantsColor(terminal, { TERM: 'xterm' })).toBe(true);
    expect(wantsColor(pipe, { TERM: 'xterm' })).toBe(false);
  });

  it.each([{ NO_COLOR: '1' }, { NODE_DISABLE_COLORS: '1' }, { TERM: 'dumb' }])('is not where %j says no', (env) => {
    expect(wantsColor(terminal, { TERM: 'xterm', ...env })).toBe(false);
  });

  it('takes an empty NO_COLOR for none, as no-color.org says', () => {
    const withDepth = {
      ...terminal,
      getColorDepth: (env?: object) => ((env as NodeJS.ProcessEnv).NO_COLOR === undefined ? 4 : 1),
    };
    expect(wantsColor(withDepth, { NO_COLOR: '' })).toBe(true);
  });

  it('leaves it to Node which CI services show colours', () => {
    const withDepth = (depth: number) => ({ ...terminal, getColorDepth: () => depth });
    expect(wantsColor(withDepth(1), { CI: '1' })).toBe(false);
    expect(wantsColor(withDepth(8), { CI: '1', GITHUB_ACTIONS: '1' })).toBe(true);
  });

  it('obeys FORCE_COLOR before all else', () => {
    for (const yes of ['', '1', '2', '3', 'true'])
      expect(wantsColor(pipe, { FORCE_COLOR: yes, NO_COLOR: '1' })).toBe(true);
    for (const no of ['0', 'false']) expect(wantsColor(terminal, { FORCE_COLOR: no })).toBe(false);
  });

  it('reads own variables only', () => {
    const polluted: Record<string, string> = Object.create({ FORCE_COLOR: '1' });
    expect(wantsColor(pipe, polluted)).toBe(false);
  });
});
