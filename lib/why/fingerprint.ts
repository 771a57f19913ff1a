import { types } from 'node:util';
import { crypto } from '../base/crypto.js';

/** Longer texts are shown as a digest. */
const MAX_SHOWN = 40;
/** How much of a value is read; what lies beyond makes no difference here. */
const MAX_PARTS = 1_000;
const MAX_TEXT = 16 * 1024;
const MAX_DEPTH = 8;

const SECRET = /pass(?:word|phrase)?|secret|token|api_?key|auth|credential|cookie|session|\bpin\b/i;
/** Of this process alone: a digest of a short secret must not tell it to who tries all short texts. */
let salt: Uint8Array | undefined;

/** What an input comes to in a manifest. */
export interface Fingerprint {
  /** For people: short, without secrets; equal for equal content as far as that was read. */
  readonly text: string;
  /** Whether all of the content is in it. */
  readonly exact: boolean;
}

/**
 * A short text that tells an input from an earlier one. Bounded, and runs no code of the value's: no getter, no trap, no iterator.
 * Under a name that sounds secret, at whatever depth, it is a digest.
 */
export function fingerprintOf(name: string, value: unknown): Fingerprint {
  const reader = new Reader();
  let text: string;
  try {
    text = reader.read(name, value, 0);
  } catch {
    return { text: '(unreadable)', exact: false };
  }
  return { text: text.length <= MAX_SHOWN ? text : `(digest ${digest(text, 12)})`, exact: reader.exact };
}

function digest(text: string, length: number): string {
  salt ??= crypto().randomBytes(32);
  return crypto().createHmac('sha256', salt).update(text).digest('hex').slice(0, length);
}

class Reader {
  exact = true;
  #parts = 0;
  readonly #around = new Set<object>();

  read(name: string, value: unknown, depth: number): string {
    const text = this.#content(value, depth);
    return SECRET.test(name) && value !== undefined && value !== null ? `(redacted ${digest(text, 8)})` : text;
  }

  #content(value: unknown, depth: number): string {
    if (++this.#parts > MAX_PARTS) return this.#cut('…');
    switch (typeof value) {
      case 'string':
        return inQuotes(this.#shortened(value));
      case 'bigint':
        return `${this.#shortened(String(value))}n`;
      case 'object':
        return value === null ? 'null' : this.#object(value, depth);
      case 'function':
        return this.#cut('(function)');
      case 'symbol':
        return this.#cut(String(value));
      default:
        return String(value);
    }
  }

  #shortened(text: string): string {
    return text.length <= MAX_TEXT ? text : this.#cut(`${text.slice(0, MAX_TEXT)}… ${text.length}`);
  }

  #object(value: object, depth: number): string {
    if (types.isProxy(value)) return this.#cut('(proxy)');
    if (depth > MAX_DEPTH || this.#around.has(value)) return this.#cut('(…)');
    this.#around.add(value);
    const text = this.#whole(value, depth + 1);
    this.#around.delete(value);
    return text;
  }

  #whole(value: object, depth: number): string {
    if (!BARE.has(Object.getPrototypeOf(value))) this.exact = false; // a class may keep content elsewhere
    if (ArrayBuffer.isView(value)) return this.#bytes(value, bytesOf(value));
    if (types.isAnyArrayBuffer(value)) return this.#bytes(value, new Uint8Array(value));
    if (Array.isArray(value)) {
      if (Object.hasOwn(value, 'index')) this.exact = false; // a match()
      return `[${this.#items(value, depth)}]`;
    }
    if (types.isDate(value) || types.isMap(value) || types.isSet(value)) return this.#slots(value, depth);
    const name = classNameOf(value);
    const fields = this.#fields(value, depth);
    return name === '' ? `{${fields}}` : `${name} {${fields}}`;
  }

  /** What is in no property. */
  #slots(value: Date | Map<unknown, unknown> | Set<unknown>, depth: number): string {
    if (Reflect.ownKeys(value).length > 0) this.exact = false;
    if (types.isDate(value)) return `Date ${Date.prototype.getTime.call(value)}`;
    if (types.isMap(value)) return `Map {${this.#entries(Map.prototype.entries.call(value), depth)}}`;
    return `Set {${this.#items(someOf(Set.prototype.values.call(value)), depth)}}`;
  }

  #bytes(value: object, bytes: Uint8Array): string {
    if (bytes.length > MAX_TEXT) this.exact = false;
    const content = digest(Buffer.from(bytes.subarray(0, MAX_TEXT)).toString('latin1'), 12);
    return `${classNameOf(value)} ${bytes.length} ${content}`;
  }

  #entries(entries: IterableIterator<[unknown, unknown]>, depth: number): string {
    const texts: string[] = [];
    for (let next = entries.next(); next.done !== true; next = entries.next()) {
      if (this.#parts > MAX_PARTS) return this.#cut(texts.join());
      const [key, value] = next.value;
      const name = typeof key === 'string' || typeof key === 'symbol' ? String(key) : '';
      texts.push(`${this.#content(key, depth)} => ${this.read(name, value, depth)}`);
    }
    return texts.join();
  }

  #items(array: readonly unknown[], depth: number): string {
    const texts: string[] = [];
    for (let i = 0; i < array.length; i++) {
      if (this.#parts > MAX_PARTS) return this.#cut(`${texts.join()}… ${array.length}`);
      texts.push(this.#field('', Object.getOwnPropertyDescriptor(array, i), depth));
    }
    return texts.join();
  }

  #fields(value: object, depth: number): string {
    const texts: string[] = [];
    for (const name of Object.keys(value).sort()) {
      if (this.#parts > MAX_PARTS) return this.#cut(texts.join());
      texts.push(
        `${PLAIN_NAME.test(name) ? name : inQuotes(name)}: ${this.#field(name, Object.getOwnPropertyDescriptor(value, name), depth)}`,
      );
    }
    if (Object.getOwnPropertySymbols(value).length > 0) this.exact = false;
    return texts.join();
  }

  #field(name: string, field: PropertyDescriptor | undefined, depth: number): string {
    if (field === undefined) return '(hole)';
    return 'value' in field ? this.read(name, field.value, depth) : this.#cut('(getter)');
  }

  #cut(text: string): string {
    this.exact = false;
    return text;
  }
}

/** The prototypes of what has no content but what is read here. */
const BARE: ReadonlySet<object | null> = new Set(
  [
    null,
    Object.prototype,
    ...[Array, Map, Set, Date, ArrayBuffer, DataView, Buffer, Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array],
    ...[Int16Array, Uint32Array, Int32Array, BigUint64Array, BigInt64Array, Float32Array, Float64Array],
  ].map((owner) => (typeof owner === 'function' ? owner.prototype : owner)),
);

const PLAIN_NAME = /^[\w$]+$/;

/** So that no text looks like two. */
function inQuotes(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Asks no heir's own accessors. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  const prototype: object = types.isDataView(view) ? DataView.prototype : Object.getPrototypeOf(Uint8Array.prototype);
  const [buffer, offset, length] = ['buffer', 'byteOffset', 'byteLength'].map((slot) =>
    Reflect.get(prototype, slot, view),
  );
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
}

/** One more than is read, so that the reader notices. */
function someOf(values: IterableIterator<unknown>): unknown[] {
  const some: unknown[] = [];
  for (let next = values.next(); next.done !== true && some.length <= MAX_PARTS; next = values.next())
    some.push(next.value);
  return some;
}

/** '' for plain objects. */
function classNameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return '';
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  const name: unknown = typeof owner === 'function' ? Object.getOwnPropertyDescriptor(owner, 'name')?.value : undefined;
  return typeof name === 'string' && name !== '' ? name : '(a class)';
}
