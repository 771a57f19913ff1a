import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Lead, StateRecord, StateStore, StoreKey } from '../../lib/index.js';
import { findDriver, type SqliteDatabase } from '../../lib/sqlite/driver.js';
import { type SqliteStoreOptions, sqliteStore } from '../../lib/sqlite/index.js';
import { type FakeClock, fakeClock } from '../../lib/testing/index.js';
import { keyOf, recordOf } from '../stores/records.js';

export { keyOf, recordOf };

const directories: string[] = [];
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flowpond-sqlite-'));
  directories.push(directory);
  return directory;
}

/** A path for a database that is gone after the test. */
export function temporaryPath(): string {
  return join(temporaryDirectory(), 'states.db');
}

/** Closes it when the test is over. */
export function closing<T extends { close(): unknown }>(one: T): T {
  open.push(one);
  return one;
}

/** A connection beside the store's. It may be closed before the test is over. */
export function rawDatabase(path: string): SqliteDatabase {
  const { DatabaseSync } = findDriver();
  const database = new DatabaseSync(path);
  let isOpen = true;
  return closing<SqliteDatabase>({
    exec: (sql) => database.exec(sql),
    prepare: (sql) => database.prepare(sql),
    close() {
      if (isOpen) database.close();
      isOpen = false;
    },
  });
}

/** The one number that a query gives. */
export function count(database: SqliteDatabase, sql: string): number {
  return Object.values(database.prepare(sql).get() as Record<string, number>)[0] as number;
}

export interface Fixture {
  readonly store: StateStore;
  readonly clock: FakeClock;
  readonly path: string;
  /** Leads and commits at once, as a synchronous task does. */
  put(key: StoreKey, value: unknown, more?: Partial<StateRecord>): boolean;
  value(key: StoreKey): unknown;
  /** Why a lookup misses; gives up the lease again. */
  why(key: StoreKey): { readonly reason: string; readonly detail?: string };
}

let tokens = 0;

/** A store over a file of its own, or over the one given. */
export function onDisk(options: SqliteStoreOptions & { readonly clock?: FakeClock } = {}): Fixture {
  const { clock = fakeClock(), path = temporaryPath(), ...rest } = options;
  const store = closing(sqliteStore({ path, ...rest }));
  store.attach?.({ clock });
  const lead = (key: StoreKey, token: string, mode: 'normal' | 'refresh'): Extract<Lead, { status: 'lead' }> => {
    const answer = store.lead(key, { mode, token, leaseMs: 0 }) as Lead;
    if (answer.status !== 'lead') throw new Error(`expected to lead, but it is a ${answer.status}`);
    return answer;
  };
  return {
    store,
    clock,
    path,
    put(key, value, more = {}) {
      const token = `put ${tokens++}`;
      const { generation } = lead(key, token, 'refresh');
      const commit = store.commit(key, token, recordOf(key, value, { generation, ...more }));
      return (commit as { readonly committed: boolean }).committed;
    },
    value: (key) => (store.get(key) as StateRecord | undefined)?.value,
    why(key) {
      const token = `why ${tokens++}`;
      const { miss } = lead(key, token, 'normal');
      void store.abandon(key, token);
      return miss;
    },
  };
}
