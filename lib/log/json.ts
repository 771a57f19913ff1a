import { types } from 'node:util';
import { isErrorLike } from './error-like.js';
import { cut, harmlessJson, MAX_LINE_BYTES } from './harmless.js';
import type { LogFields, LogSeverity } from './logger.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const MAX_SOURCE_BYTES = 512;
const MAX_MESSAGE_BYTES = 12 * 1024;
const MAX_TEXT_BYTES = 4 * 1024;
const MAX_NAME_BYTES = 128;
const MAX_DEPTH = 4;
const MAX_ITEMS = 64;
const MAX_VALUES = 2048;

/** What the line itself says; a field of such a name gets an underscore after it. */
const TAKEN: ReadonlySet<string> = new Set(['time', 'level', 'source', 'message', 'truncated']);
const CUT_SIGN = ',"truncated":true';

/** A walk through one line's fields: what is being looked at right now, and how many values (or 16 characters) may still be written. */
interface Walk {
  readonly parents: unknown[];
  left: number;
}

/**
 * One JSON object with its line end, never longer than {@link MAX_LINE_BYTES}, whatever the fields hold: cycles, bigints,
 * getters that throw. Fields that do not fit are left out and `truncated` says so.
 */
export function jsonLine(
  now: number,
  level: LogSeverity,
  source: string,
  message: string,
  fields: LogFields | undefined,
): string {
  const who = quoted(source, MAX_SOURCE_BYTES);
  let line = `{"time":${isoTime(now)},"level":"${level}","source":${who},"message":${quoted(message, MAX_MESSAGE_BYTES)}`;
  let room = MAX_LINE_BYTES - Buffer.byteLength(line) - CUT_SIGN.length - 2;
  let truncated = false;
  const walk: Walk = { parents: [fields], left: MAX_VALUES };
  for (const name of fields === undefined ? [] : namesOf(fields)) {
    const value = plain(read(fields, name), walk, MAX_DEPTH);
    if (value === undefined) continue;
    const member = `,${quoted(TAKEN.has(name) ? `${name}_` : name, MAX_NAME_BYTES)}:${harmlessJson(JSON.stringify(value))}`;
    const bytes = Buffer.byteLength(member);
    if (bytes > room) {
      truncated = true;
    } else {
      line += member;
      room -= bytes;
    }
    if (walk.left <= 0) {
      truncated = true;
      break;
    }
  }
  return `${line}${truncated ? CUT_SIGN : ''}}\n`;
}

/** A string whose JSON, quotes and escapes included, takes no more than so many bytes. */
function quoted(text: string, maxBytes: number): string {
  let max = maxBytes;
  for (;;) {
    const json = harmlessJson(JSON.stringify(cut(text, max)));
    if (Buffer.byteLength(json) <= maxBytes) return json;
    max = Math.min(max - 2, max >> 1); // escapes take up to six bytes for one
  }
}

function isoTime(now: number): string {
  const date = new Date(now);
  return Number.isNaN(date.getTime()) ? 'null' : `"${date.toISOString()}"`;
}

function plain(value: unknown, walk: Walk, depth: number): Json | undefined {
  walk.left -= 1;
  switch (typeof value) {
    case 'string':
      walk.left -= Math.min(value.length, MAX_TEXT_BYTES) >> 4;
      return cut(value, MAX_TEXT_BYTES);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
      return cut(String(value), MAX_TEXT_BYTES);
    case 'undefined':
      return undefined;
    case 'function':
      return '[function]';
  }
  if (value === null) return null;
  if (walk.parents.includes(value)) return '[cyclic]';
  if (depth === 0) return Array.isArray(value) ? '[array]' : '[object]';
  walk.parents.push(value);
  try {
    return plainObject(value as object, walk, depth);
  } catch {
    return '[unreadable]';
  } finally {
    walk.parents.pop();
  }
}

function plainObject(value: object, walk: Walk, depth: number): Json | undefined {
  if (Array.isArray(value)) return list(value, value.length, walk, depth);
  if (types.isMap(value)) return list(value.entries(), value.size, walk, depth);
  if (types.isSet(value)) return list(value.values(), value.size, walk, depth);
  if (isErrorLike(value)) return record(value, ['name', 'message', 'code', 'stack', 'cause'], walk, depth);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  const own = (value as { toJSON?: unknown }).toJSON;
  if (typeof own === 'function') return plain(own.call(value, ''), walk, depth - 1);
  return record(value, namesOf(value), walk, depth);
}

function list(items: Iterable<unknown>, size: number, walk: Walk, depth: number): Json {
  const out: Json[] = [];
  for (const item of items) {
    if (out.length === MAX_ITEMS || walk.left <= 0) {
      out.push(`… ${size - out.length} more`);
      break;
    }
    out.push(plain(item, walk, depth - 1) ?? null);
  }
  return out;
}

function record(value: object, names: readonly string[], walk: Walk, depth: number): Json {
  const out: { [name: string]: Json } = Object.create(null);
  let written = 0;
  for (const name of names) {
    if (written === MAX_ITEMS || walk.left <= 0) {
      out['…'] = `${names.length - written} more`;
      break;
    }
    written += 1;
    const member = plain(read(value, name), walk, depth - 1);
    if (member !== undefined) out[cut(name, MAX_NAME_BYTES)] = member;
  }
  return out;
}

function namesOf(object: object): readonly string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}

function read(object: unknown, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    return '[unreadable]';
  }
}
