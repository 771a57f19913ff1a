import { InvalidOptionsError } from './errors.js';

/** Turns one option's value into what the engine uses, or throws an {@link InvalidOptionsError}. */
export type Read<T> = (value: unknown, where: string, option: string) => T;

/** Every option that a group knows, with its reader. */
export type Schema = Readonly<Record<string, Read<unknown>>>;

/** What was read: only the options given; `undefined` was given on purpose and unsets. */
export type Parsed<S extends Schema> = { readonly [K in keyof S]?: ReturnType<S[K]> | undefined };

/** Reads own properties only, refuses unknown names with the nearest known one. */
export function readOptions<S extends Schema>(
  schema: S,
  given: unknown,
  where: string,
  remedy = 'Give { … } or nothing.',
): Parsed<S> {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || isEmptyInstance(given))
    throw new InvalidOptionsError({ where, value: given, problem: 'takes an options object', remedy });
  const parsed = Object.create(null) as Record<string, unknown>;
  for (const option of Object.keys(given)) {
    const read = Object.hasOwn(schema, option) ? schema[option] : undefined;
    if (read === undefined) throw unknownOption(schema, where, option);
    const value: unknown = (given as Record<string, unknown>)[option];
    parsed[option] = value === undefined ? undefined : read(value, where, option);
  }
  return parsed as Parsed<S>;
}

/** Options over others. Without a prototype, so that nothing is read that was not given. */
export function mergeOptions<T extends object>(...groups: readonly T[]): T {
  return Object.assign(Object.create(null), ...groups) as T;
}

/** A Map, a Date, a policy: whatever its author meant, none of it would be read. */
function isEmptyInstance(given: object): boolean {
  if (Object.keys(given).length > 0) return false;
  const prototype = Object.getPrototypeOf(given) as object | null;
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

function unknownOption(schema: Schema, where: string, option: string): InvalidOptionsError {
  const near = nearest(option, Object.keys(schema));
  const remedy = near === undefined ? `Known options: ${Object.keys(schema).join(', ')}.` : `Did you mean \`${near}\`?`;
  return new InvalidOptionsError({ where, option, problem: 'is unknown', remedy });
}

function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  const farthest = Math.max(2, Math.floor(name.length / 3));
  let bestDistance = farthest + 1;
  if (name.length > 40) return undefined;
  for (const candidate of known) {
    const [given, meant] = [name.toLowerCase(), candidate.toLowerCase()];
    // Of two that are as near, the one that begins and ends like it.
    const edits = editDistance(given, meant);
    const distance = edits - commonEnds(given, meant) / 100;
    if (edits <= farthest && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function commonEnds(a: string, b: string): number {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length && a.at(-1 - end) === b.at(-1 - end)) end++;
  return start + end;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  let before: readonly number[] = [];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? i + j) + 1 : i + j;
      next.push(Math.min(change, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}

function refuse(where: string, option: string, value: unknown, problem: string, remedy: string): never {
  throw new InvalidOptionsError({ where, option, value, problem, remedy });
}

/** A reader for `true` or `false`. */
export const flag: Read<boolean> = (value, where, option) =>
  typeof value === 'boolean'
    ? value
    : refuse(where, option, value, 'must be true or false', 'Leave it out for the default.');

/** A reader for a text that is not empty. */
export const text: Read<string> = (value, where, option) =>
  typeof value === 'string' && value !== ''
    ? value
    : refuse(where, option, value, 'must be a text that is not empty', 'Leave it out for none.');

/** A reader for a list of texts, none empty. */
export const texts: Read<readonly string[]> = (value, where, option) => {
  const good =
    Array.isArray(value) && Array.from<unknown>(value).every((item) => typeof item === 'string' && item !== '');
  return good
    ? Object.freeze([...(value as string[])])
    : refuse(where, option, value, 'must be a list of texts', "Give ['a', 'b'].");
};

/** A reader for a whole number within bounds. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, where, option) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : refuse(where, option, value, `must be a whole number ${bounds(least, most)}`, 'Leave it out for the default.');
}

function bounds(least: number, most: number): string {
  return most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
}

/** A reader for a share from 0 to 1. */
export const share: Read<number> = (value, where, option) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? value
    : refuse(where, option, value, 'must be a number from 0 to 1', 'Give 0.1 for up to a tenth.');

/** A reader for a function; F is the caller's word for its shape, which no run-time check can see. */
export function fn<F>(what: string): Read<F> {
  return (value, where, option) =>
    typeof value === 'function'
      ? (value as F)
      : refuse(where, option, value, `must be a function ${what}`, 'Leave it out for none.');
}

/** A reader for one of several texts. */
export function oneOf<const T extends readonly string[]>(...choices: T): Read<T[number]> {
  return (value, where, option) =>
    choices.includes(value as string)
      ? (value as T[number])
      : refuse(
          where,
          option,
          value,
          `must be ${choices.map((c) => `'${c}'`).join(' or ')}`,
          'Leave it out for the default.',
        );
}

/** A reader for an AbortSignal, of whichever realm. */
export const signal: Read<AbortSignal> = (value, where, option) => {
  if (typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value)
    return value as AbortSignal;
  return refuse(where, option, value, 'is no AbortSignal', 'Give controller.signal.');
};
