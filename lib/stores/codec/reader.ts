import * as f from './format.js';
import { CorruptError, Input } from './input.js';
import { leadsToPrototype, type ReadShape, readShapeOf } from './shapes.js';

/** Reads one document. Makes plain data and built-ins, nothing else; runs no code of anybody's. */
export class Reader extends Input {
  private nodes = 0;
  private readonly shapes: ReadShape[] = [];
  private readonly objects: object[] | undefined = this.hasReferences ? [] : undefined;

  /** The value. To be asked once. @throws CorruptError, and what built-ins throw for what they cannot be made of */
  read(): unknown {
    const value = this.value(0);
    this.finish();
    return value;
  }

  private value(depth: number): unknown {
    return this.tagged(this.tag(), depth);
  }

  private tagged(tag: number, depth: number): unknown {
    if (tag < f.SHORT_STRING) return tag;
    if (tag < f.SHORT_ARRAY) return this.cut(tag & 0x3f);
    if (tag < f.SHORT_OBJECT) return this.array(tag & 0x0f, depth + 1);
    if (tag < f.UNDEFINED) return this.object(this.shapes[tag & 0x0f], depth + 1);
    switch (tag) {
      case f.UNDEFINED:
        return undefined;
      case f.NULL:
        return null;
      case f.FALSE:
        return false;
      case f.TRUE:
        return true;
      case f.UINT16:
        return this.uint16();
      case f.UINT32:
        return this.uint32();
      case f.INT32:
        return this.int32();
      case f.FLOAT:
        return this.float();
      case f.BIGINT:
        return this.bigint();
      case f.NEGATIVE_BIGINT:
        return -this.bigint();
      case f.STRING:
        return this.longString();
      case f.ARRAY:
        return this.array(this.integer(), depth + 1);
      case f.OBJECT:
        return this.object(this.shapes[this.integer()], depth + 1);
      case f.NEW_SHAPE:
        return this.object(this.newShape(), depth + 1);
      default:
        return this.rarity(tag, depth + 1);
    }
  }

  private rarity(tag: number, depth: number): unknown {
    this.descend(depth);
    switch (tag) {
      case f.DICTIONARY:
        return this.pairs(this.met({}), depth, true);
      case f.BARE_DICTIONARY:
        return this.pairs(this.met(Object.create(null) as object), depth, true);
      case f.REFERENCE:
        return this.reference();
      case f.DATE:
        return this.met(new Date(this.float()));
      case f.MAP: {
        const map = this.met(new Map<unknown, unknown>());
        for (let left = this.count(); left > 0; left--) map.set(this.value(depth), this.value(depth));
        return map;
      }
      case f.SET: {
        const set = this.met(new Set<unknown>());
        for (let left = this.count(); left > 0; left--) set.add(this.value(depth));
        return set;
      }
      case f.REGEXP: {
        const pattern = this.met(new RegExp(this.string(), this.string()));
        pattern.lastIndex = Number(this.value(depth));
        return pattern;
      }
      case f.URL_OF:
        return this.met(new URL(this.string()));
      case f.URL_SEARCH_PARAMS:
        return this.met(new URLSearchParams(this.string()));
      case f.ERROR:
        return this.error(depth);
      case f.BINARY:
        return this.met(this.binaryOf(f.BINARY_KINDS[this.tag()]));
      default:
        throw new CorruptError(`it has the unknown tag ${tag}`);
    }
  }

  /** Remembers an object by its number, if any is referred to. */
  private met<T extends object>(object: T): T {
    this.objects?.push(object);
    return object;
  }

  private reference(): object {
    const object = this.objects?.[this.integer()];
    if (object === undefined) throw new CorruptError('it refers to nothing');
    return object;
  }

  private descend(depth: number): void {
    if (depth > this.limits.maxDepth) throw new CorruptError(`it has more than ${this.limits.maxDepth} levels`);
  }

  private charge(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > this.limits.maxNodes) throw new CorruptError(`it has more than ${this.limits.maxNodes} values`);
  }

  private count(): number {
    const count = this.integer();
    this.charge(count);
    return count;
  }

  private longString(): string {
    const length = this.integer();
    if (length > this.limits.maxStringLength)
      throw new CorruptError(`it has a string of more than ${this.limits.maxStringLength} characters`);
    return this.cut(length);
  }

  private string(): string {
    const value = this.value(0);
    if (typeof value !== 'string') throw new CorruptError('it lacks a string');
    return value;
  }

  private bigint(): bigint {
    const digits = this.string();
    if (!/^[0-9a-f]+$/.test(digits)) throw new CorruptError('it has a bigint without digits');
    return BigInt(`0x${digits}`);
  }

  private array(length: number, depth: number): unknown[] {
    this.descend(depth);
    this.charge(length);
    const array: unknown[] = this.met([]);
    for (let i = 0; i < length; i++) {
      const tag = this.tag();
      if (tag === f.HOLES) {
        i += this.integer() - 1;
        if (i >= length) throw new CorruptError('it has more holes than an array');
        array.length = i + 1;
      } else {
        array.push(this.tagged(tag, depth));
      }
    }
    return array;
  }

  private newShape(): ReadShape {
    const shape = readShapeOf(this.cut(this.integer()));
    if (shape === undefined) throw new CorruptError('it has an object with keys that cannot be');
    this.shapes.push(shape);
    return shape;
  }

  private object(shape: ReadShape | undefined, depth: number): object {
    if (shape === undefined) throw new CorruptError('it names an unknown shape');
    const { keys } = shape;
    const { length } = keys;
    this.descend(depth);
    this.charge(length);
    const object: Record<string, unknown> = this.met({ ...shape.template });
    for (let i = 0; i < length; i++) object[keys[i] as string] = this.value(depth);
    if (shape.isSuspicious) refuseTrap(object);
    return object;
  }

  private pairs<T extends object>(object: T, depth: number, enumerable: boolean): T {
    for (let left = this.count(); left > 0; left--) {
      const key = this.string();
      if (key === '__proto__') throw new CorruptError('it has the key __proto__');
      // Defined where an assignment could reach a setter that somebody put on Object.prototype.
      const value = this.value(depth);
      if (enumerable && !(key in object)) (object as Record<string, unknown>)[key] = value;
      else Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true });
    }
    refuseTrap(object);
    return object;
  }

  private error(depth: number): Error {
    const error = f.emptyError(this.tag());
    if (error === undefined) throw new CorruptError('it has an error of an unknown kind');
    this.met(error);
    this.pairs(error, depth, false);
    this.pairs(error, depth, true);
    // Where it was read says nothing of where it came from.
    const value = `${String(error.name)}: ${String(error.message)}`;
    Object.defineProperty(error, 'stack', { value, configurable: true, writable: true });
    return error;
  }

  private binaryOf(name: string | undefined): object {
    const buffer = this.binary(this.integer());
    if (name === 'Buffer') return Buffer.from(buffer);
    if (name === 'ArrayBuffer') return buffer;
    const View = f.viewClass(name);
    if (View === undefined) throw new CorruptError('it has bytes of an unknown kind');
    return new View(buffer);
  }
}

function refuseTrap(object: object): void {
  if (Object.hasOwn(object, 'constructor') && leadsToPrototype(object))
    throw new CorruptError('it has the path constructor.prototype');
}
