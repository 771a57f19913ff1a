import { types } from 'node:util';
import { classInfoOf } from '../../keys/class-info.js';
import { entrySegment, indexSegment, keySegment } from '../../keys/fault.js';
import { Refusal } from '../codec/refusal.js';
import { DEFAULT_LIMITS } from '../codec.js';

/**
 * Does to a value what class-transformer does, without its losses: it makes `{}` of URLs and errors, numbered objects of typed
 * arrays, an array of a Set, drops holes, calls functions, and writes discriminators into what it reads. So it gets a copy, in
 * which a Map or Set is the array of its values (which it transforms as the field's @Type says) and other built-ins are absent;
 * afterwards they are put back. @throws Refusal, and what the transformation threw
 */
export function carry(value: unknown, transform: (copy: unknown) => unknown): unknown {
  const walk = { around: new Set<object>(), nodes: 0 };
  return restore(value, transform(copyOf(value, walk)));
}

interface Walk {
  /** The objects around the one being copied. */
  readonly around: Set<object>;
  nodes: number;
}

function copyOf(value: unknown, walk: Walk): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new Refusal(`it is a ${typeof value}`);
  if (typeof value !== 'object' || value === null || isCopiedWell(value)) return value;
  if (walk.around.has(value)) throw new Refusal('it contains itself', 'Leave out the way back.');
  if (walk.around.size >= DEFAULT_LIMITS.maxDepth) throw Refusal.ofLimit('levels', DEFAULT_LIMITS.maxDepth);
  walk.nodes += Array.isArray(value) ? value.length + 1 : 1;
  if (walk.nodes > DEFAULT_LIMITS.maxNodes) throw Refusal.ofLimit('values', DEFAULT_LIMITS.maxNodes);
  walk.around.add(value);
  const copy = contentOf(value, walk);
  walk.around.delete(value);
  return copy;
}

function contentOf(value: object, walk: Walk): unknown {
  const entries = entriesOf(value);
  if (entries !== undefined) {
    const isMap = types.isMap(value);
    const items = entries.map((entry) => entry[entry.length - 1]);
    return copyOfItems(items, walk, (i) => entrySegment(entries[i] as readonly unknown[], isMap ? 1 : 0, i));
  }
  if (Array.isArray(value)) return copyOfItems(value, walk, indexSegment);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const info = prototype === null ? undefined : classInfoOf(prototype);
  if (info?.refusal !== undefined) throw new Refusal(info.refusal);
  return info?.root === undefined ? copyOfFields(value, prototype, walk) : undefined;
}

function copyOfItems(items: readonly unknown[], walk: Walk, segmentOf: (index: number) => string): unknown[] {
  const copy: unknown[] = [];
  try {
    for (let i = 0; i < items.length; i++) copy.push(copyOf(items[i], walk));
  } catch (thrown) {
    throw Refusal.under(segmentOf(copy.length), thrown);
  }
  return copy;
}

function copyOfFields(value: object, prototype: object | null, walk: Walk): object {
  const copy = Object.create(prototype) as Record<string, unknown>;
  let key = '';
  try {
    for (key of Object.keys(value)) {
      const field = copyOf((value as Record<string, unknown>)[key], walk);
      // Defined, as it is in the original, where an assignment would meet a setter or a method.
      if (key in copy)
        Object.defineProperty(copy, key, { value: field, enumerable: true, configurable: true, writable: true });
      else copy[key] = field;
    }
  } catch (thrown) {
    throw Refusal.under(keySegment(key), thrown);
  }
  return copy;
}

/** What became of the copy, with what was kept back of the source. What the transformation left out stays out. */
function restore(source: unknown, image: unknown): unknown {
  if (typeof source !== 'object' || source === null || isCopiedWell(source)) return image;
  const entries = entriesOf(source);
  if (entries !== undefined || Array.isArray(source)) return restoreList(source, entries, image);
  const prototype = Object.getPrototypeOf(source) as object | null;
  if (prototype !== null && classInfoOf(prototype).root !== undefined) return source;
  if (typeof image !== 'object' || image === null) return image;
  for (const [key, field] of Object.entries(source)) {
    if (typeof field !== 'object' || field === null || !Object.hasOwn(image, key)) continue;
    const before = (image as Record<string, unknown>)[key];
    const after = restore(field, before);
    if (after !== before) (image as Record<string, unknown>)[key] = after;
  }
  if (prototype === null && Object.getPrototypeOf(image) === Object.prototype) Object.setPrototypeOf(image, null);
  return image;
}

type Entries = ReadonlyArray<readonly unknown[]>;

function restoreList(source: object, entries: Entries | undefined, image: unknown): unknown {
  const items = types.isSet(image) ? [...image] : image; // class-transformer fills Sets where it knows of them
  if (!Array.isArray(items)) return image;
  if (types.isMap(source)) return new Map(entries?.map(([key, value], i) => [key, restore(value, items[i])]));
  if (types.isSet(source)) return new Set(entries?.map(([item], i) => restore(item, items[i])));
  const list = source as readonly unknown[];
  for (let i = 0; i < list.length; i++) {
    if (Object.hasOwn(list, i)) items[i] = restore(list[i], items[i]);
    else delete items[i];
  }
  return items;
}

/** `[key, value]` of a Map, `[item]` of a Set. */
function entriesOf(value: object): Entries | undefined {
  if (types.isMap(value)) return [...Map.prototype.entries.call(value)];
  return types.isSet(value) ? Array.from(Set.prototype.values.call(value), (item) => [item]) : undefined;
}

/** What class-transformer copies as it should. */
function isCopiedWell(value: object): boolean {
  return types.isDate(value) || Buffer.isBuffer(value);
}
