import type { SqliteDatabase } from './driver.js';
import { isBusy } from './faults.js';
import { identityOf, prepareFile } from './file.js';
import type { SqliteSettings } from './options.js';
import { migrate } from './schema.js';
import { prepareStatements, type Statements } from './statements.js';

/** How long opening waits for processes that make or recover the file, and how long apart it tries. */
const OPEN_PATIENCE_MS = 500;
const OPEN_PAUSE_MS = 5;
/** The log of a burst is cut back to this, in bytes. */
const MAX_IDLE_WAL = 16 * 1024 * 1024;
/** How often to see whether the file was moved or deleted under us. */
const LOOK_EVERY_MS = 1_000;

/** An open database. */
export class Connection {
  readonly statements: Statements;
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #identity: string | undefined;
  #lookedAt: number;

  private constructor(database: SqliteDatabase, path: string, now: number) {
    this.#database = database;
    this.#path = path;
    this.statements = prepareStatements(database);
    this.#identity = identityOf(path);
    this.#lookedAt = now;
  }

  /** Opens the file, and makes it where there is none. Errors name the file. */
  static open(settings: SqliteSettings, now: number): Connection {
    prepareFile(settings.path);
    const latest = performance.now() + OPEN_PATIENCE_MS; // the process stands still: no other clock goes on
    for (;;) {
      try {
        return Connection.#tryOpen(settings, now);
      } catch (error) {
        if (!isBusy(error) || performance.now() > latest) throw error;
        pause(OPEN_PAUSE_MS);
      }
    }
  }

  static #tryOpen({ path, busyTimeoutMs, driver }: SqliteSettings, now: number): Connection {
    const database = new driver.DatabaseSync(path);
    try {
      database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      migrate(database, path);
      // NORMAL: what was acknowledged outlives the process, not always a loss of power; the file stays whole in both.
      database.exec('PRAGMA synchronous = NORMAL');
      database.exec(`PRAGMA journal_size_limit = ${MAX_IDLE_WAL}`);
      database.exec('PRAGMA trusted_schema = OFF');
      database.exec('PRAGMA cell_size_check = ON');
      return new Connection(database, path, now);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Does all of it or nothing, alone among all processes. */
  transact<T>(work: () => T): T {
    const { begin, commit, rollback } = this.statements;
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      try {
        rollback.run();
      } catch {
        // SQLite has rolled back by itself; the first error tells why
      }
      throw error;
    }
  }

  /** Whether the file was moved or deleted since it was opened; looks no more than once a second. */
  isOrphan(now: number): boolean {
    if (Math.abs(now - this.#lookedAt) < LOOK_EVERY_MS) return false;
    this.#lookedAt = now;
    return identityOf(this.#path) !== this.#identity;
  }

  close(): void {
    this.#database.close();
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
