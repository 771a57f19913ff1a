import { InvalidOptionsError, UnknownParameterError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { readOptions, texts } from '../base/option-reader.js';
import { hashObjects, inputHash } from './hash.js';
import {
  type AnyKeyFn,
  type CacheKey,
  fromContextAlone,
  handsTo,
  type KeyContext,
  keySourceOf,
  madeOfArguments,
  readersOf,
} from './key-function.js';

/** A built-in key function: composes by being called with the same context and parameters. */
export type KeyHelper = (context: KeyContext, parameters: object) => string;

/**
 * The key of all inputs, by position, so that renaming a parameter does not change it. Canonical and injective: `f(1)`,
 * `f('1')` and `f([1])` have three keys. A dictionary of your own making is hashed by its names. Throws `UnhashableError` with the
 * path of an input that has no content to tell apart. Source of the idea: Prefect's `task_input_hash`.
 */
export const taskInputHash: KeyHelper = madeOfArguments(
  fromContextAlone((context: KeyContext, parameters: object): string =>
    parameters === undefined || parameters === context.parameters ? inputHash(context.args) : hashObjects(parameters),
  ),
  inputHash,
);

/** One key for every call of the task. Throws `InvalidOptionsError` for what is no text, or an empty one. */
export function staticKey(key: string): KeyHelper {
  if (typeof key !== 'string' || key === '') {
    const remedy = "Give staticKey('rates').";
    throw new InvalidOptionsError({
      where: 'staticKey',
      value: key,
      problem: 'takes a text that is not empty',
      remedy,
    });
  }
  return fromContextAlone(() => key);
}

/**
 * The key of another function, within one flow run: another run computes anew. Outside a flow it throws `NoFlowRunError`.
 * Default: {@link taskInputHash}.
 */
export function perFlowRun<C extends KeyContext, P extends object, K extends MaybePromise<CacheKey>>(
  keyFn: (context: C, parameters: P) => K,
): (context: C, parameters: P) => K;
export function perFlowRun(): KeyHelper;
export function perFlowRun(keyFn: AnyKeyFn = taskInputHash as AnyKeyFn): AnyKeyFn {
  requireKeyFn('perFlowRun', keyFn);
  const scoped: AnyKeyFn = (context, parameters) => {
    const run = context.flowRunId;
    const inner = keyFn(context, parameters);
    return isThenable(inner) ? inner.then((key) => within(run, key)) : within(run, inner);
  };
  return handsTo(scoped, readersOf(keyFn));
}

function within(run: string, key: CacheKey): CacheKey {
  return isNoKey(key) ? key : `${run}-${requireText(key)}`;
}

function requireKeyFn(where: string, keyFn: unknown): void {
  if (typeof keyFn === 'function') return;
  const remedy = 'Give taskInputHash, or (context, parameters) => string.';
  throw new InvalidOptionsError({ where, value: keyFn, problem: 'takes key functions', remedy });
}

/** As text, every object would be one key. */
function requireText(key: unknown): string {
  if (typeof key === 'string') return key;
  throw new TypeError(`a key function inside gave a value of type ${typeof key}, not a string`);
}

/** Which inputs count. Names that the method does not have throw `UnknownParameterError`. */
export interface InputChoice {
  /** These do not count. */
  readonly omit?: readonly string[] | undefined;
  /** Only these count. */
  readonly pick?: readonly string[] | undefined;
}

/** Like {@link taskInputHash}, of some of the inputs: `inputs({ omit: ['debug'] })`. */
export function inputs(choice: InputChoice = {}): KeyHelper {
  const { omit, pick } = readOptions({ omit: texts, pick: texts }, choice, 'inputs');
  if (omit === undefined && pick === undefined) return taskInputHash;
  return fromContextAlone((context: KeyContext, parameters: object) => {
    const own = parameters === undefined || parameters === context.parameters;
    return own
      ? inputHash(chosenArguments(context, omit, pick))
      : hashObjects(chosenNames(context, parameters, omit, pick));
  });
}

/** The arguments that count; those left out make no difference by being there or not. */
function chosenArguments(
  context: KeyContext,
  omit: readonly string[] | undefined,
  pick: readonly string[] | undefined,
): unknown[] {
  const { names, rest, where } = keySourceOf(context);
  for (const name of [...(omit ?? []), ...(pick ?? [])]) {
    if (!names.includes(name)) throw new UnknownParameterError(where, name, names);
  }
  const counts = (name: string | undefined): boolean =>
    name === undefined ? pick === undefined : (pick?.includes(name) ?? true) && !omit?.includes(name);
  const nameAt = (index: number): string | undefined => (rest && index >= names.length ? names.at(-1) : names[index]);
  return context.args.filter((_, index) => counts(nameAt(index)));
}

/** From a dictionary of the user's making: its names count as well as the method's. */
function chosenNames(
  context: KeyContext,
  parameters: object,
  omit: readonly string[] | undefined,
  pick: readonly string[] | undefined,
): object {
  const { names, where } = keySourceOf(context);
  for (const name of [...(omit ?? []), ...(pick ?? [])]) {
    if (Object.hasOwn(parameters, name) || names.includes(name)) continue;
    throw new UnknownParameterError(where, name, [...new Set([...names, ...Object.keys(parameters)])]);
  }
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.filter(([name]) => (pick?.includes(name) ?? true) && !omit?.includes(name)));
}

/** A key function of whatever context and inputs. */
type Part = (context: never, parameters: never) => MaybePromise<CacheKey>;

/** What reads all that its parts read. */
type Whole<F> = [F] extends [(context: infer C, parameters: infer P) => infer K]
  ? (context: C, parameters: P) => K
  : never;

/**
 * The keys of several functions, all of which must hold: each part with its length, so that parts cannot run into each
 * other. A part that gives no key leaves the whole without one. Asynchronous parts are awaited.
 */
export function allOf<F extends readonly Part[]>(...keyFns: F): Whole<F[number]>;
export function allOf(...given: readonly Part[]): unknown {
  const keyFns = given as unknown as readonly AnyKeyFn[];
  if (keyFns.length === 0) requireKeyFn('allOf', undefined);
  for (const keyFn of keyFns) requireKeyFn('allOf', keyFn);
  const whole: AnyKeyFn = (context, parameters) => {
    const parts = askAll(keyFns, context, parameters);
    return parts.some(isThenable) ? Promise.all(parts).then(joined) : joined(parts as readonly CacheKey[]);
  };
  // The helpers know the inputs by the context's own dictionary, which only a function gets that may read anything.
  const readers = keyFns.flatMap(readersOf);
  return keyFns.some((keyFn) => readersOf(keyFn).length === 0) && readers.length > 0 ? whole : handsTo(whole, readers);
}

/** Asks all functions. Where one throws, the failure of one that answers later would be nobody's. */
function askAll(
  keyFns: readonly AnyKeyFn[],
  context: KeyContext,
  parameters: object,
): readonly MaybePromise<CacheKey>[] {
  const parts: MaybePromise<CacheKey>[] = [];
  try {
    for (const keyFn of keyFns) parts.push(keyFn(context, parameters));
  } catch (error) {
    for (const part of parts) if (isThenable(part)) part.then(undefined, () => {});
    throw error;
  }
  return parts;
}

function joined(parts: readonly CacheKey[]): CacheKey {
  if (parts.some(isNoKey)) return null;
  return parts.map((part) => `${requireText(part).length}:${part}`).join('');
}

/** Whether a key function's answer means: do not cache this call. */
export function isNoKey(key: unknown): key is null | undefined | '' {
  return key === null || key === undefined || key === '';
}
