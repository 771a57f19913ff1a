import { ShapeTree } from '../base/shape-tree.js';

/** An object's own keys in canonical order (by UTF-16 code unit), with the text that opens the object ready made. */
export interface Shape {
  readonly keys: readonly string[];
  /** `{2,2:id,4:name` */
  readonly open: string;
  /** The same after a comma, as it stands inside another value. */
  readonly commaOpen: string;
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

/** Whether a key is an array's index in its canonical spelling. */
export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return index !== 0xffffffff && String(index) === key;
}
