export type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js';
export type { SqliteStoreOptions } from './options.js';
export { sqliteStore } from './sqlite-store.js';
