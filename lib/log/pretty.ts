import { describeError } from '../base/errors.js';
import { cut, harmlessText, harmlessWord, MAX_LINE_BYTES } from './harmless.js';
import { highlight, LEVEL_PAINT } from './highlight.js';
import type { LogFields, LogSeverity } from './logger.js';

const WORD = { error: 'ERROR', warn: 'WARNING', info: 'INFO', debug: 'DEBUG' } as const;
const HEAD_BYTES = '12:01:07.353 | WARNING | '.length;
const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_SOURCE_BYTES = 512;
const MAX_STACK_LINES = 16;
const MAX_STACK_LINE_BYTES = 1024;
const MAX_CAUSES = 4;

/**
 * One line in Prefect's look, `12:01:07.353 | INFO    | Task run 'quote-1' - Finished …`, in local time and with its line
 * end. Later lines of the message stay as they are. Of the fields only `error` is shown, below warnings and errors.
 */
export function prettyLine(
  now: number,
  level: LogSeverity,
  source: string,
  message: string,
  fields: LogFields | undefined,
  color: boolean,
): string {
  const who = harmlessWord(cut(source, MAX_SOURCE_BYTES));
  const text = `${who} - ${harmlessText(cut(message, MAX_MESSAGE_BYTES))}`;
  const word = color ? LEVEL_PAINT[level](WORD[level]) : WORD[level];
  const head = `${timeOfDay(now)} | ${word}${' '.repeat(7 - WORD[level].length)} | `;
  const body = text.includes('\n') ? text.split('\n').map(cutRow).join('\n') : cutRow(text);
  return `${head}${color ? highlight(body) : body}\n${errorRows(level, fields)}`;
}

function timeOfDay(now: number): string {
  const date = new Date(now);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function cutRow(row: string): string {
  return cut(row, MAX_LINE_BYTES - HEAD_BYTES);
}

function errorRows(level: LogSeverity, fields: LogFields | undefined): string {
  if (fields === undefined || (level !== 'error' && level !== 'warn')) return '';
  let rows = '';
  let error = ownValue(fields, 'error');
  for (let depth = 0; error !== undefined && error !== null && depth < MAX_CAUSES; depth += 1) {
    const lines = harmlessText(cut(stackOf(error), MAX_MESSAGE_BYTES)).split('\n');
    if (depth > 0) lines[0] = `caused by: ${lines[0]}`;
    for (const line of lines.slice(0, MAX_STACK_LINES)) rows += `  ${cut(line, MAX_STACK_LINE_BYTES)}\n`;
    if (lines.length > MAX_STACK_LINES) rows += `      … ${lines.length - MAX_STACK_LINES} more lines\n`;
    error = ownValue(error, 'cause');
  }
  return rows;
}

function stackOf(error: unknown): string {
  try {
    const stack: unknown = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
    if (typeof stack === 'string' && stack !== '') return stack;
  } catch {
    // a getter that throws: the error is described without its stack
  }
  return describeError(error);
}

function ownValue(object: unknown, name: string): unknown {
  try {
    if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
    return (object as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
