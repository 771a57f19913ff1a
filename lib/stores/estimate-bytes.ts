import { types } from 'node:util';

/** Values with more parts than this are estimated from the first ones. */
const MAX_PARTS = 20_000;

/** Roughly what a value holds of the heap, in bytes: strings, arrays, objects, maps, sets, buffers. Never throws, bounded in time. */
export function estimateBytes(value: unknown): number {
  const seen = new Set<object>();
  const queue: unknown[] = [value];
  let bytes = 0;
  for (let parts = 0; queue.length > 0 && parts < MAX_PARTS; parts++) {
    const one = queue.pop();
    if (typeof one === 'string') bytes += 24 + 2 * one.length;
    else if (typeof one === 'bigint') bytes += 24;
    else if (typeof one !== 'object' || one === null) bytes += 8;
    else if (!seen.has(one)) {
      seen.add(one);
      bytes += 32 + ownBytes(one, queue);
    }
  }
  return queue.length === 0 ? bytes : (bytes / MAX_PARTS) * (MAX_PARTS + queue.length);
}

/** Bytes of an object beside its parts, which are queued. */
function ownBytes(object: object, queue: unknown[]): number {
  if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) return object.byteLength;
  if (types.isProxy(object)) return 64;
  if (types.isMap(object)) {
    for (const [key, value] of object) queue.push(key, value);
    return 40 * object.size;
  }
  if (types.isSet(object)) {
    for (const item of object) queue.push(item);
    return 32 * object.size;
  }
  if (Array.isArray(object)) {
    for (const item of object) queue.push(item);
    return 8 * object.length;
  }
  let bytes = 0;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    bytes += 8 + name.length;
    if ('value' in property) queue.push(property.value);
  }
  return bytes;
}
