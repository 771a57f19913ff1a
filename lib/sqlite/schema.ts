import type { SqliteDatabase } from './driver.js';

/** Marks the file as Flowpond's: 'Flow' in ASCII, in SQLite's own field for this. */
const APPLICATION_ID = 0x46_6c_6f_77;

/**
 * From one schema to the next; the first makes everything. What has been released is never edited: a change is a further step.
 * Times are milliseconds since 1970, `Inf` is never. Row ids of `tombstones`, `tag_voids`,
 * `tag_expiries` and `leases` rise with time: the lowest are the oldest.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL, -- orders every computation and every invalidation
    voided INTEGER NOT NULL,     -- of the last invalidation that left its records in place
    swept INTEGER NOT NULL       -- records voided up to here are gone
  );
  INSERT INTO counter VALUES (1, 0, 0, 0);
  CREATE TABLE namespaces (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    void_at INTEGER NOT NULL DEFAULT 0, -- records of this generation or an older one are void
    void_by TEXT,
    tag_void INTEGER NOT NULL DEFAULT 0, -- of the last invalidation by tag, whichever
    tag_floor INTEGER NOT NULL DEFAULT 0 -- up to here, invalidations by tag are no longer known one by one
  );
  CREATE TABLE scopes (
    id INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    identity TEXT NOT NULL,
    version TEXT,
    text TEXT NOT NULL UNIQUE,
    void_at INTEGER NOT NULL DEFAULT 0,
    void_by TEXT
  );
  CREATE INDEX scopes_by_identity ON scopes (namespace, identity);
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    scope INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    expires_at REAL NOT NULL,
    kept_until REAL, -- null: for ever
    tags TEXT,
    record BLOB NOT NULL
  );
  CREATE INDEX records_by_end ON records (kept_until) WHERE kept_until IS NOT NULL;
  CREATE TABLE tag_voids (
    namespace INTEGER NOT NULL,
    tag TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (namespace, tag)
  );
  CREATE TABLE leases (
    digest TEXT PRIMARY KEY NOT NULL,
    token TEXT NOT NULL,
    generation INTEGER NOT NULL,
    held INTEGER NOT NULL, -- 0: the fence alone
    led_at REAL NOT NULL,
    lease_until REAL NOT NULL
  );
  CREATE TABLE tombstones (
    digest TEXT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT,
    buried_at REAL NOT NULL
  );
  `,
  `
  -- What was expired is no hit, and still there: generation,time,... in expiries, the newest generation beside it.
  ALTER TABLE namespaces ADD COLUMN expired_to INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE namespaces ADD COLUMN expiries TEXT;
  ALTER TABLE namespaces ADD COLUMN tag_expired INTEGER NOT NULL DEFAULT 0; -- of the last expiry by tag, whichever
  ALTER TABLE scopes ADD COLUMN expired_to INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE scopes ADD COLUMN expiries TEXT;
  CREATE TABLE tag_expiries (
    namespace INTEGER NOT NULL,
    tag TEXT NOT NULL,
    generation INTEGER NOT NULL,
    expiries TEXT NOT NULL,
    PRIMARY KEY (namespace, tag)
  );
  ALTER TABLE records ADD COLUMN stale_for REAL NOT NULL DEFAULT 0; -- milliseconds past expires_at in which it may be of use
  ALTER TABLE records ADD COLUMN held_until REAL; -- nobody computes until then while it is of use
  ALTER TABLE leases ADD COLUMN expired_at REAL; -- when its key was first expired since it began
  `,
  'ALTER TABLE tag_voids ADD COLUMN void_by TEXT; -- as the other void_by: who asked',
];

/**
 * Brings a database to the newest schema, in one transaction; several processes may try at once. Refuses what a newer Flowpond
 * or another program has written, before anything is changed.
 */
export function migrate(database: SqliteDatabase, path: string, steps: readonly string[] = STEPS): void {
  if (schemaAtOnce(database, path, steps) === steps.length) return;
  const { journal_mode: mode } = database.prepare('PRAGMA journal_mode = WAL').get() as {
    readonly journal_mode: string;
  };
  if (mode !== 'wal')
    throw new Error(`'${path}' is on a file system where processes cannot share it: give another path`);
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(schemaOf(database, path, steps))) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${steps.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** In one transaction: between two questions another process may have made the tables. */
function schemaAtOnce(database: SqliteDatabase, path: string, steps: readonly string[]): number {
  database.exec('BEGIN');
  try {
    return schemaOf(database, path, steps);
  } finally {
    database.exec('COMMIT');
  }
}

function schemaOf(database: SqliteDatabase, path: string, steps: readonly string[]): number {
  const number = (sql: string, name: string): number =>
    (database.prepare(sql).get() as Record<string, number>)[name] ?? 0;
  const version = number('PRAGMA user_version', 'user_version');
  const ours = number('PRAGMA application_id', 'application_id') === APPLICATION_ID;
  if (!ours && (version > 0 || number('SELECT count(*) AS tables FROM sqlite_schema', 'tables') > 0)) {
    throw new Error(`'${path}' is a database of another program: give another path`);
  }
  if (version > steps.length) {
    throw new Error(
      `'${path}' was written by a newer Flowpond (schema ${version}, known here: ${steps.length}): ` +
        'update flowpond, or give another path',
    );
  }
  return version;
}
