import { types } from 'node:util';

/** Parts of a value that are looked at; of a collection with more, the rest is taken to be like the first ones. */
const MAX_PARTS = 20_000;
const MAX_DEPTH = 200;

/**
 * Roughly what a value holds of the heap, in bytes: strings, arrays, objects, maps, sets, buffers. Never throws, runs no code of the
 * value's, bounded in time.
 */
export function estimateBytes(value: unknown): number {
  return bytesOf(value, { left: MAX_PARTS, seen: new Set() }, 0);
}

interface Walk {
  left: number;
  readonly seen: Set<object>;
}

function bytesOf(value: unknown, walk: Walk, depth: number): number {
  walk.left--;
  if (typeof value === 'string') return 24 + 2 * value.length;
  if (typeof value === 'bigint') return 24;
  if (typeof value !== 'object' || value === null) return 8;
  if (walk.seen.has(value) || depth > MAX_DEPTH) return 8;
  walk.seen.add(value);
  return 32 + contentBytes(value, walk, depth + 1);
}

function contentBytes(object: object, walk: Walk, depth: number): number {
  if (types.isProxy(object)) return 32;
  if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) return object.byteLength;
  if (types.isMap(object)) {
    const entries = Map.prototype.entries.call(object) as IterableIterator<[unknown, unknown]>;
    return scaled(sizeOfMap(object), walk, () => {
      const [key, value] = entries.next().value as [unknown, unknown];
      return 40 + bytesOf(key, walk, depth) + bytesOf(value, walk, depth);
    });
  }
  if (types.isSet(object)) {
    const values = Set.prototype.values.call(object);
    return scaled(sizeOfSet(object), walk, () => 32 + bytesOf(values.next().value, walk, depth));
  }
  if (Array.isArray(object)) {
    const { length } = object;
    if (!Object.hasOwn(object, length - 1)) return 8 * Math.min(length, MAX_PARTS); // most of it holes
    return scaled(length, walk, (i) => 8 + bytesOf(dataOf(object, i), walk, depth));
  }
  const names = Object.getOwnPropertyNames(object);
  return scaled(names.length, walk, (i) => {
    const name = names[i] as string;
    return 8 + name.length + bytesOf(dataOf(object, name), walk, depth);
  });
}

/** The sum over `count` parts, from as many as may still be looked at. */
function scaled(count: number, walk: Walk, next: (index: number) => number): number {
  let bytes = 0;
  let done = 0;
  for (; done < count && walk.left > 0; done++) bytes += next(done);
  if (done === count) return bytes;
  return done === 0 ? 16 * count : (bytes / done) * count;
}

const sizeOfMap = Function.prototype.call.bind(sizeGetter(Map.prototype)) as (map: object) => number;
const sizeOfSet = Function.prototype.call.bind(sizeGetter(Set.prototype)) as (set: object) => number;

/** The collection's own: an heir may say anything. */
function sizeGetter(prototype: object): () => number {
  return Object.getOwnPropertyDescriptor(prototype, 'size')?.get as () => number;
}

/** A property's value; nothing for a getter. */
function dataOf(object: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
