import { ShapeTree } from '../../base/shape-tree.js';
import { MAX_SHAPE_KEY_LENGTH, MAX_SHAPE_KEYS } from './format.js';

/** The keys of objects alike, in their order. */
export interface WrittenShape {
  /** The keys as one string, each after its length: `2:id4:name`. */
  readonly text: string;
  /** Whether a key is one that could lead to what all objects share. */
  readonly isSuspicious: boolean;
  /** The document it was last written to, and its number there. */
  document: number;
  number: number;
}

const shapes = new ShapeTree<WrittenShape>(
  { steps: 4096, keys: MAX_SHAPE_KEYS, keyLength: MAX_SHAPE_KEY_LENGTH },
  (keys) => ({ text: shapeText(keys), isSuspicious: isSuspicious(keys), document: 0, number: 0 }),
);

/** The shape of these keys; undefined where they are too many or too long to be remembered. */
export function writtenShapeOf(keys: readonly string[]): WrittenShape | undefined {
  return shapes.of(keys);
}

function shapeText(keys: readonly string[]): string {
  let text = '';
  for (const key of keys) text += `${key.length}:${key}`;
  return text;
}

/** A shape as it is read: objects begin as copies of a template, which is faster than adding key by key. */
export interface ReadShape {
  readonly keys: readonly string[];
  readonly template: object;
  readonly isSuspicious: boolean;
}

const MAX_READ_SHAPES = 1024;
const MAX_SHAPE_TEXT = MAX_SHAPE_KEYS * (MAX_SHAPE_KEY_LENGTH + 3);
const readShapes = new Map<string, ReadShape>();

/** The shape that a text stands for; undefined where it is none, or has a key that no object may have. */
export function readShapeOf(text: string): ReadShape | undefined {
  const known = readShapes.get(text);
  if (known !== undefined) return known;
  const keys = keysOf(text);
  if (keys === undefined) return undefined;
  const template = {};
  for (const key of keys) {
    // Defined, not assigned: somebody may have put a setter on Object.prototype.
    Object.defineProperty(template, key, { value: undefined, enumerable: true, configurable: true, writable: true });
  }
  const names = Object.keys(template);
  // Not the text itself, which would keep the document's text alive. It differs if a key stood twice, or numbers out of order.
  const own = shapeText(names);
  if (own !== text) return undefined;
  const shape = { keys: names, template, isSuspicious: isSuspicious(names) };
  if (readShapes.size >= MAX_READ_SHAPES) readShapes.clear();
  readShapes.set(own, shape);
  return shape;
}

function keysOf(text: string): readonly string[] | undefined {
  if (text.length > MAX_SHAPE_TEXT) return undefined;
  const keys: string[] = [];
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const digits = colon < 0 ? '' : text.slice(at, colon);
    if (!/^\d{1,2}$/.test(digits)) return undefined;
    at = colon + 1 + Number(digits);
    const key = text.slice(colon + 1, at);
    if (at > text.length || key === '__proto__' || key.length > MAX_SHAPE_KEY_LENGTH) return undefined;
    keys.push(key);
  }
  return keys.length > MAX_SHAPE_KEYS ? undefined : keys;
}

function isSuspicious(keys: readonly string[]): boolean {
  return keys.includes('__proto__') || keys.includes('constructor');
}

/** Whether an object has the path `constructor.prototype`. */
export function leadsToPrototype(value: object): boolean {
  const { constructor: inner } = value as { constructor?: unknown };
  return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype');
}
