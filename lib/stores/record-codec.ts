import { crc32 } from 'node:zlib';
import { messageOf } from '../base/errors.js';
import type { Origin } from '../states/cache-outcome.js';
import { CODEC_ID, type CodecLimits, DEFAULT_LIMITS, readDocument, written } from './codec.js';
import { dataOf, FailureRecord, failureFrom } from './failure.js';
import { Plain } from './plain.js';
import { RECORD_SCHEMA, type StateRecord } from './record.js';
import type { StoreKey } from './store-key.js';
import { Undecodable } from './undecodable.js';

export { Undecodable } from './undecodable.js';

/**
 * A record as persistent stores keep it. All numbers are little-endian:
 *
 *      0  magic "FP", 0xb5 · schema (1)
 *      4  codec (1) · flags (1): 1 = the task is asynchronous, 2 = the value is a failure · 0 (2)
 *      8  bytes of the header (4) · bytes of the value (4)
 *     16  digest of the key (32)
 *     48  storedAt, expiresAt, renewForMs, errorForMs, computeMs, generation (6 doubles)
 *     96  a document of texts: identity, version, message, tags, seal, origin
 *         CRC-32 of the header so far (4)
 *         the value, a document
 *         CRC-32 of the value, begun with that of the header, so that no part fits another record (4)
 */
const MAGIC = 0xb55046;
const ASYNC = 1;
const FAILURE = 2;
const DIGEST_AT = 16;
const NUMBERS_AT = 48;
const TEXTS_AT = 96;
const CRC_SIZE = 4;
const SMALLEST = TEXTS_AT + 2 * CRC_SIZE;

/** What a record says beside its value. Times are milliseconds since 1970. */
export interface RecordHeader {
  /** SHA-256 of scope and key, in hex. */
  readonly digest: string;
  readonly identity: string;
  readonly version: string | undefined;
  readonly message: string | undefined;
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly renewForMs: number;
  readonly errorForMs: number;
  readonly computeMs: number;
  readonly generation: number;
  readonly tags: readonly string[] | undefined;
  readonly async: boolean;
  /** Whether the value is that of a `FailureRecord`. */
  readonly failure: boolean;
  readonly origin: Origin;
  /** Of a value that only its class brings back: see `Plain`. */
  readonly seal: string | undefined;
  /** Where the value begins and ends among the bytes. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

type Texts = readonly [
  identity: string,
  version: string | undefined,
  message: string | undefined,
  tags: readonly string[] | undefined,
  seal: string | undefined,
  taskRunId: string,
  taskRunName: string,
  flowRunName: string | undefined,
];

/** The bytes of a record. @throws UnstorableError naming the path to what cannot be written */
export function encodeRecord(record: StateRecord, limits?: Partial<CodecLimits>): Uint8Array {
  const { key } = record;
  const failure = FailureRecord.is(record.value);
  const value = failure ? dataOf(record.value) : (record.plain ?? record.value);
  const { taskRunId, taskRunName, flowRunName } = record.from.origin;
  const plain = Plain.is(value) ? value : undefined;
  const { identity, version } = key.scope;
  const texts: Texts = [
    identity,
    version,
    record.message,
    record.tags,
    plain?.seal,
    taskRunId,
    taskRunName,
    flowRunName,
  ];
  return written((writer) => {
    writer.reserve(TEXTS_AT);
    writer.at = TEXTS_AT;
    writer.write(texts, DEFAULT_LIMITS);
    const headerEnd = writer.at + CRC_SIZE;
    writer.reserve(CRC_SIZE);
    writer.at = headerEnd;
    writer.write(plain === undefined ? value : plain.data, { ...DEFAULT_LIMITS, ...limits });
    const valueEnd = writer.at;
    writer.reserve(CRC_SIZE);
    writer.at += CRC_SIZE;
    const { bytes, view } = writer;
    view.setUint32(0, MAGIC | (RECORD_SCHEMA << 24), true);
    view.setUint32(4, CODEC_ID | (((record.async ? ASYNC : 0) | (failure ? FAILURE : 0)) << 8), true);
    view.setUint32(8, headerEnd, true);
    view.setUint32(12, valueEnd - headerEnd, true);
    bytes.write(key.digest, DIGEST_AT, 'hex');
    numbersOf(record).forEach((number, i) => {
      view.setFloat64(NUMBERS_AT + 8 * i, number, true);
    });
    const headerCrc = crc32(bytes.subarray(0, headerEnd - CRC_SIZE));
    view.setUint32(headerEnd - CRC_SIZE, headerCrc, true);
    view.setUint32(valueEnd, crc32(bytes.subarray(headerEnd, valueEnd), headerCrc), true);
  });
}

/** The record of these bytes, its value new at each call. Never throws: what is not whole, or of another key, is undecodable. */
export function decodeRecord(
  bytes: Uint8Array,
  key: StoreKey,
  limits?: Partial<CodecLimits>,
): StateRecord | Undecodable {
  try {
    const buffer = bufferOf(bytes);
    const header = headerOf(buffer, key);
    return header instanceof Undecodable ? header : recordOf(buffer, key, header, limits);
  } catch (thrown) {
    return unreadable(thrown);
  }
}

/** What the bytes say beside the value, which is neither read nor checked. With a key: only if it is of that key. Never throws. */
export function decodeHeader(bytes: Uint8Array, key?: StoreKey): RecordHeader | Undecodable {
  try {
    return headerOf(bufferOf(bytes), key);
  } catch (thrown) {
    return unreadable(thrown);
  }
}

function headerOf(bytes: Buffer, key: StoreKey | undefined): RecordHeader | Undecodable {
  const size = bytes.length;
  if (size < SMALLEST) return new Undecodable('it is too short for a record');
  const head = bytes.readUInt32LE(0);
  if ((head & 0xffffff) !== MAGIC) return new Undecodable('it is no record of Flowpond');
  if (head >>> 24 !== RECORD_SCHEMA)
    return new Undecodable(`it has the schema ${head >>> 24}; this version of Flowpond reads ${RECORD_SCHEMA}`);
  const valueStart = bytes.readUInt32LE(8);
  const valueEnd = valueStart + bytes.readUInt32LE(12);
  if (valueStart < TEXTS_AT + CRC_SIZE || valueEnd + CRC_SIZE !== size)
    return new Undecodable('it is cut off, or too long');
  const textsEnd = valueStart - CRC_SIZE;
  if (crc32(bytes.subarray(0, textsEnd)) !== bytes.readUInt32LE(textsEnd)) return damaged();
  const codec = bytes[4];
  if (codec !== CODEC_ID) return new Undecodable(`its codec is ${codec}; here it is ${CODEC_ID}`);
  const digest = bytes.toString('hex', DIGEST_AT, NUMBERS_AT);
  if (key !== undefined && digest !== key.digest) return new Undecodable('it belongs to another key');
  const texts = readDocument(bytes, TEXTS_AT, textsEnd);
  if (!areTexts(texts)) return new Undecodable('its header does not say what it should');
  const [identity, version, message, tags, seal, taskRunId, taskRunName, flowRunName] = texts;
  return {
    digest,
    identity,
    version,
    message,
    storedAt: bytes.readDoubleLE(NUMBERS_AT),
    expiresAt: bytes.readDoubleLE(NUMBERS_AT + 8),
    renewForMs: bytes.readDoubleLE(NUMBERS_AT + 16),
    errorForMs: bytes.readDoubleLE(NUMBERS_AT + 24),
    computeMs: bytes.readDoubleLE(NUMBERS_AT + 32),
    generation: bytes.readDoubleLE(NUMBERS_AT + 40),
    tags,
    async: ((bytes[5] as number) & ASYNC) !== 0,
    failure: ((bytes[5] as number) & FAILURE) !== 0,
    origin: flowRunName === undefined ? { taskRunId, taskRunName } : { taskRunId, taskRunName, flowRunName },
    seal,
    valueStart,
    valueEnd,
  };
}

/** Only somebody who writes checksums can make this false. */
function areTexts(texts: unknown): texts is Texts {
  if (!Array.isArray(texts) || texts.length !== 8) return false;
  const [identity, version, message, tags, seal, taskRunId, taskRunName, flowRunName] = texts as unknown[];
  if (typeof identity !== 'string' || typeof taskRunId !== 'string' || typeof taskRunName !== 'string') return false;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) return false;
  return isTextOrNone(version) && isTextOrNone(message) && isTextOrNone(seal) && isTextOrNone(flowRunName);
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function recordOf(
  bytes: Buffer,
  key: StoreKey,
  header: RecordHeader,
  limits: Partial<CodecLimits> | undefined,
): StateRecord | Undecodable {
  const { valueStart, valueEnd, seal } = header;
  const headerCrc = bytes.readUInt32LE(valueStart - CRC_SIZE);
  if (crc32(bytes.subarray(valueStart, valueEnd), headerCrc) !== bytes.readUInt32LE(valueEnd)) return damaged();
  const data = readDocument(bytes, valueStart, valueEnd, limits);
  const failure = header.failure ? failureFrom(data) : undefined;
  if (header.failure && failure === undefined) return new Undecodable('its failure does not say what it should');
  return {
    schema: RECORD_SCHEMA,
    key,
    value: failure ?? (seal === undefined ? data : new Plain(seal, data)),
    message: header.message,
    storedAt: header.storedAt,
    expiresAt: header.expiresAt,
    renewForMs: header.renewForMs,
    errorForMs: header.errorForMs,
    computeMs: header.computeMs,
    generation: header.generation,
    tags: header.tags,
    async: header.async,
    frozen: false,
    from: { origin: header.origin },
    promise: undefined,
  };
}

function numbersOf(record: StateRecord): readonly number[] {
  const { storedAt, expiresAt, renewForMs, errorForMs, computeMs, generation } = record;
  return [storedAt, expiresAt, renewForMs, errorForMs, computeMs, generation];
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unreadable(thrown: unknown): Undecodable {
  return new Undecodable(`it cannot be read: ${messageOf(thrown)}`);
}

function damaged(): Undecodable {
  return new Undecodable('its checksum is wrong: it was damaged');
}
