import { describe, expect, it } from '@jest/globals';
import { type SqliteDatabase } from '../../lib/sqlite/driver.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { describeStateStore } from '../../lib/testing/state-store-suite.js';
import { rawDatabase, temporaryPath } from './on-disk.js';

let path = '';
let database: SqliteDatabase | undefined;

describeStateStore(
  'sqliteStore',
  () => {
    path = temporaryPath();
    database = undefined;
    return sqliteStore({ path });
  },
  {
    api: { describe, it, expect },
    another: () => sqliteStore({ path }),
    corrupt: (key) => {
      database ??= rawDatabase(path);
      database.prepare('UPDATE records SET record = substr(record, 1, 60) WHERE digest = ?').run(key.digest);
    },
  },
);
