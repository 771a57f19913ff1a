import { runInThisContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import * as acorn from 'acorn';
import fc from 'fast-check';
import { type ParameterNames, scanParameterNames, scanParameters } from '../../lib/definitions/parameters.js';
import { cpuTimeOf } from '../base/cpu-time.js';

type Fn = (...args: never[]) => unknown;

/** The last expression's value; functions keep the very source that they were written in. */
function evaluate(code: string): any {
  return runInThisContext(code);
}

function names(...list: (string | undefined)[]): ParameterNames {
  return { names: list, rest: false };
}

function namesAndRest(...list: (string | undefined)[]): ParameterNames {
  return { names: list, rest: true };
}

describe('the parameter names of a function', () => {
  it.each<[string, string]>([
    ['a declaration', 'function f(city, days) {} f'],
    ['an expression', '(function (city, days) {})'],
    ['a named expression', '(function days(city, days) {})'],
    ['an async function', '(async function f(city, days) {})'],
    ['a generator', '(function* f(city, days) {})'],
    ['an async generator', '(async function * f(city, days) {})'],
    ['an arrow', '(city, days) => city'],
    ['an arrow with a block', '(city, days) => { return city; }'],
    ['an async arrow', 'async (city, days) => city'],
    ['a method', '({ f(city, days) {} }).f'],
    ['an async method', '({ async f(city, days) {} }).f'],
    ['a generator method', '({ * f(city, days) {} }).f'],
    ['an async generator method', '({ async * f(city, days) {} }).f'],
    ['a method of a class', '(class { f(city, days) {} }).prototype.f'],
    ['a static method', '(class { static f(city, days) {} }).f'],
    ['a static async method', '(class { static async f(city, days) {} }).f'],
    ['a method with a quoted name', `({ 'f("),(' (city, days) {} })['f("),(']`],
    ['a method with a double quoted name', `({ "f\\"),(" (city, days) {} })['f"),(']`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a template
    ['a method with a computed name', "({ ['f' + `${[')']}`](city, days) {} })['f)']"],
    ['a method with a numeric name', '({ 1_0.5e1(city, days) {} })[105]'],
    ['a method with a big name', '({ 10n(city, days) {} })[10]'],
    ['a method with a fraction for a name', '({ .5(city, days) {} })[0.5]'],
    ['a private method', '(class { #f(city, days) {} static f = new this().#f }).f'],
    ['a private static async generator', '(class { static async * #f(city, days) {} static f = this.#f }).f'],
    ['a method with a name in escapes', '({ \\u0066\\u{6F}o(city, days) {} }).foo'],
    ...[
      'class',
      'function',
      'async',
      'get',
      'set',
      'static',
      'constructor',
      'if',
      'new',
      '$',
      '_',
      'ünïcödé',
      '名前',
    ].map((name): [string, string] => [`a method called ${name}`, `({ ${name}(city, days) {} }).${name}`]),
    ['an async method called class', '({ async class(city, days) {} }).class'],
    ['a method called async in a class', '(class { static async(city, days) {} }).async'],
    ['comments everywhere', '(async/*(x*/function/**/f//(y\n(/*,*/city//)\n,/* ) */days/*=*/)/*{*/{ })'],
    ['comments in an arrow', '(/* => */city/*,*/,//z=>\ndays/**/)/*=>*/=>city'],
    ['odd white space', '(function\u00a0f\u2028(\tcity\r\n,\ufeffdays\u3000)\v{})'],
    ['a trailing comma', '(city, days,) => city'],
    ['no space at all', '(city,days)=>city'],
  ])('are read from %s', (_, code) => {
    const fn: Fn = evaluate(code);
    expect(scanParameterNames(fn)).toEqual(names('city', 'days'));
  });

  it.each<[string, ParameterNames]>([
    ['() => 1', names()],
    ['( /* none, (none) */ ) => 1', names()],
    ['(function () {})', names()],
    ['city => city', names('city')],
    ['async city => city', names('city')],
    ['async => async', names('async')],
    ['/* a, */ city /* => b */ => city', names('city')],
    ['async(city) => city', names('city')],
    ['(get, set, of, async, let) => 1', names('get', 'set', 'of', 'async', 'let')],
    ['($, _, $a1, _b$) => 1', names('$', '_', '$a1', '_b$')],
    ['(é, 名前, \u{1d4d0}x, a\u200d) => 1', names('é', '名前', '\u{1d4d0}x', 'a\u200d')],
    ['(\\u0061bc, d\\u{65}f, \\u{1d4d0}) => 1', names('abc', 'def', '\u{1d4d0}')],
    ['(a, a2 = 1) => 1', names('a', 'a2')],
    ['(function (a, b, a) {})', names('a', 'b', 'a')],
    ['(...all) => 1', namesAndRest('all')],
    ['(a, ... /* rest */ b) => 1', namesAndRest('a', 'b')],
    ['(a = [...a], b) => 1', names('a', 'b')],
    ['(a, ...[b, c]) => 1', namesAndRest('a', undefined)],
    ['(...{ length }) => 1', namesAndRest(undefined)],
    ['({ a, b = ")" }, c) => 1', names(undefined, 'c')],
    ['([a, [b]] = [1, [2]], c) => 1', names(undefined, 'c')],
    ['(a, { b: { c = [1, 2] } = {}, ...d } = {}, e = 3) => 1', names('a', undefined, 'e')],
  ])('of `%s` are told one by one', (code, expected) => {
    expect(scanParameterNames(evaluate(code))).toEqual(expected);
  });

  it.each([
    `','`,
    `")"`,
    `'\\'),('`,
    '"\\\n,"',
    '`,)`',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a template
    '`a${[1, ")", `}${b}`]},`',
    '`\\`,\\${`',
    '/,/',
    '/[/)]/g',
    '/\\/\\),/u',
    '/[\\]/),]/',
    "/'/.source",
    '[1, 2, [3, 4]]',
    '{ a: 1, b: { c: [2, 3] } }',
    '(1, 2)',
    '(x, y) => x / y',
    '(x, y) => { return /,\\)/.test(x) }',
    'async (x, y) => ({ x, y })',
    'async x => await x',
    'function (x, y) { if (x) /[,)]/.test(y); return x / y }',
    'function* (x, y) { yield* [x, y] }',
    'class X extends Array { static #a = [1, 2]; get [`a,`]() { return 1 } "b,"(x, y) {} }',
    'x ? y : z',
    'x?.y?.(1, 2)',
    'x ? .5 : 2',
    'new Map([[1, 2]])',
    '1 / 2 / 3',
    '1. / 2',
    '0x1F / 2',
    '10n / 2n',
    'x / 2 / y',
    'x[0] / 2',
    'f(1, 2) / 2',
    "'a' / 2",
    '`a` / 2',
    'x.return / 2',
    'x.if(1, 2) / 2 /* , */',
    'typeof /,/',
    '!/,/.test(x)',
    '(/,/)',
    '[/,/, /\\)/]',
    'x || /,/',
    '1 + +/,/.lastIndex',
    'x-- - --y',
    'this.x / 2',
    'x /* ,) */ / // ,)\n 2',
    'x > y ? x >>> 1 : y << 2',
    'function () { while (x) /,\\(/.test(y) }',
  ])('are not confused by the default %s', (value) => {
    const code = `(before, value = ${value}, after) => 1`;
    expect(scanParameterNames(evaluate(code))).toEqual(names('before', 'value', 'after'));
  });

  it('are not looked for in the body', () => {
    expect(scanParameters('(a) => { ((( `${ /[')).toEqual(names('a'));
  });

  it('are not faked by a toString of its own', () => {
    const fn = Object.assign((city: string) => city, { toString: () => '(faked) => 1' });
    expect(scanParameterNames(fn)?.names).toHaveLength(1);
    expect(scanParameterNames(fn)?.names).not.toEqual(['faked']);
  });
});

describe('nothing is told', () => {
  it.each<[string, Fn]>([
    ['a function of the engine', Array.prototype.push as Fn],
    ['a method of the engine with a symbol for a name', Array.prototype[Symbol.iterator] as Fn],
    ['a bound function', ((city: string) => city).bind(null)],
    ['a proxy', new Proxy((city: string) => city, {})],
    ['a class', class City {} as unknown as Fn],
    ['a class with a constructor', evaluate('(class { constructor(a) {} })')],
    ['a class that extends what is in parentheses', evaluate('(class extends (Object) {})')],
    ['a named class that does', evaluate('(class City extends (Object) {})')],
    ['a class that extends a call', evaluate('(class extends (class { f(a) {} }) { g(b) {} })')],
  ])('of %s', (_, fn) => {
    expect(scanParameterNames(fn)).toBeUndefined();
  });

  it.each([
    ['a slash behind a brace', '(a = {} / 1, b) => 1'],
    ['a slash behind a brace that may be a block', '(a = () => { {} /,/ }, b) => 1'],
    ['a slash behind for await ()', '(a = async () => { for await (b of c) /}, d) => 1; (/ }, e) => 1'],
    ['a slash behind ++', '(a = b++ / 2, c) => 1'],
    ['a slash behind a word that is a name or a keyword', '(a = yield / 2, b) => 1'],
    ['what is a comment in scripts and code in modules', '(a = b <!--c, d\n) => 1'],
    ['what may be a comment at the start of a line', '(a = b\n--> c, d\n) => 1'],
  ])('where it would be a guess: %s', (_, source) => {
    expect(scanParameters(source)).toBeUndefined();
  });

  it.each([
    '',
    ' ',
    'x',
    'function',
    'function f',
    'a b => 1',
    'a b c d(e) {}',
    '=> 1',
    '*=> 1',
    '1 => 1',
    '(',
    '(a',
    '(a,',
    '(a)',
    '(a) 1',
    '(a, /*) => 1',
    '(a, //) => 1',
    '(a b) => 1',
    '(a.b) => 1',
    '(1) => 1',
    '(1a) => 1',
    '("a") => 1',
    '(,) => 1',
    '(a = ]) => 1',
    '(a = (]) => 1',
    '(a = "b) => 1',
    "(a = 'b\n') => 1",
    '(a = `b${c`) => 1',
    '(a = /b) => 1',
    '(a = /[/) => 1',
    '(a = /b\n/) => 1',
    '(a = \\) => 1',
    '(...a, b) => 1',
    '(\\u{110000}) => 1',
    '(\\u{FFFFFFFFF}) => 1',
    '(\\u0020) => 1',
    '(a\\u002cb) => 1',
    '(\\x61) => 1',
    '[a(b) {}',
    '[a, b](c) {}',
    '"a(b) {}',
    '@a(b) {}',
    '\u200b'.repeat(30),
  ])('of the text %j, and nothing is thrown', (source) => {
    expect(scanParameters(source)).toBeUndefined();
  });

  it('that could not be a name, whatever the text, and nothing is thrown', () => {
    const piece = fc.constantFrom(
      ...'ab=,;:.?/\\\'"`$#@*+-<>!()[]{}\n ',
      '=>',
      '${',
      '//',
      '/*',
      '*/',
      '...',
      'if',
      'return',
      'class',
      'async',
      '\\u0061',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const found = scanParameters(pieces.join(''));
        for (const name of found?.names ?? [])
          expect(name === undefined || /^(?:[ab$]|if|return|class|async)+$/.test(name)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the time it takes', () => {
  const n = 200_000;
  it.each<[string, string, number | undefined]>([
    ['a default of many brackets', `(a = ${'['.repeat(n)}${']'.repeat(n)}, b) => 1`, 2],
    ['brackets that never close', `(a = ${'('.repeat(n)}`, undefined],
    ['templates in templates', `(a = ${'`${'.repeat(n)}1${'}`'.repeat(n)}, b) => 1`, 2],
    ['a comment that never ends', `(a /*${'*'.repeat(n)}`, undefined],
    ['many comments', `(a${'/**/'.repeat(n)}, b${'//\n'.repeat(n)}) => 1`, 2],
    ['blanks without end', `(a${' '.repeat(n)}`, undefined],
    ['a long text', `(a = '${'\\\\'.repeat(n)}', b) => 1`, 2],
    ['a long text that never ends', `(a = "${'\\"'.repeat(n)}`, undefined],
    ['a long pattern', `(a = /${'[/]'.repeat(n)}/, b) => 1`, 2],
    ['many divisions', `(a = 1${' / x'.repeat(n)}, b) => 1`, 2],
    ['a long name', `(${'x'.repeat(n)}) => 1`, 1],
    ['a long name in escapes', `(${'\\u0061'.repeat(n)}) => 1`, 1],
    ['escapes that are cut off', `(${'\\u0061'.repeat(n)}\\u00`, undefined],
    ['a long number', `(a = 1${'.1'.repeat(n)}, b) => 1`, 2],
    ['many parameters', `(${'x, '.repeat(n)}) => 1`, n],
    ['a long body', `(a) => {${'('.repeat(n)}`, 1],
  ])('is in step with the length: %s', (_, source, count) => {
    let found: ParameterNames | undefined;
    const spent = cpuTimeOf(() => {
      found = scanParameters(source);
    });
    expect(spent).toBeLessThan(5_000); // some 50 ms; in the square of the length it would be minutes
    expect(found?.names.length).toBe(count);
  });
});

// ------------------------------------------------------------------------------------------------ against acorn

/** The source of a function as `Function.prototype.toString` would give it, and the names that acorn sees. */
interface Sample {
  readonly source: string;
  readonly expected: ParameterNames;
}

function nameOf(pattern: acorn.Pattern): string | undefined {
  if (pattern.type === 'AssignmentPattern') return nameOf(pattern.left);
  if (pattern.type === 'RestElement') return nameOf(pattern.argument);
  return pattern.type === 'Identifier' ? pattern.name : undefined;
}

/** Finds the first function in the code, in the order of the text: the one that the code was written for. */
function sampleOf(code: string, sourceType: 'script' | 'module'): Sample | undefined {
  let found: Sample | undefined;
  const visit = (value: unknown): void => {
    if (found !== undefined || typeof value !== 'object' || value === null) return;
    const node = value as acorn.AnyNode;
    const method = node.type === 'MethodDefinition' || (node.type === 'Property' && node.method) ? node : undefined;
    const fn = (method?.value ?? node) as acorn.AnyNode;
    if (
      fn.type === 'FunctionDeclaration' ||
      fn.type === 'FunctionExpression' ||
      fn.type === 'ArrowFunctionExpression'
    ) {
      const text = code
        .slice(node.start, node.end)
        .replace(method?.type === 'MethodDefinition' && method.static ? /^static\s*/ : '', '');
      found = {
        source: text,
        expected: { names: fn.params.map(nameOf), rest: fn.params.at(-1)?.type === 'RestElement' },
      };
    }
    for (const child of Object.values(node)) Array.isArray(child) ? child.forEach(visit) : visit(child);
  };
  try {
    visit(acorn.parse(code, { ecmaVersion: 'latest', sourceType }));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return found;
}

const gap = fc.constantFrom(
  '',
  '',
  '',
  ' ',
  ' ',
  '\n',
  '\t',
  '\u00a0',
  '\r\n',
  ' /* , ) } ` */ ',
  ' // ) ] " =>\n',
  ' /**/ ',
);
const space = fc.constantFrom(' ', '  ', '\t', ' /* , ( */ ');

/** Text with holes; a template is easier to read than a chain of maps. */
function code(texts: TemplateStringsArray, ...holes: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...holes).map((filled) => texts.reduce((text, next, i) => text + filled[i - 1] + next));
}

const RESERVED = new Set(
  'do if in for let new try var case else enum eval null this true void with await break catch class const false super throw while yield delete export import public return static switch typeof default extends finally package private continue debugger function arguments interface protected implements instanceof async of get set'.split(
    ' ',
  ),
);
const plainName = fc.stringMatching(/^[a-zA-Z$_é名ß][\w$ü字]{0,6}$/).filter((name) => !RESERVED.has(name));
const identifier = fc.oneof(
  { weight: 8, arbitrary: plainName },
  { weight: 1, arbitrary: fc.constantFrom('async', 'of', 'get', 'set', 'from', 'as', 'target', 'undefined') },
  { weight: 1, arbitrary: plainName.map((name) => `\\u{${(name.codePointAt(0) ?? 0).toString(16)}}${name.slice(1)}`) },
  { weight: 1, arbitrary: plainName.map((name) => `${name}\\u0061\\u200d`) },
);
const property = fc.oneof(
  plainName,
  fc.constantFrom('return', 'if', 'while', 'typeof', 'yield', 'of', 'in', 'class', 'default'),
);
const atom = fc.oneof(
  identifier,
  fc.constantFrom('0', '1.', '.5', '0x1f', '1_000', '10n', '1e-5', '1.5e+3', 'this', 'null', 'true', 'new.target'),
  fc.constantFrom("','", '")"', "'\\''", '"\\\\"', "'//'", '"/*"', "'\\\n'", "'=>'", '""', "'`'", '"${"', "'\u2028'"),
  fc.constantFrom('`,`', '`)`', '`\\``', '`\n"`', '`$`', '`{`', '`$\\{`', '``'),
  fc.constantFrom(
    '/,/',
    '/\\)/g',
    '/[/]/',
    '/[)\\]/,]/u',
    '/\\//',
    "/'/",
    '/"/i',
    '/`/',
    '/[[]/',
    '/(?:)/',
    '/=>/',
    '/{/',
    '/a/in b',
  ),
);

const { expression, pattern } = fc.letrec<Record<'expression' | 'statement' | 'list' | 'pattern' | 'target', string>>(
  (tie) => {
    const e = tie('expression');
    const s = tie('statement');
    const shallow = { depthSize: 'small', withCrossShrink: true } as const;
    return {
      expression: fc.oneof(
        shallow,
        atom,
        code`(${gap}${e}${gap})`,
        code`(${e}, ${e})`,
        code`[${e}${gap},${gap}${e}, , ...${e}]`,
        code`{ ${property}: ${e}, [${e}]: ${gap}${e}, ...${e} }`,
        code`{ ${property}(${tie('list')}) {${s}}, async *${property}() {${s}}, get ${property}() {${s}} }`,
        code`\`,${identifier}\${${gap}${e}${gap}})\${${e}}\``,
        code`${identifier}${gap}(${e},${gap}${e})`,
        code`${identifier}${gap}.${gap}${property}`,
        code`${identifier}?.[${e}]?.(${e})`,
        code`new ${identifier}(${e})`,
        code`${identifier}${gap}/ ${gap}${e}`,
        code`(${e})${gap}/ ${gap}${e}`,
        code`${identifier}(${e})${gap}/ ${e}`,
        code`[${e}]${gap}/ ${e}`,
        code`${identifier}.${property}(${e})${gap}/ ${e}`,
        code`${identifier}.${property} / ${e}${space}/ 2`,
        code`(${e} + ${e})`,
        code`(${e} ** 2)`,
        code`(${e}${gap}<${gap}${e})`,
        code`${identifier}++${gap}+${space}${e}`,
        code`- -${e}`,
        code`!${gap}${e}`,
        code`typeof ${gap}${e}`,
        code`void${space}${gap}${e}`,
        code`(${e}) ? .5 : (${e})`,
        code`(${e} in ${e})`,
        code`(${identifier} ${gap}= ${gap}${e})`,
        code`${identifier} =>${gap}(${e})`,
        code`(${tie('list')})${space}=>${gap}{${s}}`,
        code`async (${tie('list')}) => {${s} await ${e}; for await (const x of ${e}) {${s}}}`,
        code`function ${gap}(${tie('list')}) {${s}${s}}`,
        code`function* (${tie('list')}) {${s} yield ${e}; yield* ${e}}`,
        code`class {${gap}}`,
        code`class X extends (${e}) { static #p = ${e}; ${property}(${tie('list')}) {${s}} static {${s}} [${e}] = ${e}; #q() {} }`,
      ),
      statement: fc.oneof(
        shallow,
        code`;${gap}`,
        code`if (${e}) /[,)]/.test(${identifier});`,
        code`while (${e})${gap}/,/g.exec('');`,
        code`for (const x of ${e}) /[)]/.y;`,
        code`if (${e}) {${s}} else /,/.x;`,
        code`do /,/.x; while (${e});`,
        code`return ${e};`,
        code`return /,\\)/;`,
        code`throw ${e};`,
        code`const x = ${e};`,
        code`switch (${e}) { case /,/: ${s} default: ${s} }`,
        code`try {${s}} catch {${s}}`,
        code`{${s}}`,
        code`label: ${s}`,
        code`(${e});`,
      ),
      target: fc.oneof(
        shallow,
        identifier,
        code`{ ${property}: ${tie('target')} = ${e}, ...${identifier} }`,
        code`[${tie('target')}, , ${tie('target')} = ${e}]`,
      ),
      pattern: fc.oneof(
        shallow,
        code`{${gap}${identifier}${gap}}`,
        code`{ ${property}: ${tie('target')}${gap}=${gap}${e} }`,
        code`[${tie('target')}${gap},${gap}${tie('target')}]`,
      ),
      list: fc.oneof(
        shallow,
        fc.constant(''),
        code`${identifier}`,
        code`${identifier}${gap}=${gap}${e}`,
        code`x, ...y`,
      ),
    };
  },
);

const parameter = fc.oneof(
  { weight: 3, arbitrary: code`${gap}${identifier}${gap}` },
  { weight: 4, arbitrary: code`${gap}${identifier}${gap}=${gap}${expression}${gap}` },
  { weight: 1, arbitrary: code`${gap}${pattern}${gap}` },
  { weight: 1, arbitrary: code`${gap}${pattern}${gap}=${gap}${expression}${gap}` },
);
const lastParameter = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: gap.map((blank) => `,${blank}`) },
  { weight: 2, arbitrary: code`,${gap}...${gap}${identifier}${gap}` },
  { weight: 1, arbitrary: code`,${gap}...${gap}${pattern}${gap}` },
);
const parameters = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.array(parameter, { minLength: 1, maxLength: 4 }), lastParameter)
      .map(([some, last]) => some.join(',') + last),
  },
  { weight: 1, arbitrary: gap },
);
const name = fc.oneof(
  property,
  fc.constantFrom("'a)('", '"=>"', '1', '1.5', '10n', "['a)' + `(`]", '[/[(]/ + ")"]'),
  expression.map((e) => `[${e}]`),
);
const fnCode = fc.oneof(
  code`(function${gap}(${parameters})${gap}{ body })`,
  code`(function ${identifier}${gap}(${parameters}){ body })`,
  code`(async function*${gap}(${parameters}){ body })`,
  code`(${gap}(${parameters})${space}=>${gap}body)`,
  code`(async${space}(${parameters}) =>${gap}{ body })`,
  code`(${identifier}${space}=> body)`,
  code`(async${space}${identifier}${space}=> body)`,
  code`({${gap}${name}${gap}(${parameters})${gap}{ body } })`,
  code`({ async ${name}${gap}(${parameters}) { body } })`,
  code`({ async${space}*${gap}${name}(${parameters}) { body } })`,
  code`(class { ${name}${gap}(${parameters})${gap}{ body } })`,
  code`(class { static ${name}(${parameters})${gap}{ body } })`,
  code`(class { static async${space}#${plainName}${gap}(${parameters}){ body } })`,
);

describe('beside a real parser', () => {
  it('the scanner tells the same names or none, never others, and mostly tells them', () => {
    const told = { same: 0, none: 0 };
    fc.assert(
      fc.property(fnCode, fc.constantFrom('script', 'module'), (source, sourceType) => {
        const sample = sampleOf(source, sourceType);
        fc.pre(sample !== undefined);
        const found = scanParameters(sample.source);
        if (found !== undefined) expect(found).toEqual(sample.expected);
        told[found === undefined ? 'none' : 'same'] += 1;
      }),
      { numRuns: 2_000, maxSkipsPerRun: 3 },
    );
    expect(told.same / (told.same + told.none)).toBeGreaterThan(0.8);
  });

  it('the same holds for the text that the engine gives', () => {
    const told = { same: 0, none: 0 };
    const plain = fnCode.filter((source) => !/^\((?:\{|class)/.test(source)); // evaluates to a function and runs nothing
    fc.assert(
      fc.property(plain, (source) => {
        const sample = sampleOf(source, 'script');
        fc.pre(sample !== undefined);
        const fn: Fn = evaluate(source);
        expect(Function.prototype.toString.call(fn)).toBe(sample.source);
        const found = scanParameterNames(fn);
        if (found !== undefined) expect(found).toEqual(sample.expected);
        told[found === undefined ? 'none' : 'same'] += 1;
      }),
      { numRuns: 500, maxSkipsPerRun: 3 },
    );
    expect(told.same / (told.same + told.none)).toBeGreaterThan(0.8);
  });

  it('no short run of tokens as a default leads the scanner astray', () => {
    const token = fc.constantFrom(
      ...[
        'a',
        'b',
        '1',
        '/',
        '/',
        '/',
        '/,/',
        '/[/)]/g',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '`',
        '${',
        "'",
        '"',
        ',',
        ';',
        ':',
        '?',
        '.',
        '=>',
        '=',
        '+',
        '++',
        '--',
        '<',
        '>',
        '!',
        '*',
        '\n',
        ' ',
        '//',
        '/*',
        '*/',
        '<!--',
        '-->',
      ],
      ...[
        '(a)',
        '{}',
        '()=>{',
        'function(){',
        'if(a)',
        'return ',
        'typeof ',
        'await ',
        'yield ',
        'of',
        ' in ',
        'class',
        'for',
        'a=>',
      ],
    );
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(token, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('', 'async () => {', 'function* () {'),
        (tokens, body) => {
          const source = `(a = ${body}${tokens.join('')}${body && '}'}, q) => 1`;
          const sample = sampleOf(source, 'script');
          if (sample === undefined) return;
          compared += 1;
          const found = scanParameters(sample.source);
          if (found !== undefined) expect(found).toEqual(sample.expected);
        },
      ),
      { numRuns: 10_000 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});
