import type { AnyKeyFn } from './key-function.js';

/** What a key function reads, as far as its source proves it. */
export interface Reads {
  /** The names that it reads of the inputs; undefined where it may read others. */
  readonly inputs: readonly string[] | undefined;
  /** Whether it may read anything of the context. */
  readonly context: boolean;
}

/**
 * What a key function reads of what it is given. What cannot be proven costs speed and nothing else: such functions get a dictionary that refuses
 * unknown names, and a context. So two forms alone are looked for. A pattern, `(_, { sku, days: span }) => …`, reads what stands in
 * it. A name, `(_, inputs) => inputs.sku`, is only ever read if each place where the name stands in the text, be it in a string, is followed
 * by a dot and a property; and not at all if it stands nowhere but where it is declared.
 */
export function readsOf(keyFn: AnyKeyFn): Reads {
  let reads = known.get(keyFn);
  if (reads === undefined) {
    reads = readsIn(Function.prototype.toString.call(keyFn));
    known.set(keyFn, reads);
  }
  return reads;
}

const known = new WeakMap<object, Reads>();
const ANYTHING: Reads = { inputs: undefined, context: true };

const LETTER = '[$\\p{Join_Control}\\p{ID_Continue}]';
const NAME = `[$_\\p{ID_Start}]${LETTER}*`;
/** All that leads to a variable without naming it: escapes in names, `arguments[1]`, code made of text, code that is no text. */
const HIDDEN = /\\u|\barguments\b|\beval\b|\[(?:native |byte)code\]/;
const CONTEXT = `(?:(?<context>${NAME})|(?<contextPattern>\\{[^{}()/'"\`]*\\}))`;
const INPUTS = `(?:(?<inputs>${NAME})|\\{(?<inputsPattern>[^{}]*)\\})`;
const PARAMETERS = `\\(\\s*(?:${CONTEXT}\\s*(?:,\\s*${INPUTS}\\s*)?(?:,\\s*)?)?\\)`;
const HEAD = new RegExp(
  `^(?:async\\s+)?(?:(?<alone>${NAME})\\s*=>|(?:function\\b\\s*)?(?:${NAME}\\s*)?${PARAMETERS}\\s*(?:=>|\\{))`,
  'u',
);
const LITERAL = '\'[^\'\\\\]*\'|"[^"\\\\]*"|-?[\\d.]+|true|false|null|undefined';
const FIELD = new RegExp(`^(?<field>${NAME})(?:\\s*:\\s*${NAME})?(?:\\s*=\\s*(?:${LITERAL}))?$`, 'u');

/** {@link readsOf}, from the text that `Function.prototype.toString` gave. */
export function readsIn(source: string): Reads {
  try {
    return proven(source);
  } catch {
    return ANYTHING; // a name of 30,000 letters, say, which no regular expression can hold
  }
}

function proven(source: string): Reads {
  const head = HIDDEN.test(source) ? undefined : HEAD.exec(source)?.groups;
  if (head === undefined) return ANYTHING;
  const { alone, context = alone, contextPattern, inputs, inputsPattern = '' } = head;
  return {
    inputs: inputs === undefined ? namesIn(inputsPattern) : namesAfter(inputs, source),
    context: contextPattern !== undefined || (context !== undefined && placesOf(context, source).length > 1),
  };
}

/** What a pattern of plain names takes, with plain defaults at most; undefined for one with a rest or a comment. */
function namesIn(pattern: string): readonly string[] | undefined {
  const fields = pattern.split(',').map((field) => field.trim());
  if (fields.at(-1) === '') fields.pop();
  const names = fields.map((field) => FIELD.exec(field)?.groups?.field);
  return names.every((name) => name !== undefined) ? names : undefined;
}

/** The properties read of a variable; undefined where it stands anywhere by itself, but for where it is declared, or as what a method is called on. */
function namesAfter(variable: string, source: string): readonly string[] | undefined {
  const places = placesOf(variable, source);
  const names = places.filter((property) => property !== undefined);
  return places.length - names.length === 1 ? names : undefined;
}

/** Called, `fn` of `p.fn(…)`, `(p.fn)(…)` or a tagged template gets `p` as its receiver. A slash may begin a comment before that. */
const NOT_CALLED = `(?!${LETTER})(?![\\s)]*(?:\\?\\.\\s*)?[(\`/])`;

/** Wherever a name stands in the text: the property behind it, if there is one. That is looked at only: it may be the name again. */
function placesOf(name: string, source: string): readonly (string | undefined)[] {
  const whole = `(?<!${LETTER})${name.replaceAll('$', '\\$')}(?!${LETTER})`;
  const property = `(?=\\s*\\??\\.\\s*(?<property>${NAME})${NOT_CALLED}|)`;
  return Array.from(source.matchAll(new RegExp(whole + property, 'gu')), ({ groups }) => groups?.property);
}
