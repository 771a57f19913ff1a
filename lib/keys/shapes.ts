import { ShapeTree } from '../base/shape-tree.js';

/** The text that opens an object, ready made. */
export interface KeysAgain {
  /** `{2,2:id,4:name`, or `{#0` for the first list of keys in the text once more. */
  readonly open: string;
  /** The same after a comma, as it stands inside another value. */
  readonly commaOpen: string;
}

/** An object's own keys in canonical order (by UTF-16 code unit), with the text that says them all. */
export interface Shape extends KeysAgain {
  readonly keys: readonly string[];
}

const shapes = new ShapeTree({ steps: 2048, keys: 32, keyLength: 64 }, newShape);

/** The canonical shape of a list of keys. Sorting is most of the cost of a small object, so it is remembered. */
export function shapeOf(keys: readonly string[]): Shape {
  return shapes.of(keys) ?? newShape(keys);
}

function newShape(unsorted: readonly string[]): Shape {
  const keys = [...unsorted].sort();
  let open = `{${keys.length}`;
  for (const key of keys) open += `,${key.length}:${key}`;
  return { keys, open, commaOpen: `,${open}` };
}

/** What opens an object whose keys were the n-th list in its text. No more are remembered, or memory would grow with the input. */
export const KEYS_AGAIN: readonly KeysAgain[] = Array.from({ length: 64 }, (_, number) => ({
  open: `{#${number}`,
  commaOpen: `,{#${number}`,
}));

/** A list whose text is longer is written anew each time, for the same reason. */
export const MAX_LIST = 16 * 1024;

/** Whether a key is an array's index in its canonical spelling. */
export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return index !== 0xffffffff && String(index) === key;
}
