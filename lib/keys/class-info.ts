import { URL, URLSearchParams } from 'node:url';
import { hasPrivateMembers } from './hidden-state.js';

/** What the encoder has to know of a prototype, found once. */
export interface ClassInfo {
  /** The prototype of plain objects, of this or another realm. */
  readonly plain: boolean;
  readonly name: string;
  /** `@4:User`: how the text of an instance begins. */
  readonly open: string;
  /** The built-in class in the chain, such as `Map`: its instances have content that is no field. */
  readonly root: string | undefined;
  /** Whether the class is that built-in itself and no heir of it. */
  readonly isRoot: boolean;
  /** Why instances cannot be told apart by their fields. */
  readonly refusal: string | undefined;
}

const infos = new WeakMap<object, ClassInfo>();

export function classInfoOf(prototype: object): ClassInfo {
  let info = infos.get(prototype);
  if (info === undefined) {
    info = inspectClass(prototype);
    infos.set(prototype, info);
  }
  return info;
}

/** Whether this is some realm's Object.prototype: specs and vm contexts have their own. */
function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
}

function inspectClass(prototype: object): ClassInfo {
  if (isObjectPrototype(prototype)) return newInfo('Object', undefined, true, undefined, true);
  const first = constructorOf(prototype);
  const name = first === undefined ? (tagOf(prototype) ?? '') : nameOf(first);
  let refusal = reasonOfShape(prototype, name || 'it');
  for (let level: object | null = prototype; level !== null && !isObjectPrototype(level); ) {
    const owner = constructorOf(level);
    if (owner === undefined) {
      refusal ??= `${name || 'it'} inherits from an object that is no class`;
      return newInfo(name, undefined, false, refusal);
    }
    const root = rootOf(owner, level);
    if (root !== undefined) return newInfo(name, root, level === prototype, refusal ?? reasonOfName(name));
    if (hasPrivateMembers(owner)) {
      const where = owner === first ? 'its #private members' : `#private members of its base class ${nameOf(owner)}`;
      refusal ??= `${name || 'it'} hides state in ${where}`;
    }
    level = Object.getPrototypeOf(level) as object | null;
  }
  return newInfo(name, undefined, false, refusal ?? reasonOfName(name));
}

function newInfo(
  name: string,
  root: string | undefined,
  isRoot: boolean,
  refusal: string | undefined,
  plain = false,
): ClassInfo {
  return { plain, name, open: `@${name.length}:${name}`, root, isRoot, refusal };
}

/** The class that a prototype belongs to. */
function constructorOf(prototype: object): object | undefined {
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof owner !== 'function') return undefined;
  return Object.getOwnPropertyDescriptor(owner, 'prototype')?.value === prototype ? owner : undefined;
}

function nameOf(owner: object): string {
  const name: unknown = Object.getOwnPropertyDescriptor(owner, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

function tagOf(prototype: object): string | undefined {
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value;
  return typeof tag === 'string' ? tag : undefined;
}

/** The name by which the encoder knows a built-in class, wherever Node wrote it in JavaScript too. */
function rootOf(owner: object, prototype: object): string | undefined {
  if (owner === URL || owner === URLSearchParams) return nameOf(owner);
  const tag = tagOf(prototype);
  // Asked only here: the first look at globalThis.Headers loads all of fetch.
  if (tag === 'Headers' && owner === (globalThis as { Headers?: unknown }).Headers) return tag;
  if (tag?.startsWith('Temporal.') && owner === temporalClass(tag)) return tag;
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(owner)) ? nameOf(owner) : undefined;
}

/** `Temporal.PlainDate` and its like, where the process has them. */
export function temporalClass(tag: string): unknown {
  const { Temporal } = globalThis as { Temporal?: Record<string, unknown> };
  return Temporal?.[tag.slice('Temporal.'.length)];
}

function reasonOfName(name: string): string | undefined {
  return name === ''
    ? 'its class has no name, so that instances of two such classes would be taken for each other'
    : undefined;
}

/** Kinds of objects whose content is elsewhere or used up by reading, told by their methods. */
function reasonOfShape(prototype: object, name: string): string | undefined {
  const has = (key: PropertyKey): boolean => key in prototype;
  if (has('then')) return `${name} is a thenable: its content is not there yet`;
  if (has('next') && (has(Symbol.iterator) || has(Symbol.asyncIterator))) {
    return `${name} is an iterator: reading it would use it up`;
  }
  if (has('emit') && has('on')) return `${name} is an event emitter or a stream, whose state is outside of its fields`;
  if (has('addEventListener') && has('dispatchEvent'))
    return `${name} is an event target, whose state is outside of its fields`;
  return undefined;
}
