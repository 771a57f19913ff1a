import { types } from 'node:util';
import { classInfoOf } from '../../keys/class-info.js';
import { entrySegment, indexSegment, keySegment } from '../../keys/fault.js';

/** Where two values differ first, and how. */
export interface Difference {
  /** Such as `.lines[0].when`; empty: the values themselves. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** The class and field that it is under. */
  readonly declaredBy: { readonly className: string; readonly field: string } | undefined;
}

/**
 * The first difference in class, fields, elements or primitives. What built-ins hold besides is not compared but for dates; the order of Maps
 * and Sets counts, that of fields does not.
 */
export function differenceOf(before: unknown, after: unknown): Difference | undefined {
  if (!isObject(before) || !isObject(after) || !areOfOneClass(before, after)) {
    return Object.is(before, after) ? undefined : { path: '', before, after, declaredBy: undefined };
  }
  const parts = partsOf(before);
  const others = partsOf(after);
  for (const key of new Set([...parts.keys(), ...others.keys()])) {
    const part = parts.get(key);
    const other = others.get(key);
    const inner =
      parts.has(key) && others.has(key)
        ? differenceOf(part, other)
        : { path: '', before: part, after: other, declaredBy: undefined };
    if (inner === undefined) continue;
    const className = classNameOf(before);
    const declaredBy = className === undefined || typeof key === 'number' ? undefined : { className, field: key };
    return { ...inner, path: segmentOf(before, key) + inner.path, declaredBy: inner.declaredBy ?? declaredBy };
  }
  return undefined;
}

/** Built-ins of two realms are: under Jest a database driver's arrays are another realm's, and come back as this one's. */
function areOfOneClass(before: object, after: object): boolean {
  const [first, second] = [prototypeOf(before), prototypeOf(after)];
  if (first === second) return true;
  if (first === null || second === null) return false;
  const [one, other] = [classInfoOf(first), classInfoOf(second)];
  return one.isRoot && other.isRoot && one.root === other.root;
}

/** What is directly inside an object: fields by name, elements by number, keys and values of a Map by twice their number. */
function partsOf(value: object): ReadonlyMap<string | number, unknown> {
  if (types.isMap(value)) return new Map([...value].flat().map((part, i) => [i, part]));
  if (types.isSet(value)) return new Map([...value].map((item, i) => [i, item]));
  if (Array.isArray(value))
    return new Map(Object.keys(value).map((key) => [Number(key), value[Number(key)] as unknown]));
  if (types.isDate(value)) return new Map([['getTime()', value.getTime()]]);
  return ArrayBuffer.isView(value) ? new Map() : new Map(Object.entries(value));
}

function segmentOf(value: object, key: string | number): string {
  if (typeof key === 'string') return types.isDate(value) ? '' : keySegment(key);
  if (types.isMap(value)) return entrySegment([...value][key >> 1] ?? [], key & 1, key >> 1);
  return types.isSet(value) ? entrySegment([0], 0, key) : indexSegment(key);
}

/** `a string`, `an instance of Customer`, `a plain object`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (!isObject(value)) return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  const prototype = prototypeOf(value);
  const info = prototype === null ? undefined : classInfoOf(prototype);
  return info === undefined || info.plain
    ? 'a plain object'
    : `an instance of ${info.name || 'a class without a name'}`;
}

/** The name of an instance's class. */
export function classNameOf(value: unknown): string | undefined {
  if (!isObject(value) || Array.isArray(value)) return undefined;
  const prototype = prototypeOf(value);
  const info = prototype === null ? undefined : classInfoOf(prototype);
  return info === undefined || info.plain || info.name === '' ? undefined : info.name;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
