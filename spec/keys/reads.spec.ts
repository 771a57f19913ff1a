import { describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import fc from 'fast-check';
import { readsIn, readsOf } from '../../lib/keys/reads.js';

type KeyFn = Parameters<typeof readsOf>[0];

/** A function of a given text; the parentheses let arrows, functions and methods in. */
function made(source: string): KeyFn {
  return new Function(`return (${source})`)() as KeyFn;
}

describe('the names that a key function reads of its inputs', () => {
  it.each<[string, readonly string[]]>([
    ['(_c, { sku }) => sku', ['sku']],
    ['(_c, { sku, days: span, }) => sku + span', ['sku', 'days']],
    ['(_c, {}) => "x"', []],
    ['(_c, { sku = "x", days: span = -1.5, live = false }) => sku + span + live', ['sku', 'days', 'live']],
    ['async (_c, { sku }) => sku', ['sku']],
    ['function (_c, { sku }) { return sku }', ['sku']],
    ['function named(_c, { sku }) { return sku }', ['sku']],
    ['async function named(_c, { sku }) { return sku }', ['sku']],
    ['{ cacheKeyFn(_c, { sku }) { return sku } }.cacheKeyFn', ['sku']],
    ['({ flowRunId }, { sku }) => flowRunId + sku', ['sku']],
    ['(_c, p) => `$' + '{p.sku}-$' + '{p.days}`', ['sku', 'days']],
    ['(_c, p) => String(\n// of the p.\np.sku)', ['p', 'sku']],
    ['(_c, p) => hash(p.sku, (p.days)) + (p.sku || p.days)', ['sku', 'days', 'sku', 'days']],
    ['(_c, p) => p?.sku.trim() ?? p\n  .days', ['sku', 'days']],
    ['(_c, $in) => $in.sku + in$()', ['sku']],
    ['(_c, p) => [1].map(() => p.sku)', ['sku']],
    ['(_c, p) => up.p2 + p.größe', ['größe']],
    ['(_c, p) => "p.other" + p.sku', ['other', 'sku']],
    ['(_c, p) => "x"', []],
    ['(_c) => "x"', []],
    ['_c => _c.flowRunId', []],
    ['() => "x"', []],
    ['async _c => "x"', []],
  ])('are those of %j', (source, names) => {
    expect(readsOf(made(source.startsWith('{') ? `(${source})` : source)).inputs).toEqual(names);
  });

  it.each([
    '(_c, p) => JSON.stringify(p)',
    '(_c, p) => p["sku"]',
    '(_c, p) => p?.["sku"]',
    '(_c, p) => { const { sku } = p; return sku }',
    '(_c, p) => ({ ...p }).sku',
    '(_c, p) => [1].map((p) => p.sku)',
    '(_c, p) => p /* all of it */ .sku',
    '(_c, p) => "p"',
    '(_c, p = {}) => p.sku',
    '(_c, ...p) => p[0].sku',
    '(_c, p, more = p) => more.sku',
    '(_c, p) => \\u0070["sku"]',
    '(_c, p) => \\u{70}.sku',
    '(_c, { sku = "x" + more }) => sku',
    '(_c, p) => String(\n// of the p.\np["sku"])',
    '(_c, p) => p.valueOf().sku',
    '(_c, p) => p.fn()',
    '(_c, p) => (p.fn) ()',
    '(_c, p) => p.fn?.()',
    '(_c, p) => p.fn`x`',
    '(_c, p) => p.fn /* */ ()',
    '({ args /* }, p) => { */ }, q) => q["sku"]',
    '({ a = "}, p) => {" }, q) => q["sku"]',
    '(_c, { sku = "a, b" }) => sku',
    '(_c, { sku = other(p) }) => sku',
    '(_c, { sku = `x` }) => sku',
    '(_c, { ...all }) => all.sku',
    '(_c, { ["s" + "ku"]: sku }) => sku',
    '(_c, { user: { id } }) => id',
    '(_c, { sku /* p */ }) => sku',
    '(_c, [first]) => first',
    'function (_c, p) { return arguments[1].sku }',
    'function (_c) { return arguments[1].sku }',
    'function () { return [...arguments].at(1).sku }',
    '(_c, p) => eval("p").sku',
    '(...all) => all[1].sku',
    '(_c = {}, p) => p.sku',
    'function* (_c, p) { yield p.sku }',
    '{ ["computed"](_c, p) { return p.sku } }.computed',
    '((_c, p) => p.sku).bind(null)',
    'new Proxy((_c, p) => p.sku, {})',
    'String',
    '(_c, p\u200c) => p\u200c.sku + p\u200c',
  ])('are not known of %j', (source) => {
    expect(readsOf(made(source.startsWith('{') ? `(${source})` : source)).inputs).toBeUndefined();
  });

  it('are not known where a name is longer than any regular expression may be', () => {
    expect(readsIn(`(_c, ${'p'.repeat(40_000)}) => 1`)).toEqual({ inputs: undefined, context: true });
  });

  it('are found in time that grows with the text alone', () => {
    const spaces = ' '.repeat(100_000);
    const heads = [
      `async${spaces}x`,
      `(${spaces}a${spaces}`,
      `(a,${spaces}{${'a,'.repeat(50_000)}`,
      `function${spaces}(`,
    ];
    for (const source of [...heads, `(_c, p) => ${'p.a+'.repeat(25_000)}1`]) {
      const before = process.cpuUsage().user;
      readsIn(source);
      expect(process.cpuUsage().user - before).toBeLessThan(500_000);
    }
  });
});

describe('the context', () => {
  it.each([
    '() => "x"',
    '(_c) => "x"',
    '_c => "x"',
    'async _c => "x"',
    '(_c, { sku }) => sku',
    '(_c, p) => p["sku"]',
    'function named(_c, p) { return p.sku }',
    '(c, p) => p.cc + "_c" + p.$c',
  ])('is not read by %j', (source) => {
    expect(readsOf(made(source)).context).toBe(false);
  });

  it.each([
    'c => c.flowRunId',
    '(c, { sku }) => c.flowRunId + sku',
    '(c, p) => hash(c, p)',
    '({ flowRunId }, { sku }) => flowRunId + sku',
    '({}, { sku }) => sku',
    '(c, p) => p.c',
    '(c = {}, p) => p.sku',
    '(...all) => all[0].flowRunId',
    'function () { return arguments[0].flowRunId }',
    '(\\u0063, p) => p.sku',
    '() => eval("arguments[0]")',
    '((c, p) => p.sku).bind(null)',
    'new Proxy((c, p) => p.sku, {})',
    'String',
    'function* (c, p) { yield p.sku }',
  ])('may be read by %j', (source) => {
    expect(readsOf(made(source)).context).toBe(true);
  });
});

/** Pieces of a text that stand two spaces apart; `⏎` for the end of a line. */
function piecesOf(text: string): readonly string[] {
  return text
    .trim()
    .split(/ {2,}|\n\s*/)
    .map((piece) => piece.replace('⏎', '\n'));
}

const HEADS = piecesOf(`
  (c, p) =>  (c, { a, b: p }) =>  (c, p, q = p) =>  function (c, p)  p =>  (p) =>  ({ id: q }, p) =>
  c =>  (c) =>  () =>  async (c, p) =>  (c, [p]) =>  (...p) =>  (c, { a: p = c }) =>  (c, { a: p = "x" }) =>  function c(c, p)
`);

const PIECES = piecesOf(`
  p  p.a  p.b  p.p  p?.a  p.a()  (p.b)  p["b"]  p.c  q  q.c  {p}  ...  (p)  "p"  /p.a/  p /**/ .b  //p⏎  //p.⏎  \`\${p.a}\`
  c  c.id  c["id"]  {c}  (c)  "c"  \`\${c}\`  this  x => x.c  p =>
  +  ,  ??  =>  {  }  (  )  ;  return  const q =  const {c} =  for (const q of [p])
`);

/** The text of a function, made of such pieces; most are none. */
const source = fc
  .tuple(fc.constantFrom(...HEADS), fc.array(fc.constantFrom(...PIECES), { maxLength: 7 }), fc.boolean())
  .map(([head, pieces, block]) => {
    const body = pieces.join(' ');
    return `${head} ${block || head.startsWith('f') ? `{ ${body} }` : `[${body}]`}`;
  });

/** Whether all is proven of a function; what is proven has to hold of a call. */
function provenAndTrue(keyFn: KeyFn): boolean {
  const { inputs, context } = readsOf(keyFn);
  const read = noted(keyFn);
  if (inputs !== undefined) expect(inputs).toEqual(expect.arrayContaining([...read.inputs]));
  if (!context) expect(read.context).toEqual([]);
  return !context && inputs !== undefined;
}

describe('what is proven of a key function', () => {
  it('holds of it, whatever it is made of', () => {
    let proven = 0;
    fc.assert(
      fc.property(source, (text) => {
        const keyFn = parsed(text);
        if (keyFn !== undefined && provenAndTrue(keyFn)) proven++;
      }),
      { numRuns: 40_000 },
    );
    expect(proven).toBeGreaterThan(500);
  });

  it.each([
    ['for new engines', { target: 'es2022' }],
    ['for old engines', { target: 'es5' }],
    ['small', { target: 'es2022', minify: { compress: true, mangle: true } }],
    ['small, for old engines', { target: 'es5', minify: { compress: true, mangle: true } }],
  ] as const)('holds of what a compiler makes of it %s', (_how, jsc) => {
    let proven = 0;
    fc.assert(
      fc.property(source, (text) => {
        const keyFn = parsed(text) && compiled(text, jsc);
        if (keyFn !== undefined && provenAndTrue(keyFn)) proven++;
      }),
      { numRuns: 10_000 },
    );
    expect(proven).toBeGreaterThan(50);
  });
});

/** What swc makes of a function. */
function compiled(text: string, jsc: object): KeyFn | undefined {
  try {
    const { code } = transformSync(`globalThis.keyFn = (${text});`, { isModule: false, jsc, minify: 'minify' in jsc });
    const own: { keyFn?: KeyFn } = {};
    new Function('globalThis', code)(own);
    return own.keyFn;
  } catch {
    return undefined;
  }
}

function parsed(source: string): KeyFn | undefined {
  try {
    const value: unknown = made(source);
    return typeof value === 'function' ? (value as KeyFn) : undefined;
  } catch {
    return undefined;
  }
}

/** What a call really reads, of a context and of inputs that note it. */
function noted(keyFn: KeyFn): { readonly inputs: readonly string[]; readonly context: readonly string[] } {
  const [context, inputs] = [new Set<string>(), new Set<string>()];
  try {
    const answer: unknown = keyFn(noting(context) as never, noting(inputs));
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // it may fail after what it read
  }
  return { inputs: [...inputs], context: [...context] };
}

function noting(read: Set<string>): object {
  return new Proxy(
    {},
    {
      get(_target, name) {
        // Asked for by the language, when a value is awaited or made a text.
        if (typeof name === 'string' && name !== 'then' && !(name in Object.prototype)) read.add(name);
        return undefined;
      },
    },
  );
}
