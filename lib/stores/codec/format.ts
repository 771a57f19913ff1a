/**
 * What a stored value looks like: a document of three parts,
 *
 *     text form (1) · references or not (1) · bytes of structure (4) · structure · text
 *
 * The structure is a tag for each value in the order of reading, with its numbers; all strings stand one after another in the
 * text, so that they are encoded and decoded in one piece. Objects name a shape (their keys in order) that is written where it is
 * first met. Numbers of more than a byte are little-endian.
 */

/** Number of this format; it stands in each record. Big-endian machines have another, for typed arrays are copied as they are. */
export const CODEC_ID = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 2;

export const DOCUMENT_HEAD = 6;

/** How the text is written: ASCII, UTF-8, or UTF-16 where a lone surrogate stands in it. */
export const TEXT_ASCII = 0;
export const TEXT_UTF8 = 1;
export const TEXT_UTF16 = 2;
export const TEXT_ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const;

/** Tags below it are integers of 0 to 63 themselves. */
export const SHORT_STRING = 0x40; // | length of 0 to 63
export const SHORT_ARRAY = 0x80; // | length of 0 to 15
export const SHORT_OBJECT = 0x90; // | number of its shape, 0 to 15
export const UNDEFINED = 0xa0;
export const NULL = 0xa1;
export const FALSE = 0xa2;
export const TRUE = 0xa3;
export const UINT16 = 0xa4;
export const UINT32 = 0xa5;
export const INT32 = 0xa6; // negative ones
export const FLOAT = 0xa7;
export const BIGINT = 0xa8; // hexadecimal digits as string
export const NEGATIVE_BIGINT = 0xa9;
export const STRING = 0xaa;
export const ARRAY = 0xab;
export const HOLES = 0xac; // inside an array: how many
export const OBJECT = 0xad; // number of its shape
export const NEW_SHAPE = 0xae; // as string, then the object; the shape gets the next number
export const DICTIONARY = 0xaf; // count, then keys and values
export const BARE_DICTIONARY = 0xb0; // without prototype
export const REFERENCE = 0xb1; // number of an object met before
export const DATE = 0xb2;
export const MAP = 0xb3;
export const SET = 0xb4;
export const REGEXP = 0xb5; // source, flags, lastIndex
export const URL_OF = 0xb6;
export const URL_SEARCH_PARAMS = 0xb7;
export const ERROR = 0xb8; // kind, hidden fields, visible fields
export const BINARY = 0xb9; // kind, count of bytes, bytes

/** Classes of binary data by their number. New ones are added at the end. */
export const BINARY_KINDS = [
  ...['Buffer', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Float16Array'],
];

type ViewClass = new (buffer: ArrayBuffer) => object;

/** The class of a view of bytes, where this process has it (not all know Float16Array). */
export function viewClass(name: string | undefined): ViewClass | undefined {
  return (globalThis as unknown as Record<string, ViewClass | undefined>)[name ?? ''];
}

/** Error classes by their number. Those of a user's are instances, which revive through `returns` alone. */
const ERRORS: Readonly<Record<string, () => Error>> = {
  Error: () => new Error(),
  EvalError: () => new EvalError(),
  RangeError: () => new RangeError(),
  ReferenceError: () => new ReferenceError(),
  SyntaxError: () => new SyntaxError(),
  TypeError: () => new TypeError(),
  URIError: () => new URIError(),
  AggregateError: () => new AggregateError([]),
};

export const ERROR_KINDS = Object.keys(ERRORS);

export function emptyError(kind: number): Error | undefined {
  return ERRORS[ERROR_KINDS[kind] ?? '']?.();
}

/** Bounds of what is written and of what is read. Without compression, memory is bounded by bytes and nodes. */
export interface CodecLimits {
  /** Encoded, in bytes. Default 64 MiB. */
  readonly maxBytes: number;
  /** Default 1,000 levels. */
  readonly maxDepth: number;
  /** Values inside of values, holes too. Default 2,000,000. */
  readonly maxNodes: number;
  /** In UTF-16 units, of a string or the digits of a bigint. Default 32 Mi. */
  readonly maxStringLength: number;
}

export const DEFAULT_LIMITS: CodecLimits = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxDepth: 1000,
  maxNodes: 2_000_000,
  maxStringLength: 32 * 1024 * 1024,
});

/** Objects with more or longer keys than these are written as dictionaries, as are those of a shape beyond this number. */
export const MAX_SHAPE_KEYS = 64;
export const MAX_SHAPE_KEY_LENGTH = 64;
export const MAX_SHAPES = 256;
