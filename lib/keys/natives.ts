import { URL, URLSearchParams } from 'node:url';
import { types } from 'node:util';
import { type ClassInfo, temporalClass } from './class-info.js';
import { Fault } from './fault.js';

/** What an instance of a built-in class keeps, ready to be written: `bytes`, else `entries`, else `elements`. */
export interface NativeContent {
  readonly tag: string;
  /** Counts in this order. */
  readonly elements: readonly unknown[];
  /** Counts in any order: `[item]` of a Set, `[key, value]` of a Map. */
  readonly entries: ReadonlyArray<readonly unknown[]> | undefined;
  readonly bytes: Uint8Array | undefined;
}

type Getter<T> = (this: unknown) => T;

const sourceOf = getter<string>(RegExp.prototype, 'source');
const flagsOf = getter<string>(RegExp.prototype, 'flags');
const hrefOf = getter<string>(URL.prototype, 'href');
const typedArrayNameOf = getter<string>(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);

/** Reads what a built-in holds, by its brand: methods that an heir overrides are not asked. Faults on what cannot be read. */
export function contentOf(value: object, info: ClassInfo): NativeContent {
  switch (info.root) {
    case 'Array':
      if (Array.isArray(value)) return list('', value);
      break;
    case 'Date':
      if (types.isDate(value)) return list('Date', [Date.prototype.getTime.call(value)]);
      break;
    case 'RegExp':
      if (types.isRegExp(value)) return list('RegExp', [sourceOf.call(value), flagsOf.call(value)]);
      break;
    case 'Map':
      if (types.isMap(value)) return bag('Map', [...Map.prototype.entries.call(value)]);
      break;
    case 'Set':
      if (types.isSet(value))
        return bag(
          'Set',
          Array.from(Set.prototype.values.call(value), (item) => [item]),
        );
      break;
    case 'URL':
      return list('URL', [hrefOf.call(value)]);
    case 'URLSearchParams':
      return list('URLSearchParams', [URLSearchParams.prototype.toString.call(value)]);
    case 'Headers':
      return list('Headers', [...Headers.prototype.entries.call(value as Headers)].flat()); // sorted by the platform
    default:
  }
  if (types.isBoxedPrimitive(value)) return boxed(value);
  if (ArrayBuffer.isView(value)) return viewed(value);
  if (types.isArrayBuffer(value)) return binary('ArrayBuffer', new Uint8Array(value));
  if (info.root?.startsWith('Temporal.')) return list(info.root, temporalParts(value, info.root));
  throw Fault.ofClass(
    `the content of ${info.name === '' ? 'such an object' : `this ${info.name}`} cannot be read and compared`,
  );
}

function boxed(value: object): NativeContent {
  if (types.isNumberObject(value)) return list('Number', [Number.prototype.valueOf.call(value)]);
  if (types.isStringObject(value)) return list('String', [String.prototype.valueOf.call(value)]);
  if (types.isBooleanObject(value)) return list('Boolean', [Boolean.prototype.valueOf.call(value)]);
  if (types.isBigIntObject(value)) return list('BigInt', [BigInt.prototype.valueOf.call(value)]);
  throw new Fault('it is a symbol in a box');
}

function viewed(view: ArrayBufferView): NativeContent {
  if (types.isSharedArrayBuffer(view.buffer)) throw new Fault('its memory is shared and may change while it is read');
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return binary(types.isDataView(view) ? 'DataView' : typedArrayNameOf.call(view), bytes);
}

/** The text of a Temporal value, and what its text does not tell. */
function temporalParts(value: object, tag: string): unknown[] {
  const { prototype } = temporalClass(tag) as { prototype: { toString(): string } };
  const read = (key: string): unknown => Reflect.get(prototype, key, value);
  if (tag === 'Temporal.Duration') {
    // PT1S and PT1000MS have one text.
    const units = 'years months weeks days hours minutes seconds milliseconds microseconds nanoseconds';
    return units.split(' ').map(read);
  }
  const text = prototype.toString.call(value);
  return tag === 'Temporal.ZonedDateTime' ? [text, read('epochNanoseconds')] : [text];
}

function list(tag: string, elements: readonly unknown[]): NativeContent {
  return { tag, elements, entries: undefined, bytes: undefined };
}

function bag(tag: string, entries: ReadonlyArray<readonly unknown[]>): NativeContent {
  return { tag, elements: [], entries, bytes: undefined };
}

function binary(tag: string, bytes: Uint8Array): NativeContent {
  return { tag, elements: [], entries: undefined, bytes };
}

function getter<T>(prototype: object, key: PropertyKey): Getter<T> {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get as Getter<T>;
}
