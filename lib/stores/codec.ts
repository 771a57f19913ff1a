import { messageOf } from '../base/errors.js';
import { type CodecLimits, DEFAULT_LIMITS } from './codec/format.js';
import { CorruptError } from './codec/input.js';
import { Reader } from './codec/reader.js';
import { Refusal } from './codec/refusal.js';
import { Writer } from './codec/writer.js';

export { CODEC_ID, type CodecLimits, DEFAULT_LIMITS } from './codec/format.js';
export { CorruptError } from './codec/input.js';
export { UnstorableError } from './codec/refusal.js';

/**
 * Values as bytes, data only: reading makes plain objects, arrays and built-ins, evaluates nothing and asks no class. Kept as they
 * are: `undefined`, `null`, booleans, numbers with `NaN`, `-0` and infinities, strings with lone surrogates, bigints; plain
 * objects (the order of their keys, and whether they have a prototype), arrays and their holes, `Date` (invalid ones too), `Map`, `Set`, `RegExp`,
 * `URL`, `URLSearchParams`, built-in errors without their stack, binary data and `Buffer`; references shared and in circles.
 * Refused with their path: functions, symbols, promises, streams, boxed primitives, instances of classes, and built-ins
 * with fields of their own. Left out: what is not enumerable, and fields put on binary data or arrays.
 */

/** Limits where they are not given. */
type Limits = Partial<CodecLimits>;

let idle: Writer | undefined;

/** What `write` puts together. @throws UnstorableError naming the path to what cannot be written */
export function written(write: (writer: Writer) => void): Buffer {
  const writer = idle ?? new Writer();
  idle = undefined; // a getter of the value may write another one meanwhile
  try {
    write(writer);
    return writer.copy();
  } catch (thrown) {
    throw Refusal.from(thrown).toError();
  } finally {
    writer.reset();
    idle = writer;
  }
}

/** The bytes of a value. @throws UnstorableError naming the path to what cannot be written */
export function encodeData(value: unknown, limits?: Limits): Uint8Array {
  return written((writer) => writer.write(value, limitsOf(limits)));
}

/** The value of the bytes, new at each call. @throws CorruptError whatever is wrong with them */
export function decodeData(bytes: Uint8Array, limits?: Limits): unknown {
  return readDocument(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength, limits);
}

/** {@link decodeData} of a part of the bytes. */
export function readDocument(bytes: Buffer, start: number, end: number, limits?: Limits): unknown {
  try {
    return new Reader(bytes, start, end, limitsOf(limits)).read();
  } catch (thrown) {
    throw thrown instanceof CorruptError ? thrown : new CorruptError(messageOf(thrown));
  }
}

function limitsOf(limits: Limits | undefined): CodecLimits {
  return limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
}
