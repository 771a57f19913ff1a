import { join } from 'node:path';
import { messageOf } from '../base/errors.js';

/** The part of `node:sqlite` that is used here. Another module may be given if it has the same. */
export interface SqliteDriver {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

/** One connection. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** What SQLite keeps. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** One prepared statement. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
}

const PACKAGE = '@photostructure/sqlite';

/** `node:sqlite` where this Node has it, else the package of the same API; else an error that says what to install. */
export function findDriver(): SqliteDriver {
  return (process.getBuiltinModule('node:sqlite' as string) as SqliteDriver | undefined) ?? packaged();
}

function packaged(): SqliteDriver {
  const { createRequire } = process.getBuiltinModule('node:module');
  for (const base of [ownFile(), process.argv[1], join(process.cwd(), 'package.json')]) {
    const found = base === undefined ? undefined : resolved(createRequire(base));
    if (found !== undefined) return loaded(found);
  }
  throw new Error(
    `flowpond/sqlite: Node ${process.versions.node} has no node:sqlite. Run \`npm install ${PACKAGE}@1\`, or use Node >= 22.13.`,
  );
}

function resolved(require: NodeJS.Require): (() => SqliteDriver) | undefined {
  try {
    const file = require.resolve(PACKAGE);
    return () => require(file) as SqliteDriver;
  } catch {
    return undefined;
  }
}

function loaded(load: () => SqliteDriver): SqliteDriver {
  try {
    return load();
  } catch (cause) {
    throw new Error(
      `flowpond/sqlite: ${PACKAGE} is installed, but cannot be loaded: ${messageOf(cause)}. Install it again on this machine, or use Node >= 22.13.`,
      { cause },
    );
  }
}

/** This very file. Of `import.meta.url` and `__filename` the one breaks the CommonJS build, the other the ES build. */
function ownFile(): string | undefined {
  return /(?:file:\/\/|\/|[A-Z]:\\)[^\n]*?(?=:\d+:\d+\)?$)/m.exec(new Error('where').stack ?? '')?.[0];
}
