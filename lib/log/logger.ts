/** How much is logged. A level includes those before it: `warn` shows warnings and errors. `silent` shows nothing. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** What one line can be. */
export type LogSeverity = Exclude<LogLevel, 'silent'>;

/** `pretty`: for people, as Prefect writes it. `json`: one object a line, for machines. */
export type LogFormat = 'pretty' | 'json';

/** What a line says beside its message. An `error` among them is shown with its stack, at levels `warn` and `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What run code logs with, and what a logger of your own must offer. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Flowpond's own way to its log. Neither method ever throws. */
export interface Log {
  /** Whether a line of this level would be written. Ask before building the message. */
  enabled(level: LogSeverity): boolean;
  /** `source` names who speaks: `Flow run 'golden-pug'`, `Task run 'quote-0'`, `flowpond`. */
  write(level: LogSeverity, source: string, message: string, fields?: LogFields): void;
}

const LEVELS: readonly unknown[] = ['silent', 'error', 'warn', 'info', 'debug'] satisfies LogLevel[];

/**
 * The level as a number: `silent` 0 … `debug` 4. A switch, not a table: with changing levels the look-up in a table took
 * 8 ns here, this 2 ns, and each task call asks.
 */
export function rankOf(level: LogLevel): number {
  switch (level) {
    case 'silent':
      return 0;
    case 'error':
      return 1;
    case 'warn':
      return 2;
    case 'info':
      return 3;
    case 'debug':
      return 4;
  }
}

/** Whether the value is the name of a log level. */
export function isLogLevel(value: unknown): value is LogLevel {
  return LEVELS.includes(value);
}

/** Whether the value is the name of a log format. */
export function isLogFormat(value: unknown): value is LogFormat {
  return value === 'pretty' || value === 'json';
}

/** Whether a log of this threshold shows lines of this level. */
export function levelIncludes(threshold: LogLevel, level: LogSeverity): boolean {
  return rankOf(level) <= rankOf(threshold);
}

/**
 * The logger that run code gets. The source is asked for only when a line is written: run names are made when somebody
 * reads them. The methods need no `this`.
 */
export function sourceLogger(log: Log, source: () => string): Logger {
  return {
    debug(message, fields) {
      if (log.enabled('debug')) log.write('debug', source(), message, fields);
    },
    info(message, fields) {
      if (log.enabled('info')) log.write('info', source(), message, fields);
    },
    warn(message, fields) {
      if (log.enabled('warn')) log.write('warn', source(), message, fields);
    },
    error(message, fields) {
      if (log.enabled('error')) log.write('error', source(), message, fields);
    },
  };
}
