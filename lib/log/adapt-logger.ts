import { InvalidOptionsError } from '../base/errors.js';
import { isErrorLike } from './error-like.js';
import { harmlessText, harmlessWord } from './harmless.js';
import type { LogFields, Logger, LogSeverity } from './logger.js';

/** One line for a logger of the user's. The answer is what theirs gave, perhaps a promise. */
export type Emit = (message: string, fields?: LogFields, source?: string) => unknown;

/** A logger of the user's behind one face; `source` reaches it in its own way. */
export type AdaptedLogger = Readonly<Record<LogSeverity, Emit>> & Logger;

type Given = Readonly<Record<string, (...args: unknown[]) => unknown>>;

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const REMEDY =
  "Give pino, Nest's LoggerService, winston, console, or any object with the methods debug, info, warn and error.";

/**
 * Makes one kind of logger of those that people have:
 *
 * - pino takes `({ source, ...fields }, message)`, and an `error` under the name it knows, `err`;
 * - Nest's LoggerService (`log` instead of `info`) takes `(message, source)`, errors `(message, stack, source)`. Fields are
 *   left out: Nest's own would print them as further messages, others take them for the source;
 * - all others (`console`, winston) take `('source - message', fields)`; winston, whose JSON shows an error as `{}`, gets
 *   its name, message, code and stack.
 *
 * @param where - what the error names, such as `createPond`
 * @throws InvalidOptionsError if the value is none of them
 */
export function adaptLogger(given: unknown, where: string): AdaptedLogger {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) {
    throw new InvalidOptionsError({ where, option: 'logger', value: given, problem: 'is no logger', remedy: REMEDY });
  }
  if (hasMethod(given, 'log') && !hasMethod(given, 'info')) {
    demand(given, ['warn', 'error'], where);
    return forNest(given as Given);
  }
  demand(given, LEVELS, where);
  if (isPinoLike(given)) return forPino(given as Given);
  return forOthers(given as Given, isWinstonLike(given));
}

function forPino(pino: Given): AdaptedLogger {
  return everyLevel((level) => (message, fields, source) => pino[level]?.(pinoFields(fields, source), message));
}

function pinoFields(fields: LogFields | undefined, source: string | undefined): LogFields {
  const out: Record<string, unknown> = source === undefined ? { ...fields } : { source, ...fields };
  if (Object.hasOwn(out, 'error') && !Object.hasOwn(out, 'err')) {
    out.err = out.error;
    delete out.error;
  }
  return out;
}

function forNest(nest: Given): AdaptedLogger {
  return everyLevel((level) => {
    const method = level === 'info' || !hasMethod(nest, level) ? 'log' : level; // Nest's debug is optional
    return (message, fields, source = 'flowpond') => {
      const text = harmlessText(message);
      const stack = level === 'error' ? stackOf(fields) : undefined;
      return stack === undefined
        ? nest[method]?.(text, harmlessWord(source))
        : nest[method]?.(text, harmlessText(stack), harmlessWord(source));
    };
  });
}

function forOthers(logger: Given, plainErrors: boolean): AdaptedLogger {
  return everyLevel((level) => (message, fields, source) => {
    const text = source === undefined ? harmlessText(message) : `${harmlessWord(source)} - ${harmlessText(message)}`;
    if (fields === undefined || Object.keys(fields).length === 0) return logger[level]?.(text);
    return logger[level]?.(text, plainErrors ? withPlainError(fields) : fields);
  });
}

function withPlainError(fields: LogFields): LogFields {
  if (!Object.hasOwn(fields, 'error') || !isErrorLike(fields.error)) return fields;
  const { name, message, code, stack } = fields.error;
  return { ...fields, error: { name, message, code, stack } };
}

function everyLevel(make: (level: LogSeverity) => Emit): AdaptedLogger {
  return { debug: make('debug'), info: make('info'), warn: make('warn'), error: make('error') };
}

function stackOf(fields: LogFields | undefined): string | undefined {
  if (fields === undefined || !Object.hasOwn(fields, 'error')) return undefined;
  return isErrorLike(fields.error) ? fields.error.stack : undefined;
}

function isPinoLike(given: object): boolean {
  return hasMethod(given, 'child') && hasMethod(given, 'bindings') && typeof read(given, 'level') === 'string';
}

function isWinstonLike(given: object): boolean {
  return hasMethod(given, 'log') && hasMethod(given, 'configure') && hasMethod(given, 'add');
}

function demand(given: object, methods: readonly string[], where: string): void {
  const missing = methods.filter((name) => !hasMethod(given, name));
  if (missing.length === 0) return;
  const named = missing.map((name) => `\`${name}\``).join(', ');
  throw new InvalidOptionsError({
    where,
    option: 'logger',
    problem: `lacks the method${missing.length === 1 ? '' : 's'} ${named}`,
    remedy: REMEDY,
  });
}

function hasMethod(given: object, name: string): boolean {
  return typeof read(given, name) === 'function';
}

function read(given: object, name: string): unknown {
  try {
    return (given as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
