import { types } from 'node:util';

/** Values with more parts than this are estimated from the first ones. */
const MAX_PARTS = 20_000;

/**
 * Roughly what a value holds of the heap, in bytes: strings, arrays, objects, maps, sets, buffers. Never throws, runs no code of the
 * value's, bounded in time.
 */
export function estimateBytes(value: unknown): number {
  const seen = new Set<object>();
  const walk: Walk = { queue: [value], unseen: 0 };
  let bytes = 0;
  let parts = 0;
  for (; walk.queue.length > 0 && parts < MAX_PARTS; parts++) {
    const one = walk.queue.pop();
    if (typeof one === 'string') bytes += 24 + 2 * one.length;
    else if (typeof one === 'bigint') bytes += 24;
    else if (typeof one !== 'object' || one === null) bytes += 8;
    else if (!seen.has(one)) {
      seen.add(one);
      bytes += 32 + ownBytes(one, walk);
    }
  }
  const left = walk.queue.length + walk.unseen;
  return left === 0 ? bytes : (bytes / parts) * (parts + left);
}

interface Walk {
  readonly queue: unknown[];
  /** Parts that are there and were not even queued. */
  unseen: number;
}

/** Bytes of an object beside its parts, which are queued. */
function ownBytes(object: object, walk: Walk): number {
  if (types.isProxy(object)) return 64;
  if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) return object.byteLength;
  if (types.isMap(object)) {
    const left = queueSome(walk, Map.prototype.entries.call(object), 2);
    walk.unseen += 2 * (sizeOfMap(object) - left);
    return 40 * sizeOfMap(object);
  }
  if (types.isSet(object)) {
    walk.unseen += sizeOfSet(object) - queueSome(walk, Set.prototype.values.call(object), 1);
    return 32 * sizeOfSet(object);
  }
  return Array.isArray(object) ? arrayBytes(object, walk) : fieldBytes(object, walk);
}

const sizeOfMap = Function.prototype.call.bind(getterOf(Map.prototype)) as (map: object) => number;
const sizeOfSet = Function.prototype.call.bind(getterOf(Set.prototype)) as (set: object) => number;

function getterOf(prototype: object): () => number {
  return Object.getOwnPropertyDescriptor(prototype, 'size')?.get as () => number;
}

/** Queues as many as may still be looked at; says how many entries that were. */
function queueSome(walk: Walk, entries: Iterator<unknown>, width: 1 | 2): number {
  let count = 0;
  for (let next = entries.next(); next.done !== true; next = entries.next()) {
    if (walk.queue.length >= MAX_PARTS) break;
    if (width === 1) walk.queue.push(next.value);
    else walk.queue.push(...(next.value as [unknown, unknown]));
    count++;
  }
  return count;
}

function arrayBytes(array: readonly unknown[], walk: Walk): number {
  const { length } = array;
  const count = Math.min(length, Math.max(0, MAX_PARTS - walk.queue.length));
  for (let i = 0; i < count; i++) walk.queue.push(dataOf(array, i));
  const last = length > count ? Object.hasOwn(array, length - 1) : true;
  if (last) walk.unseen += length - count; // else most of it is likely a hole
  return last ? 8 * length : 8 * count;
}

function fieldBytes(object: object, walk: Walk): number {
  let bytes = 0;
  for (const name of Object.getOwnPropertyNames(object)) {
    bytes += 8 + name.length;
    if (walk.queue.length < MAX_PARTS) walk.queue.push(dataOf(object, name));
    else walk.unseen++;
  }
  return bytes;
}

/** A property's value; nothing for a getter. */
function dataOf(object: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
