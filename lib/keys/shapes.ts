/** An object's own keys in canonical order (by UTF-16 code unit), with the text that opens the object ready made. */
export interface Shape {
  readonly keys: readonly string[];
  /** `{2,2:id,4:name` */
  readonly open: string;
  /** The same after a comma, as it stands inside another value. */
  readonly commaOpen: string;
}

/** One key further on the way through objects that list the same keys in the same order. */
interface Step {
  /** The first key seen here and where it leads; the others are in `more`. Without `next` the key means nothing. */
  key: string; // never undefined: comparing internalized strings is one machine instruction as long as V8 sees no other type
  next: Step | undefined;
  more: Map<string, Step> | undefined;
  shape: Shape | undefined;
}

// Together they bound what the cache can hold to a few MB, whatever keys a caller's users send.
const MAX_STEPS = 2048;
const MAX_KEYS = 32;
const MAX_KEY_LENGTH = 64;

let root = newStep();
let steps = 0;

/**
 * The canonical shape of a list of keys. Sorting is most of the cost of a small object, and programs make few shapes: objects
 * with the same keys in the same order find theirs by one comparison a key.
 */
export function shapeOf(keys: readonly string[]): Shape {
  const count = keys.length;
  if (count > MAX_KEYS) return newShape(keys);
  let step = root;
  for (let i = 0; i < count; i++) {
    const key = keys[i] as string;
    if (step.key === key && step.next !== undefined) {
      step = step.next;
    } else {
      if (key.length > MAX_KEY_LENGTH) return newShape(keys);
      step = otherStep(step, key);
    }
  }
  step.shape ??= newShape(keys);
  return step.shape;
}

function otherStep(from: Step, key: string): Step {
  const known = from.more?.get(key);
  if (known !== undefined) return known;
  if (steps >= MAX_STEPS) {
    root = newStep(); // what is in use comes back at once; walks under way end on the old tree, harmlessly
    steps = 0;
  }
  steps++;
  const step = newStep();
  if (from.next === undefined) {
    from.key = key;
    from.next = step;
  } else {
    from.more ??= new Map();
    from.more.set(key, step);
  }
  return step;
}

function newStep(): Step {
  return { key: '', next: undefined, more: undefined, shape: undefined };
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
