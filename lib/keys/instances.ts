import { types } from 'node:util';
import type { ClassInfo } from './class-info.js';
import { Fault } from './fault.js';
import { contentOf, type NativeContent } from './natives.js';
import { isIndex } from './shapes.js';

/** What is to be written of an instance, found before any of it is encoded. */
export interface InstanceContent {
  /** If it is there, its result stands for the instance. */
  readonly toCacheKey: (() => unknown) | undefined;
  /** What the built-in class at the root of its chain keeps. */
  readonly native: NativeContent | undefined;
  /** Its fields that count. */
  readonly keys: readonly string[];
  /** Stands before the class name: errors are told from other classes of the same name. */
  readonly kind: '' | 'Error';
}

const NO_KEYS: readonly string[] = [];

/** Finds what tells an instance from others of its class. Faults where that cannot be seen. */
export function describeInstance(value: object, info: ClassInfo): InstanceContent {
  const toCacheKey = (value as { toCacheKey?: unknown }).toCacheKey;
  const isOwn = toCacheKey !== (Object.prototype as { toCacheKey?: unknown }).toCacheKey; // somebody may have polluted it
  if (typeof toCacheKey === 'function' && isOwn && info.name !== '') {
    return { toCacheKey: toCacheKey as () => unknown, native: undefined, keys: NO_KEYS, kind: '' };
  }
  if (info.refusal !== undefined) throw Fault.ofClass(info.refusal);
  refuseSymbolKeys(value);
  if (info.root !== undefined) return describeNative(value, info);
  const keys = Object.keys(value);
  if (keys.length === 0) {
    throw Fault.ofClass(`${info.name} has no field of its own: what tells its instances apart cannot be seen`);
  }
  return { toCacheKey: undefined, native: undefined, keys, kind: '' };
}

function describeNative(value: object, info: ClassInfo): InstanceContent {
  if (types.isNativeError(value))
    return { toCacheKey: undefined, native: undefined, keys: errorKeysOf(value), kind: 'Error' };
  return { toCacheKey: undefined, native: contentOf(value, info), keys: fieldKeysOf(value), kind: '' };
}

/**
 * An error is its class, name, message, cause and own fields; where it was made (the stack) does not count. Name and message
 * count wherever they stand: a DOMException has them on its prototype.
 */
function errorKeysOf(error: Error): readonly string[] {
  const hidden = ['cause', 'errors'].filter((key) => Object.hasOwn(error, key));
  const keys = new Set(['name', 'message', ...hidden, ...Object.keys(error)]);
  keys.delete('stack');
  return [...keys];
}

/** Keys beside the elements. Those of binary data do not count: finding them would make a string for each byte. */
function fieldKeysOf(value: object): readonly string[] {
  if (ArrayBuffer.isView(value)) return NO_KEYS;
  const keys = Object.keys(value);
  return Array.isArray(value) || types.isStringObject(value) ? keys.filter((key) => !isIndex(key)) : keys;
}

/** Symbols have no order, and most mean nothing to another process. */
export function refuseSymbolKeys(value: object): void {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length > 0) refuseThese(value, symbols);
}

function refuseThese(value: object, symbols: readonly symbol[]): void {
  if (types.isArgumentsObject(value)) throw new Fault('it is an arguments object', 'Pass [...arguments].');
  for (const symbol of symbols) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
      throw new Fault(`it has the key ${String(symbol)}, which means nothing outside of this process`);
    }
  }
}

/** A built-in that was given the prototype of a plain object or none looks like `{}`, whatever it holds. */
export function refuseDisguised(value: object): void {
  if (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value)
  ) {
    throw new Fault('its prototype was taken away, so that its content cannot be seen');
  }
}
