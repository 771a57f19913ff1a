import { type ClassInfo, classInfoOf } from './class-info.js';
import { entrySegment, Fault, indexSegment, keySegment } from './fault.js';
import { describeInstance, refuseDisguised, refuseSymbolKeys } from './instances.js';
import { commaNumber } from './number-text.js';
import { isIndex, KEYS_AGAIN, type KeysAgain, MAX_LIST, type Shape, shapeOf } from './shapes.js';

/**
 * The canonical text of values: equal values give one text, different values never do. Each piece says its type and its
 * length or count before its content, so that no content can pass for structure:
 *
 *     f('A1', 42)          2(s2:A1,42)
 *     [1n, null]           [2,1n,null]
 *     { id: 1, name: 'B' } {2,2:id,4:name,1,s1:B}      keys by code unit, then their values
 *     [{ a: 1 }, { a: 2 }] [2,{1,1:a,1},{#0,2}]        keys that stood before, by their number among the first 64 lists
 *     new User(1)          @4:User{1,2:id,1}           or @4:User(,…) of what toCacheKey() returned
 *     new Map([[1, 2]])    Map[1,1,2]                  entries sorted by their text
 *     new Date(0)          Date[1,0]
 *     new Uint8Array(2)    Uint8Array[2:AAA=]
 *     new Bag() in Map     @3:Bag<Map[0],{1,2:id,7}>
 *
 * `0` and `-0` are one value, and so is NaN; a hole is not undefined, `{ a: undefined }` is not `{}`, a boxed primitive is not
 * the primitive, a Buffer not the Uint8Array of its bytes. The text is part of semver: changing it empties caches.
 *
 * Content is what own enumerable properties and the built-ins' own slots hold. An array is its elements (and what `match()` adds),
 * binary data its bytes: other properties hung on them do not count. `toJSON` is never called. Each getter runs once, and of a
 * Proxy only getPrototypeOf, ownKeys, getOwnPropertyDescriptor and get are asked. Not to be seen, and so left out: state in
 * closures, in WeakMaps (to which compilers lower `#private` for old targets), in properties that are not enumerable.
 */

/** How deep values may be nested. */
export const MAX_DEPTH = 1000;

/** Takes finished text away while the rest is still being made. */
export interface TextSink {
  take(text: string): void;
}

/** What the writers of one encoding share. */
export class Encoding {
  /** The objects around the one being written, by depth from 1: met again among them, an object is a cycle. */
  readonly trail: object[] = [];
  readonly sink: TextSink | undefined;
  /** Lists of keys that were written in full: a list of objects alike is half the text, and so half the hashing. */
  lists: Map<string, KeysAgain> | undefined = undefined;
  /** Text longer than this goes to the sink. */
  limit: number;

  constructor(sink?: TextSink, limit: number = Number.POSITIVE_INFINITY) {
    this.sink = sink;
    this.limit = limit;
  }

  /** For texts whose place is not known yet: each must be whole, and refer to nothing outside of it. */
  leave(): Pick<Encoding, 'limit' | 'lists'> {
    const { limit, lists } = this;
    this.limit = Number.POSITIVE_INFINITY;
    return { limit, lists };
  }

  comeBack({ limit, lists }: Pick<Encoding, 'limit' | 'lists'>): void {
    this.limit = limit;
    this.lists = lists;
  }

  flush(text: string): string {
    this.sink?.take(text);
    return '';
  }
}

/** Canonical text of an argument list. @throws UnhashableError naming the path, such as `[0].client` */
export function encodeArguments(args: readonly unknown[]): string {
  return writeArguments(args, undefined);
}

/** Canonical text of one value. @throws UnhashableError naming the path, such as `.client` */
export function encodeValue(value: unknown): string {
  try {
    return isObject(value) ? writeObject('', value, 1, new Encoding()) : primitiveText(value);
  } catch (thrown) {
    throw Fault.from(thrown).toError(0);
  }
}

/** {@link encodeArguments} of one short string, which is what most calls are made with; undefined for any other list. */
export function encodeOneString(args: readonly unknown[]): string | undefined {
  if (args.length !== 1) return undefined;
  const value = args[0];
  if (typeof value !== 'string' || value.length >= SHORT) return undefined;
  return `${ONE_STRING_OPEN[value.length]}${value})`;
}

/** As {@link encodeArguments}; what goes to the encoding's sink is left out of the text returned. */
export function writeArguments(args: readonly unknown[], encoding: Encoding | undefined): string {
  let text = `${args.length}(`;
  let carried = encoding;
  let i = 0;
  try {
    for (; i < args.length; i++) {
      const value = args[i];
      if (i > 0) text += ',';
      if (typeof value === 'string' && value.length < SHORT) {
        text += (STRING_OPEN[value.length] as string) + value;
      } else if (isObject(value)) {
        carried ??= new Encoding();
        text = writeObject(text, value, 1, carried);
      } else if (typeof value === 'string') {
        text = writeLongString(`${text}s${value.length}:`, value, carried);
      } else {
        text += primitiveText(value);
      }
    }
  } catch (thrown) {
    throw Fault.under(indexSegment(i), thrown).toError(1);
  }
  return `${text})`;
}

const SHORT = 256;
const STRING_OPEN = Array.from({ length: SHORT }, (_, length) => `s${length}:`);
const ONE_STRING_OPEN = STRING_OPEN.map((open) => `1(${open}`);
const COMMA_STRING_OPEN = STRING_OPEN.map((open) => `,${open}`);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function primitiveText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`;
    case 'bigint':
      return `${value}n`;
    case 'function':
      throw new Fault('it is a function, whose inner state cannot be seen');
    case 'symbol':
      throw new Fault('it is a symbol, which means nothing outside of this process');
    default:
      return String(value); // -0 as 0
  }
}

/**
 * Writes a comma and the value: the step between the loops below, small enough to be inlined into them. Asked type by type, which V8
 * compiles to comparisons; a `switch` over `typeof` calls for the name of the type.
 */
function write(text: string, value: unknown, depth: number, encoding: Encoding): string {
  if (typeof value === 'string') {
    return value.length < SHORT
      ? text + (COMMA_STRING_OPEN[value.length] as string) + value
      : writeLongString(`${text},s${value.length}:`, value, encoding);
  }
  if (typeof value === 'number') return text + commaNumber(value); // short, so joined on its own first
  if (typeof value === 'boolean') return text + (value ? ',true' : ',false');
  if (typeof value === 'object') return value === null ? `${text},null` : writeObject(text, value, depth + 1, encoding);
  return `${text},${primitiveText(value)}`;
}

function writeLongString(text: string, value: string, encoding: Encoding | undefined): string {
  if (encoding === undefined || value.length <= encoding.limit) return text + value;
  encoding.flush(text); // apart, so that the long one is not copied
  return encoding.flush(value);
}

function writeObject(text: string, value: object, depth: number, encoding: Encoding): string {
  if (depth > MAX_DEPTH) throw new Fault(`it is nested deeper than ${MAX_DEPTH} levels`);
  const { trail } = encoding;
  for (let i = 1; i < depth; i++) {
    if (trail[i] === value) throw Fault.ofCycle(i);
  }
  trail[depth] = value;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (Array.isArray(value) && isBareArray(value, prototype)) {
    const open = `,[${value.length}`;
    return writeElements(text + (depth === 1 ? open.slice(1) : open), value, depth, encoding);
  }
  if (prototype !== Object.prototype && prototype !== null) {
    const info = classInfoOf(prototype);
    if (!info.plain) return writeInstance(depth === 1 ? text : `${text},`, value, info, depth, encoding);
  }
  refuseSymbolKeys(value);
  const shape = shapeOf(Object.keys(value));
  if (shape.keys.length === 0) refuseDisguised(value);
  return writeFields(opened(text, depth > 1, shape, encoding), value, shape, depth, encoding);
}

/** Opens an object: by its keys, or by where they stood before. */
function opened(text: string, comma: boolean, shape: Shape, encoding: Encoding): string {
  let opening: KeysAgain = shape;
  if (shape.keys.length > 0 && shape.open.length <= MAX_LIST) {
    encoding.lists ??= new Map();
    const { lists } = encoding;
    const before = lists.get(shape.open);
    if (before !== undefined) opening = before;
    else if (lists.size < KEYS_AGAIN.length) lists.set(shape.open, KEYS_AGAIN[lists.size] as KeysAgain);
  }
  return text + (comma ? opening.commaOpen : opening.open);
}

/** Whether an array is its elements alone. Not of a subclass, nor of a match(). */
function isBareArray(array: readonly unknown[], prototype: object | null): boolean {
  if (prototype !== Array.prototype && prototype !== null) {
    const { plain, isRoot, root } = classInfoOf(prototype);
    if (!plain && !(isRoot && root === 'Array')) return false;
  }
  // Listing an array's own keys would cost more than writing it; what match() returns is told by what it always has.
  return (array as { index?: unknown }).index === undefined;
}

function writeFields(start: string, value: object, shape: Shape, depth: number, encoding: Encoding): string {
  const { keys } = shape;
  let text = start;
  let i = 0;
  try {
    for (; i < keys.length; i++) {
      text = write(text, (value as Record<string, unknown>)[keys[i] as string], depth, encoding);
      if (text.length > encoding.limit) text = encoding.flush(text);
    }
  } catch (thrown) {
    throw Fault.under(keySegment(keys[i] as string), thrown);
  }
  return `${text}}`;
}

function writeElements(start: string, array: readonly unknown[], depth: number, encoding: Encoding): string {
  const { length } = array;
  let text = start;
  let i = 0;
  try {
    for (; i < length; i++) {
      const value = array[i];
      if (value === undefined && !Object.hasOwn(array, i)) break;
      text = write(text, value, depth, encoding);
      if (text.length > encoding.limit) text = encoding.flush(text);
    }
    if (i < length) {
      // From the first hole on by the indexes that are there, for an array may be long and empty.
      let end = i;
      for (const index of indexesFrom(array, i, length)) {
        i = index;
        text = write(index > end ? `${text},~${index - end}` : text, array[i], depth, encoding);
        if (text.length > encoding.limit) text = encoding.flush(text);
        end = index + 1;
      }
      if (end < length) text += `,~${length - end}`;
    }
  } catch (thrown) {
    throw Fault.under(indexSegment(i), thrown);
  }
  return `${text}]`;
}

/** The indexes up to a length that was counted before: a getter may have pushed more. */
function indexesFrom(array: readonly unknown[], from: number, length: number): number[] {
  const keys = Reflect.ownKeys(array).filter((key): key is string => typeof key === 'string' && isIndex(key));
  return keys.map(Number).filter((index) => index >= from && index < length);
}

/** All kinds in one function: each frame more would cost stack on each of a thousand levels. */
function writeInstance(start: string, value: object, info: ClassInfo, depth: number, encoding: Encoding): string {
  const { toCacheKey, native, keys, kind } = describeInstance(value, info);
  let text = start;
  if (toCacheKey !== undefined) {
    try {
      return `${write(`${text}${info.open}(`, toCacheKey.call(value), depth, encoding)})`;
    } catch (thrown) {
      throw Fault.under('.toCacheKey()', thrown);
    }
  }
  const shape = shapeOf(keys);
  if (native === undefined)
    return writeFields(opened(text + kind + info.open, false, shape, encoding), value, shape, depth, encoding);
  const isBare = info.isRoot && keys.length === 0;
  const { tag, elements, entries, bytes } = native;
  text += isBare ? `${tag}[` : `${info.open}<${tag}[`;
  if (bytes !== undefined) text = writeBytes(`${text}${bytes.length}:`, bytes, encoding);
  else if (entries !== undefined) text = writeEntries(text + entries.length, entries, depth, encoding);
  else text = writeElements(text + elements.length, elements, depth, encoding);
  return isBare ? text : `${writeFields(opened(text, true, shape, encoding), value, shape, depth, encoding)}>`;
}

/** Entries of a Map or Set: sorted by their text, for their order is no part of what they are. */
function writeEntries(
  start: string,
  entries: ReadonlyArray<readonly unknown[]>,
  depth: number,
  encoding: Encoding,
): string {
  const around = encoding.leave();
  const texts: string[] = [];
  // By index, and joined elsewhere: an iterator would cost stack on each of a thousand levels.
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as readonly unknown[];
    let text = '';
    let part = 0;
    encoding.lists = undefined;
    try {
      for (; part < entry.length; part++) text = write(text, entry[part], depth, encoding);
    } catch (thrown) {
      throw Fault.under(entrySegment(entry, part, i), thrown);
    }
    texts.push(text);
  }
  encoding.comeBack(around);
  return joined(start, texts.sort(), encoding);
}

function joined(start: string, entries: readonly string[], encoding: Encoding): string {
  let text = start;
  for (const entry of entries) {
    text += entry;
    if (text.length > encoding.limit) text = encoding.flush(text);
  }
  return `${text}]`;
}

const BLOCK = 12 * 1024; // a multiple of 3, so that blocks of base64 make one text

function writeBytes(start: string, bytes: Uint8Array, encoding: Encoding): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = start;
  for (let i = 0; i < buffer.length; i += BLOCK) {
    text += buffer.toString('base64', i, Math.min(i + BLOCK, buffer.length));
    if (text.length > encoding.limit) text = encoding.flush(text);
  }
  return `${text}]`;
}
