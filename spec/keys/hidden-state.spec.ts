import { describe, expect, it } from '@jest/globals';
import { parse, type Token } from 'acorn';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { hasPrivateMembers, mentionsPrivateName } from '../../lib/keys/hidden-state.js';
import { cpuTimeOf } from '../base/cpu-time.js';

/** What a parser finds. */
function parserFinds(source: string): boolean {
  const tokens: Token[] = [];
  parse(`(${source})`, { ecmaVersion: 'latest', onToken: tokens });
  return tokens.some((token) => token.type.label === 'privateId');
}

const members = {
  field: 'shown = 1;',
  string: `color = '#fff' + "it's #1 #x" + '\\'#y';`,
  'string over two lines': `text = 'a\\\n#x';`,
  'line comment': `// see #issue, don't\n`,
  'block comment': `/* "#x" ' */`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  template: 'text = `#x ${this.shown} #y`;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  'nested template': 'text = `a${`#x ${{ b: `#y` }.b}`}#z`;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  'template with a brace': 'text = `}${[1].map((n) => { return `#${n}`; })}{`;',
  'regular expression': `test(s) { return /#x["'\`]/u.test(s); }`,
  'regular expression with a class': `find(s) { return s.match(/[/#x"]\\/#y/g); }`,
  'regular expression after a condition': `check(s) { if (s) /"#x/.test(s); }`,
  division: `half(a, b) { return (a + b) / 2 / this.shown / b; }`,
  'division by an item': `part(a) { return a[0] / 2 + '#x' + a[1] / 3; }`,
  'a property named like a keyword': `odd(a) { return a.return / 2 + "/#x" + a.typeof / 3; }`,
  increments: `count(a) { a.n++; --a.n; return -a.n + +a.n; }`,
  method: `static of() { return new this(); }`,
  'computed name': `['#x'] = 1;`,
  getter: `get size() { return 1; }`,
} as const;

const hiding = {
  'private field': '#p0 = 1;',
  'private field without a value': '#p1',
  'private method': '#p2() { return /"/; }',
  'private accessor': 'get #p3() { return 1; }',
  'private static field': 'static #p4 = 1;',
  'escaped name': '#\\u0070\\u0037 = 1;',
  'name in other letters': '#größe = 1;',
} as const;

const classOf = (...parts: readonly string[]): string => `class A {\n${parts.join('\n')}\n}`;

describe('A class hides state', () => {
  it.each(Object.entries(hiding))('if it has a %s', (_, member) => {
    expect(mentionsPrivateName(classOf(member))).toBe(true);
    for (const other of Object.values(members)) {
      expect(mentionsPrivateName(classOf(other, member))).toBe(true);
      expect(mentionsPrivateName(classOf(member, other))).toBe(true);
    }
  });

  it.each(Object.entries(members))('but not by a %s', (_, member) => {
    expect(parserFinds(classOf(member))).toBe(false);
    expect(mentionsPrivateName(classOf(member))).toBe(false);
  });

  it('wherever among other members the private one stands: as a parser finds it', () => {
    const member = fc.constantFrom(...Object.values(members));
    const list = fc.array(member, { maxLength: 6 });
    fc.assert(
      fc.property(list, fc.option(fc.constantFrom(...Object.values(hiding))), list, (before, hidden, after) => {
        const source = classOf(...before, ...(hidden === null ? [] : [hidden, ';']), ...after);
        expect(mentionsPrivateName(source)).toBe(parserFinds(source));
      }),
      { numRuns: 2_000 },
    );
  });

  it('also where the members stand in one line, as in minified code', () => {
    const oneLine = Object.values(members).filter((member) => !member.includes('\n'));
    const list = fc.array(fc.constantFrom(...oneLine), { maxLength: 6 });
    fc.assert(
      fc.property(list, fc.boolean(), list, (before, hides, after) => {
        const source = `class A{${[...before, ...(hides ? ['#p;'] : []), ...after].join('')}}`;
        expect(mentionsPrivateName(source)).toBe(parserFinds(source));
      }),
      { numRuns: 2_000 },
    );
  });

  it('for certain, where the text is too odd to follow', () => {
    expect(mentionsPrivateName(`class A { a = {} / 2 + "#x" }`)).toBe(true);
    expect(mentionsPrivateName(`class A { a = "#x; }`)).toBe(true);
    expect(mentionsPrivateName('class A { a = `#x; }')).toBe(true);
    expect(mentionsPrivateName(`class A { a() { return 1 <!--2\n; } b = "#x" }`)).toBe(true);
  });

  it('as its real source tells', () => {
    class Open {
      id = '#a';
    }
    class Closed {
      #id = 1;
      get id(): number {
        return this.#id;
      }
    }
    expect([Open, Closed, LRUCache, Map].map(hasPrivateMembers)).toEqual([false, true, true, false]);
    expect(hasPrivateMembers(Closed)).toBe(true); // from memory
  });
});

describe('The search of a class for private names', () => {
  it.each<[string, string]>([
    ['quotes', `"'`.repeat(50_000)],
    ['backslashes', '\\'.repeat(100_000)],
    ['an unclosed string', `'${'a'.repeat(100_000)}`],
    ['slashes', ` /`.repeat(50_000)],
    ['brackets', `/${'['.repeat(100_000)}`],
    ['template starts', '`${'.repeat(33_000)],
    ['stars', `/*${'*'.repeat(100_000)}`],
    ['words', `${'a '.repeat(50_000)}`],
  ])('of 100 kB of %s does not go on for long', (_, odd) => {
    const source = `${odd} "#x"`;
    // Some milliseconds; in the square of the length it would be minutes.
    expect(cpuTimeOf(() => mentionsPrivateName(source))).toBeLessThan(5_000);
  });
});
