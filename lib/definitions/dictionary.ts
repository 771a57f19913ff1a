import { UnknownParameterError } from '../base/errors.js';

/** A method's parameters, by position. */
export interface ParameterList {
  readonly names: readonly string[];
  /** Whether the last one takes the rest of the arguments. */
  readonly rest: boolean;
}

/** Inputs by parameter name. */
export type Dictionary = Record<string, unknown>;

/**
 * The arguments by name. Defaults are the method's own business, so omitted trailing arguments are absent; arguments beyond
 * the named ones are not in it.
 */
export function dictionaryOf(list: ParameterList, args: readonly unknown[]): Dictionary {
  const { names, rest } = list;
  const plain = rest ? names.length - 1 : names.length;
  const count = args.length < plain ? args.length : plain;
  const dictionary: Dictionary = {};
  for (let i = 0; i < count; i++) set(dictionary, names[i] as string, args[i]);
  if (rest && args.length > plain) set(dictionary, names[plain] as string, args.slice(plain));
  return dictionary;
}

/** The same for ordinary parameters: no rest, and none called `__proto__`. */
export function plainDictionary(names: readonly string[], args: readonly unknown[]): Dictionary {
  const dictionary: Dictionary = {};
  for (let i = 0; i < names.length && i < args.length; i++) dictionary[names[i] as string] = args[i];
  return dictionary;
}

/** Whether {@link plainDictionary} may be made of a method's inputs. */
export function areOrdinary({ names, rest }: ParameterList): boolean {
  return !rest && !names.includes('__proto__');
}

function set(dictionary: Dictionary, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(dictionary, name, { value, enumerable: true, configurable: true, writable: true });
  else dictionary[name] = value;
}

/** Read by the language, by `await`, by JSON, by printing, by Jest's comparing; never a misspelt parameter. */
const HARMLESS = new Set([
  ...['then', 'toJSON', 'inspect', 'asymmetricMatch', '$$typeof', 'nodeType', 'tagName'],
  ...['ITERABLE', 'KEYED', 'ORDERED', 'RECORD'].map((kind) => `@@__IMMUTABLE_${kind}__@@`),
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** What makes dictionaries of a method refuse other names: reading one throws {@link UnknownParameterError}. */
export function refusal(list: ParameterList, where: string): ProxyHandler<Dictionary> {
  return {
    get(target, name) {
      const isMistake = typeof name === 'string' && !list.names.includes(name) && !HARMLESS.has(name);
      if (isMistake && !Object.hasOwn(target, name)) throw new UnknownParameterError(where, name, list.names);
      return Reflect.get(target, name);
    },
  };
}

/** {@link dictionaryOf}, refusing names that the method does not have. */
export function strictDictionary(
  list: ParameterList,
  args: readonly unknown[],
  handler: ProxyHandler<Dictionary>,
): Dictionary {
  return new Proxy(dictionaryOf(list, args), handler);
}
