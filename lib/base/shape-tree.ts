/** One key further on the way through objects that list the same keys in the same order. */
interface Step<S> {
  /** The first key seen here and where it leads; the others are in `more`. Without `next` the key means nothing. */
  key: string; // never undefined: comparing internalized strings is one machine instruction as long as V8 sees no other type
  next: Step<S> | undefined;
  more: Map<string, Step<S>> | undefined;
  shape: S | undefined;
}

/** What a {@link ShapeTree} remembers at most. Together they bound it to some MB, whatever keys come. */
export interface ShapeLimits {
  readonly steps: number;
  readonly keys: number;
  readonly keyLength: number;
}

/** What is known of objects alike: programs make few shapes, and those with the same keys in the same order find theirs by one comparison a key. */
export class ShapeTree<S> {
  private root = newStep<S>();
  private steps = 0;

  constructor(
    private readonly limits: ShapeLimits,
    private readonly make: (keys: readonly string[]) => S,
  ) {}

  /** The shape of these keys; undefined where they are too many or too long to be remembered. */
  of(keys: readonly string[]): S | undefined {
    const count = keys.length;
    const { limits } = this;
    if (count > limits.keys) return undefined;
    let step = this.root;
    for (let i = 0; i < count; i++) {
      const key = keys[i] as string;
      if (step.key === key && step.next !== undefined) {
        step = step.next;
      } else {
        if (key.length > limits.keyLength) return undefined;
        step = this.other(step, key);
      }
    }
    step.shape ??= this.make(keys);
    return step.shape;
  }

  private other(from: Step<S>, key: string): Step<S> {
    const known = from.more?.get(key);
    if (known !== undefined) return known;
    if (this.steps >= this.limits.steps) {
      this.root = newStep(); // what is in use comes back at once; walks under way end on the old tree, harmlessly
      this.steps = 0;
    }
    this.steps++;
    const step = newStep<S>();
    if (from.next === undefined) {
      from.key = key;
      from.next = step;
    } else {
      from.more ??= new Map();
      from.more.set(key, step);
    }
    return step;
  }
}

function newStep<S>(): Step<S> {
  return { key: '', next: undefined, more: undefined, shape: undefined };
}
