import { type Clock, systemClock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import { type AdaptedLogger, adaptLogger } from './adapt-logger.js';
import { isErrorLike } from './error-like.js';
import { wantsColor } from './highlight.js';
import { jsonLine } from './json.js';
import { type LogStream, writeSafely } from './log-stream.js';
import { type Log, type LogFields, type LogFormat, type LogLevel, type LogSeverity, rankOf } from './logger.js';
import { prettyLine } from './pretty.js';
import { formatPrint } from './print.js';

/** How a log is made. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes all lines instead of the stream: see {@link adaptLogger}. */
  readonly logger?: unknown;
  /** Default: `process.stderr`, looked up at each write. */
  readonly stream?: LogStream | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
  /** Default: what the terminal and the environment say. Only `pretty` has colours. */
  readonly color?: boolean | undefined;
  /** Who is named if `logger` is none. Default: `createPond`. */
  readonly where?: string | undefined;
}

/** A reader that has fallen so many bytes behind loses lines, and is told how many. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/**
 * Makes a log. Writing never throws, and neither a broken stream nor a failing logger reaches a task.
 *
 * @throws InvalidOptionsError if `logger` is none
 */
export function createLog(options: LogOptions): Log {
  return new Writer(options);
}

class Writer implements Log {
  readonly #rank: number;
  readonly #format: LogFormat;
  readonly #logger: AdaptedLogger | undefined;
  readonly #stream: LogStream | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #color: boolean | undefined;
  #colored: { readonly stream: LogStream; readonly yes: boolean } | undefined;
  #handing = false;
  #complained = false;
  #lost = 0;

  constructor(given: LogOptions) {
    const options: LogOptions = Object.assign(Object.create(null), given); // own properties only
    this.#rank = rankOf(options.level);
    this.#format = options.format;
    this.#logger =
      options.logger === undefined ? undefined : adaptLogger(options.logger, options.where ?? 'createPond');
    this.#stream = options.stream;
    this.#clock = options.clock ?? systemClock;
    this.#color = options.color;
  }

  /** While a line is handed to a logger that prints, as console does, its print is the line and not another one. */
  enabled(level: LogSeverity): boolean {
    return rankOf(level) <= this.#rank && !this.#handing;
  }

  write(level: LogSeverity, source: string, message: string, fields?: LogFields): void {
    if (rankOf(level) > this.#rank) return;
    try {
      const text = typeof message === 'string' ? message : formatPrint([message]);
      const given = asFields(fields);
      // A logger may print through a console whose prints are logged here: what comes back goes to the stream.
      if (this.#logger === undefined || this.#handing) this.#print(level, source, text, given);
      else this.#hand(this.#logger, level, source, text, given);
    } catch {
      // a message that cannot be written is no reason for a task to fail
    }
  }

  #print(level: LogSeverity, source: string, message: string, fields: LogFields | undefined): void {
    const stream: LogStream = this.#stream ?? process.stderr;
    if ((stream.writableLength ?? 0) > MAX_WAITING_BYTES) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) {
      const lost = `${this.#lost} log lines were lost: the log's stream is slower than what is logged`;
      this.#lost = 0;
      writeSafely(stream, this.#line(stream, 'warn', 'flowpond', lost, undefined));
    }
    writeSafely(stream, this.#line(stream, level, source, message, fields));
  }

  #line(stream: LogStream, level: LogSeverity, source: string, message: string, fields: LogFields | undefined): string {
    const now = this.#clock.now();
    return this.#format === 'json'
      ? jsonLine(now, level, source, message, fields)
      : prettyLine(now, level, source, message, fields, this.#color ?? this.#wantsColor(stream));
  }

  #wantsColor(stream: LogStream): boolean {
    if (this.#colored?.stream !== stream) this.#colored = { stream, yes: wantsColor(stream, process.env) };
    return this.#colored.yes;
  }

  #hand(logger: AdaptedLogger, level: LogSeverity, source: string, message: string, fields?: LogFields): void {
    this.#handing = true;
    try {
      const answer: unknown = logger[level](message, fields, source);
      if (isThenable(answer)) answer.then(undefined, (error: unknown) => this.#complain(error));
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#handing = false;
    }
  }

  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    try {
      const what = `the logger given failed with ${describeError(error)}; further failures are not reported`;
      this.#print('warn', 'flowpond', what, undefined);
    } catch {
      // nobody is left to tell
    }
  }
}

/** `logger.error('it failed', error)` is what people write. */
function asFields(fields: unknown): LogFields | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  return isErrorLike(fields) ? { error: fields } : (fields as LogFields);
}
