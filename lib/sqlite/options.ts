import { resolve } from 'node:path';
import { type Duration, nonNegativeDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import { type Read, readOptions } from '../base/option-reader.js';
import { findDriver, type SqliteDriver } from './driver.js';

/** What {@link sqliteStore} takes. */
export interface SqliteStoreOptions {
  /**
   * The database file; relative to the working directory. Where there is none it is made, for its owner alone (0600), and so are
   * missing directories (0700); two more files stand beside it while it is open (`-wal`, `-shm`). Symbolic links are refused. Not for
   * network file systems. Default: `.flowpond/states.db`.
   */
  readonly path?: string | undefined;
  /**
   * How long one try may block this process while another one writes; at most 50 ms, the default. Asynchronous tasks then try
   * again by timer, synchronous ones run without the store.
   */
  readonly busyTimeout?: Duration | undefined;
  /**
   * How long a value is kept past its expiry and its longer stale window, so that a miss can still say that it expired, and a task
   * renew it. Default 1 hour.
   */
  readonly keepExpired?: Duration | undefined;
  /** A module with the API of `node:sqlite`. Default: `node:sqlite`, else `@photostructure/sqlite`. */
  readonly driver?: SqliteDriver | undefined;
}

/** The options as the store uses them. */
export interface SqliteSettings {
  readonly path: string;
  readonly busyTimeoutMs: number;
  readonly keepExpiredMs: number;
  readonly driver: SqliteDriver;
}

const DEFAULT_PATH = '.flowpond/states.db';
const MAX_BUSY_MS = 50;
const KEEP_EXPIRED_MS = 3_600_000;

const path: Read<string> = (value, where, option) => {
  const refuse = (problem: string, remedy: string): never => {
    throw new InvalidOptionsError({ where, option, value, problem, remedy });
  };
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    return refuse('must be the path of a file', `Leave it out for ${DEFAULT_PATH}.`);
  if (value.startsWith(':memory:')) return refuse('would not outlive the process', 'Use memoryStore() instead.');
  if (value.startsWith('file:')) return refuse('must be a path, not a URL', 'Give fileURLToPath(url).');
  return value;
};

const busyTimeout: Read<number> = (value, where, option) => {
  const ms = nonNegativeDuration(value, where, option);
  if (ms <= MAX_BUSY_MS) return Math.floor(ms);
  throw new InvalidOptionsError({
    where,
    option,
    value,
    problem: `must be at most ${MAX_BUSY_MS} ms, because the whole process stands still meanwhile`,
    remedy: 'Asynchronous tasks try again by themselves.',
  });
};

const driver: Read<SqliteDriver> = (value, where, option) => {
  if (typeof (value as Partial<SqliteDriver> | null)?.DatabaseSync === 'function') return value as SqliteDriver;
  throw new InvalidOptionsError({
    where,
    option,
    value,
    problem: 'must be a module with DatabaseSync',
    remedy: 'Leave it out for the one that is there.',
  });
};

const schema = { path, busyTimeout, keepExpired: nonNegativeDuration as Read<number>, driver };

/** Reads the options. Throws an {@link InvalidOptionsError}, or an error that says what to install. */
export function readSettings(given: SqliteStoreOptions): SqliteSettings {
  const options = readOptions(schema, given, 'sqliteStore');
  return {
    path: resolve(options.path ?? DEFAULT_PATH),
    busyTimeoutMs: options.busyTimeout ?? MAX_BUSY_MS,
    keepExpiredMs: options.keepExpired ?? KEEP_EXPIRED_MS,
    driver: options.driver ?? findDriver(),
  };
}
