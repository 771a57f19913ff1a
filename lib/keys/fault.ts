import { messageOf, UnhashableError } from '../base/errors.js';

const CLASS_REMEDY =
  'Give its class a toCacheKey() method, leave it out with inputs({ omit: [...] }), or write a cacheKeyFn.';
const SHOWN_AT_START = 12;
const SHOWN_AT_END = 4;

/**
 * Why a value cannot be encoded, on its way up. The path is put together while the writers unwind, so that a value that can be
 * encoded pays nothing for it; `toError` makes what the caller sees.
 */
export class Fault {
  readonly why: string;
  readonly remedy: string | undefined;
  readonly cause: unknown;
  /** The depth of the object that was met again inside itself; 0 where there is no cycle. */
  private readonly cycleTo: number;
  private readonly segments: string[] = [];

  constructor(why: string, remedy?: string, cause?: unknown, cycleTo = 0) {
    this.why = why;
    this.remedy = remedy;
    this.cause = cause;
    this.cycleTo = cycleTo;
  }

  /** A fault of the value's class, which `toCacheKey()` would mend. */
  static ofClass(why: string): Fault {
    return new Fault(why, CLASS_REMEDY);
  }

  /** The value is the one that stands around it at this depth. */
  static ofCycle(depth: number): Fault {
    return new Fault('it contains itself: it is the same object as', undefined, undefined, depth);
  }

  /** The fault that was thrown, or one made of what a getter, a proxy's trap or `toCacheKey()` threw; stands under `segment`. */
  static under(segment: string, thrown: unknown): Fault {
    const fault = Fault.from(thrown);
    fault.segments.push(segment);
    return fault;
  }

  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    const message = messageOf(thrown);
    return message.includes('Maximum call stack')
      ? new Fault('it is nested too deep for the stack that is left', undefined, thrown)
      : new Fault(`reading it threw "${message}"`, undefined, thrown);
  }

  /** @param rootDepth how many segments lead to an object of depth 1 */
  toError(rootDepth: 0 | 1): UnhashableError {
    const segments = this.segments.reverse();
    const why =
      this.cycleTo === 0
        ? this.why
        : `${this.why} ${pathOf(segments.slice(0, this.cycleTo - 1 + rootDepth)) || 'the value'}`;
    const error = new UnhashableError(pathOf(segments), why, this.remedy);
    if (this.cause !== undefined) {
      Object.defineProperty(error, 'cause', { value: this.cause, configurable: true, writable: true });
    }
    return error;
  }
}

/** `[3]` */
export function indexSegment(index: number): string {
  return `[${index}]`;
}

/** `.name`, or `["two words"]` */
export function keySegment(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) && key.length <= 80 ? `.${key}` : `[${quoted(key)}]`;
}

/** Where an item of a Set or a part of a Map's entry stands: `.values()[2]`, `.keys()[2]`, or `.get("a")` under a primitive key. */
export function entrySegment(entry: readonly unknown[], part: number, index: number): string {
  if (entry.length === 1) return `.values()[${index}]`;
  if (part === 0) return `.keys()[${index}]`;
  const [key] = entry;
  if (typeof key === 'string') return `.get(${quoted(key)})`;
  return typeof key === 'object' && key !== null ? `.values()[${index}]` : `.get(${String(key)})`;
}

function quoted(key: string): string {
  return JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
}

function pathOf(segments: readonly string[]): string {
  if (segments.length <= SHOWN_AT_START + SHOWN_AT_END) return segments.join('');
  const left = segments.length - SHOWN_AT_START - SHOWN_AT_END;
  return `${segments.slice(0, SHOWN_AT_START).join('')} …${left} more… ${segments.slice(-SHOWN_AT_END).join('')}`;
}
