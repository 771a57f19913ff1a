import { types } from 'node:util';
import { classInfoOf } from '../keys/class-info.js';
import { hasPrivateMembers } from '../keys/hidden-state.js';

/** A value that cannot be copied: it holds what has no content of its own, or hides it. */
class UncopyableError extends TypeError {
  constructor(what: string, problem = "which cannot be copied; use resultCopy: 'share' or return plain data") {
    super(`the result holds ${what}, ${problem}`);
  }
}

/** A deep copy: instances keep their class, shared and cyclic references their shape. Throws for what cannot be copied. */
export function copyOf<T>(value: T): T {
  return copied(value, new Map(), false) as T;
}

/** A deep copy that nobody can change, Maps, Sets and Dates too. The original is left as it is. Throws for bytes as well: they cannot be frozen. */
export function frozenCopyOf<T>(value: T): T {
  return copied(value, new Map(), true) as T;
}

type Seen = Map<object, object>;

function copied(value: unknown, seen: Seen, frozen: boolean): unknown {
  if (typeof value === 'function') throw new UncopyableError('a function');
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const copy = emptyCopy(value);
  seen.set(value, copy);
  if (types.isMap(value)) fillMap(value, copy as Map<unknown, unknown>, seen, frozen);
  else if (types.isSet(value)) fillSet(value, copy as Set<unknown>, seen, frozen);
  if (!ArrayBuffer.isView(value)) copyFields(value, copy, seen, frozen);
  if (frozen) freeze(copy);
  return copy;
}

/** A new object of the same kind and class, its fields yet to be copied. */
function emptyCopy(value: object): object {
  if (types.isProxy(value)) throw new UncopyableError('a Proxy');
  const prototype = Object.getPrototypeOf(value) as object | null;
  refuseHidden(prototype);
  const copy = emptyBuiltIn(value, prototype);
  if (copy === undefined) return Object.create(prototype) as object;
  if (Object.getPrototypeOf(copy) !== prototype) Object.setPrototypeOf(copy, prototype);
  return copy;
}

/** A copy would lack what is hidden, and its methods would fail or answer wrongly. */
function refuseHidden(prototype: object | null): void {
  for (let level = prototype; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    const owner: unknown = Object.getOwnPropertyDescriptor(level, 'constructor')?.value;
    if (typeof owner !== 'function' || owner === URL || !hasPrivateMembers(owner)) continue;
    throw new UncopyableError(`an instance of ${owner.name || 'a class'} with #private members`);
  }
}

function emptyBuiltIn(value: object, prototype: object | null): object | undefined {
  if (Array.isArray(value)) return new Array(value.length);
  if (types.isDate(value)) return new Date(value.getTime());
  if (types.isMap(value)) return new Map();
  if (types.isSet(value)) return new Set();
  if (types.isRegExp(value)) return new RegExp(value.source, value.flags);
  if (types.isAnyArrayBuffer(value)) return value.slice(0);
  if (ArrayBuffer.isView(value)) return copyOfView(value);
  if (types.isNativeError(value)) return new Error(value.message);
  if (types.isBoxedPrimitive(value)) return Object(value.valueOf()) as object;
  if (value instanceof URL) return new URL(value.href);
  const info = prototype === null ? undefined : classInfoOf(prototype);
  if (info?.root !== undefined) throw new UncopyableError(`an instance of ${info.root}`);
  // A class without a name can be copied, though it makes no key.
  if (info?.refusal !== undefined && !info.plain && info.name !== '')
    throw new UncopyableError(`an instance: ${info.refusal}`);
  return undefined;
}

type ArrayClass = new (buffer: ArrayBufferLike) => object;

/** Only its own bytes: a Buffer is often a view of a pool that holds others'. */
function copyOfView(view: ArrayBufferView): object {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const kind = types.isDataView(view) ? 'DataView' : (Reflect.get(TYPED_ARRAY, Symbol.toStringTag, view) as string);
  const Class = (globalThis as unknown as Record<string, ArrayClass>)[kind] as ArrayClass;
  return new Class(bytes);
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

function fillMap(from: ReadonlyMap<unknown, unknown>, to: Map<unknown, unknown>, seen: Seen, frozen: boolean): void {
  for (const [key, value] of from) to.set(copied(key, seen, frozen), copied(value, seen, frozen));
}

function fillSet(from: ReadonlySet<unknown>, to: Set<unknown>, seen: Seen, frozen: boolean): void {
  for (const item of from) to.add(copied(item, seen, frozen));
}

/** Own fields, as they are defined; a getter becomes the value it gave. What a frozen copy has of its own is not one. */
function copyFields(from: object, to: object, seen: Seen, frozen: boolean): void {
  for (const name of Reflect.ownKeys(from)) {
    const field = Object.getOwnPropertyDescriptor(from, name);
    if (field === undefined || (!field.enumerable && !types.isNativeError(from))) continue;
    const value = copied(Reflect.get(from, name), seen, frozen);
    Object.defineProperty(to, name, {
      value,
      enumerable: field.enumerable ?? true,
      configurable: true,
      writable: true,
    });
  }
}

/** Methods that change what `Object.freeze` does not protect. */
const CHANGERS = [
  [types.isMap, ['set', 'delete', 'clear']],
  [types.isSet, ['add', 'delete', 'clear']],
  [types.isDate, Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))],
] as const;

function freeze(copy: object): void {
  if (ArrayBuffer.isView(copy) || types.isAnyArrayBuffer(copy)) {
    throw new UncopyableError('bytes', "which cannot be frozen; use resultCopy: 'clone'");
  }
  for (const [is, names] of CHANGERS) {
    if (!is(copy)) continue;
    for (const name of names) Object.defineProperty(copy, name, { value: refuseChange });
  }
  Object.freeze(copy);
}

function refuseChange(): never {
  throw new TypeError("this result is frozen (resultCopy: 'freeze'); copy it before changing it");
}
