import { types } from 'node:util';
import { single } from '../base/single.js';

const BRAND = Symbol.for('flowpond.failure');
/** Whether there ever was one in this process: until then no hit has to look at its value. */
const seen = single('failures', () => ({ any: false }));
/** Longest message kept, in bytes of UTF-8; and longest name and code, in characters. */
const MAX_MESSAGE_BYTES = 8 * 1024;
const MAX_NAME = 200;
/** Errors inside of an `AggregateError` that are named where it has no message of its own. */
const MAX_INNER = 3;

const BUILT_IN = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as const;

/** What a failure is stored as: no stack, no cause, no other field. */
export interface FailureFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly status?: number | undefined;
  readonly statusCode?: number | undefined;
}

/**
 * A failure that is remembered instead of a value: data, from which an equal error is made for each caller. Cannot be changed.
 * Nothing of the original is kept but its name, message, code, and the numbers that HTTP clients put on it.
 */
export class FailureRecord implements FailureFields {
  readonly name: string;
  readonly message: string;
  readonly code: string | number | undefined;
  readonly status: number | undefined;
  readonly statusCode: number | undefined;

  /** Texts that are too long are cut: name and code to 200 characters, the message to 8 KiB. */
  constructor({ name, message, code, status, statusCode }: FailureFields) {
    this.name = name.slice(0, MAX_NAME);
    this.message = cut(message);
    this.code = typeof code === 'string' ? code.slice(0, MAX_NAME) : code;
    this.status = status;
    this.statusCode = statusCode;
    Object.freeze(this);
    seen.any = true;
  }

  /**
   * What was thrown, as data; never throws. An error, and any object with a text as `message`, gives its name, message, a `code`
   * that is a text or a number, and its own `status` and `statusCode` where these are numbers; getters other than of `name`,
   * `message` and `code` are not run. An `AggregateError` without message says how many errors it holds and what the first three
   * of them say. A text that was thrown is the message of an `Error`; of anything else, the message says what it was, such as `undefined was
   * thrown`.
   */
  static of(thrown: unknown): FailureRecord {
    if (typeof thrown === 'string') return new FailureRecord({ name: 'Error', message: thrown });
    if (typeof thrown === 'function') return new FailureRecord({ name: 'Error', message: 'a function was thrown' });
    if (typeof thrown !== 'object' || thrown === null) {
      return new FailureRecord({ name: 'Error', message: `${String(thrown)} was thrown` });
    }
    const message = read(thrown, 'message');
    if (typeof message !== 'string' && !types.isNativeError(thrown)) {
      return new FailureRecord({ name: 'Error', message: 'an object without a message was thrown' });
    }
    const name = read(thrown, 'name');
    const code = read(thrown, 'code');
    return new FailureRecord({
      name: typeof name === 'string' && name !== '' ? name : 'Error',
      message: typeof message === 'string' && message !== '' ? message : innerMessage(thrown),
      code: isCode(code) ? code : undefined,
      status: ownNumber(thrown, 'status'),
      statusCode: ownNumber(thrown, 'statusCode'),
    });
  }

  /** Whether a value is one, of any copy of the package. Runs no code of the value's. */
  static is(value: unknown): value is FailureRecord {
    return seen.any && typeof value === 'object' && value !== null && !types.isProxy(value) && BRAND in value;
  }

  /**
   * A new error of the same name, message and code, of the built-in class of that name where there is one, else `Error`. Its stack is
   * that of this call. An `AggregateError` holds no errors.
   */
  toError(): Error {
    const { name, message } = this;
    const error = Object.hasOwn(BUILT_IN, name)
      ? new BUILT_IN[name as keyof typeof BUILT_IN](message)
      : name === 'AggregateError'
        ? new AggregateError([], message)
        : new Error(message);
    if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
    for (const field of ['code', 'status', 'statusCode'] as const) {
      if (this[field] !== undefined) Object.assign(error, { [field]: this[field] });
    }
    return error;
  }
}

Object.defineProperty(FailureRecord.prototype, BRAND, { value: true });

/** A failure from data that was read; undefined for data that is none. */
export function failureFrom(data: unknown): FailureRecord | undefined {
  if (!Array.isArray(data) || data.length !== 5) return undefined;
  const [name, message, code, status, statusCode] = data as unknown[];
  if (typeof name !== 'string' || typeof message !== 'string') return undefined;
  if (!(code === undefined || isCode(code)) || !isNumberOrNone(status) || !isNumberOrNone(statusCode)) return undefined;
  return new FailureRecord({ name, message, code, status, statusCode });
}

/** The data of a failure, as it is written. */
export function dataOf({ name, message, code, status, statusCode }: FailureFields): readonly unknown[] {
  return [name, message, code, status, statusCode];
}

function isCode(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isNumberOrNone(value: unknown): value is number | undefined {
  return value === undefined || typeof value === 'number';
}

function innerMessage(thrown: object): string {
  const errors = types.isNativeError(thrown) ? read(thrown, 'errors') : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return '';
  const shown = errors.slice(0, MAX_INNER).map((inner) => shortMessage(inner));
  const more = errors.length > MAX_INNER ? '; …' : '';
  return `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}: ${shown.join('; ')}${more}`;
}

/** One level deep: those inside may hold each other. */
function shortMessage(inner: unknown): string {
  const message = typeof inner === 'object' && inner !== null ? read(inner, 'message') : inner;
  return (typeof message === 'string' ? message : 'no message').slice(0, MAX_NAME);
}

function read(object: object, name: string): unknown {
  try {
    return Reflect.get(object, name) as unknown;
  } catch {
    return undefined;
  }
}

function ownNumber(object: object, name: string): number | undefined {
  try {
    const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value;
    return typeof value === 'number' ? value : undefined;
  } catch {
    return undefined; // a proxy
  }
}

/** A message of at most 8 KiB of UTF-8. Whole characters only: a pair that would be cut in two goes. */
export function cut(message: string): string {
  if (message.length * 3 <= MAX_MESSAGE_BYTES || Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message;
  const bytes = Buffer.from(message.slice(0, MAX_MESSAGE_BYTES));
  let end = Math.min(bytes.length, MAX_MESSAGE_BYTES);
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
