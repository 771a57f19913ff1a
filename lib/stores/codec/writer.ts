import { types } from 'node:util';
import { type ClassInfo, classInfoOf } from '../../keys/class-info.js';
import { entrySegment, indexSegment, keySegment } from '../../keys/fault.js';
import { refuseDisguised, refuseSymbolKeys } from '../../keys/instances.js';
import { contentOf } from '../../keys/natives.js';
import { isIndex } from '../../keys/shapes.js';
import * as f from './format.js';
import { Output } from './output.js';
import { Refusal } from './refusal.js';
import { leadsToPrototype, writtenShapeOf } from './shapes.js';

type Entries = ReadonlyArray<readonly unknown[]>;

const HIDDEN_FIELDS = ['name', 'message', 'cause', 'errors'];

let documents = 0;

/** Writes values as documents. What cannot be brought back by the reader is refused with its path. */
export class Writer extends Output {
  private readonly seen = new Map<object, number>();
  private document = 0;
  private shapes = 0;
  private nodes = 0;

  /** Appends a document. @throws Refusal, or what a getter threw */
  write(value: unknown, limits: f.CodecLimits): void {
    this.document = ++documents;
    this.shapes = 0;
    this.nodes = 0;
    this.begin(limits);
    try {
      this.value(value, 0);
      this.end();
    } finally {
      this.seen.clear();
    }
  }

  private value(value: unknown, depth: number): void {
    this.makeRoom();
    switch (typeof value) {
      case 'string':
        this.string(value);
        break;
      case 'number':
        this.number(value);
        break;
      case 'object':
        if (value === null) this.tag(f.NULL);
        else this.object(value, depth);
        break;
      case 'boolean':
        this.tag(value ? f.TRUE : f.FALSE);
        break;
      case 'undefined':
        this.tag(f.UNDEFINED);
        break;
      case 'bigint':
        this.tag(value < 0n ? f.NEGATIVE_BIGINT : f.BIGINT);
        this.string((value < 0n ? -value : value).toString(16));
        break;
      default:
        throw new Refusal(`it is a ${typeof value}`);
    }
  }

  private object(value: object, depth: number): void {
    const { seen } = this;
    const known = seen.get(value);
    if (known !== undefined) {
      this.bytes[this.start + 1] = 1;
      this.tag(f.REFERENCE);
      this.integer(known);
      return;
    }
    seen.set(value, seen.size);
    if (depth >= this.limits.maxDepth) throw Refusal.ofLimit('levels', this.limits.maxDepth);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.plain(value, prototype, depth + 1);
    else if (prototype === Array.prototype && Array.isArray(value)) this.array(value, depth + 1);
    else this.instance(value, prototype, depth + 1);
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > this.limits.maxNodes) throw Refusal.ofLimit('values', this.limits.maxNodes);
  }

  private plain(value: object, prototype: object | null, depth: number): void {
    refuseSymbolKeys(value);
    const keys = Object.keys(value);
    const { length } = keys;
    if (length === 0) refuseDisguised(value);
    const shape = prototype === null ? undefined : writtenShapeOf(keys);
    if (shape === undefined || (shape.document !== this.document && this.shapes >= f.MAX_SHAPES)) {
      this.tag(prototype === null ? f.BARE_DICTIONARY : f.DICTIONARY);
      this.pairs(value, keys, depth);
      return;
    }
    if (shape.isSuspicious) refuseTraps(value, keys);
    if (shape.document !== this.document) {
      shape.document = this.document;
      shape.number = this.shapes++;
      this.tag(f.NEW_SHAPE);
      this.bareString(shape.text);
    } else if (shape.number < 16) {
      this.tag(f.SHORT_OBJECT | shape.number);
    } else {
      this.tag(f.OBJECT);
      this.integer(shape.number);
    }
    this.count(length);
    let i = 0;
    try {
      for (; i < length; i++) this.value((value as Record<string, unknown>)[keys[i] as string], depth);
    } catch (thrown) {
      throw Refusal.under(keySegment(keys[i] as string), thrown);
    }
  }

  private pairs(value: object, keys: readonly string[], depth: number): void {
    refuseTraps(value, keys);
    this.count(keys.length);
    this.integer(keys.length);
    let i = 0;
    try {
      for (; i < keys.length; i++) {
        this.makeRoom();
        this.string(keys[i] as string);
        this.value((value as Record<string, unknown>)[keys[i] as string], depth);
      }
    } catch (thrown) {
      throw Refusal.under(keySegment(keys[i] as string), thrown);
    }
  }

  private array(array: readonly unknown[], depth: number): void {
    const { length } = array;
    // What match() returns. To list the own keys of every array would cost more than writing it.
    if ((array as { index?: unknown }).index !== undefined) throw Refusal.ofFields('array');
    this.count(length);
    if (length < 16) this.tag(f.SHORT_ARRAY | length);
    else {
      this.tag(f.ARRAY);
      this.integer(length);
    }
    let i = 0;
    try {
      for (; i < length; i++) {
        const item = array[i];
        if (item === undefined && !Object.hasOwn(array, i)) break;
        this.value(item, depth);
      }
      if (i === length) return;
      // From the first hole on by the indexes that are there, for an array may be long and empty.
      let end = i;
      for (const index of Object.keys(array).filter(isIndex).map(Number)) {
        if (index < end) continue;
        i = index;
        this.holes(index - end);
        this.value(array[index], depth);
        end = index + 1;
      }
      this.holes(length - end);
    } catch (thrown) {
      throw Refusal.under(indexSegment(i), thrown);
    }
  }

  private holes(count: number): void {
    if (count === 0) return;
    this.makeRoom();
    this.tag(f.HOLES);
    this.integer(count);
  }

  private instance(value: object, prototype: object, depth: number): void {
    const info = classInfoOf(prototype);
    if (info.plain) this.plain(value, prototype, depth);
    else if (prototype === Buffer.prototype && types.isUint8Array(value)) this.bytesOf('Buffer', value);
    else if (info.refusal !== undefined) throw new Refusal(info.refusal);
    else if (!info.isRoot) throw Refusal.ofInstance(info.name);
    else if (Array.isArray(value)) this.array(value, depth);
    else if (types.isNativeError(value)) this.error(value, info, depth);
    else this.builtIn(value, info, depth);
  }

  private builtIn(value: object, info: ClassInfo, depth: number): void {
    const { tag, elements, entries, bytes } = contentOf(value, info);
    if (bytes !== undefined) {
      this.bytesOf(tag, bytes);
      return;
    }
    if (Object.keys(value).length > 0) throw Refusal.ofFields(tag);
    switch (tag) {
      case 'Date':
        this.tag(f.DATE);
        this.float(elements[0] as number);
        break;
      case 'Map':
      case 'Set':
        this.tag(tag === 'Map' ? f.MAP : f.SET);
        this.entries(entries as Entries, depth);
        break;
      case 'RegExp':
        this.tag(f.REGEXP);
        this.string(elements[0] as string);
        this.makeRoom();
        this.string(elements[1] as string);
        this.number((value as RegExp).lastIndex);
        break;
      case 'URL':
      case 'URLSearchParams':
        this.tag(tag === 'URL' ? f.URL_OF : f.URL_SEARCH_PARAMS);
        this.string(elements[0] as string);
        break;
      default:
        throw new Refusal(`it is a ${tag} object`);
    }
  }

  private entries(entries: Entries, depth: number): void {
    this.count(entries.length);
    this.integer(entries.length);
    let i = 0;
    let part = 0;
    try {
      for (; i < entries.length; i++) {
        const entry = entries[i] as readonly unknown[];
        for (part = 0; part < entry.length; part++) this.value(entry[part], depth);
      }
    } catch (thrown) {
      throw Refusal.under(entrySegment(entries[i] as readonly unknown[], part, i), thrown);
    }
  }

  /** Without its stack, which tells of another process. */
  private error(error: Error, info: ClassInfo, depth: number): void {
    const kind = (f.ERROR_KINDS as readonly string[]).indexOf(info.name);
    if (kind < 0) throw Refusal.ofInstance(info.name);
    const visible = Object.keys(error).filter((key) => key !== 'stack');
    const hidden = HIDDEN_FIELDS.filter((key) => Object.hasOwn(error, key) && !visible.includes(key));
    this.tag(f.ERROR);
    this.tag(kind);
    this.pairs(error, hidden, depth);
    this.makeRoom();
    this.pairs(error, visible, depth);
  }

  private bytesOf(name: string, bytes: Uint8Array): void {
    const kind = (f.BINARY_KINDS as readonly string[]).indexOf(name);
    if (kind < 0) throw new Refusal(`it is a ${name}`);
    this.binary(kind, bytes);
  }
}

/** The two ways by which data could reach what all objects share. */
function refuseTraps(value: object, keys: readonly string[]): void {
  if (keys.includes('__proto__')) throw Refusal.ofTrap('the key __proto__');
  if (keys.includes('constructor') && leadsToPrototype(value)) throw Refusal.ofTrap('the path constructor.prototype');
}
