import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDriver } from '../../lib/sqlite/driver.js';
import { isBusy } from '../../lib/sqlite/faults.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import type { StateRecord } from '../../lib/stores/record.js';
import { KeyScope, StoreKey } from '../../lib/stores/store-key.js';
import { type Inspector, killRounds } from '../sqlite/kill-rounds.js';
import { bundle } from '../sqlite/processes.js';
import { report, roundsFrom } from './report.js';

/**
 * The long form of "killed while they write": two writers, SIGKILL at changing moments, and the file compared with what they were
 * told was written. `node --import @swc-node/register/esm-register spec/faults/sqlite-kill.ts [rounds]`, by default 200; ends with 1
 * where anything was lost, wrong or broken.
 */
const rounds = roundsFrom(0, 200);
const directory = mkdtempSync(join(tmpdir(), 'flowpond-kill-'));
const path = join(directory, 'states.db');
const scope = new KeyScope('Child.task', undefined, '');
const { DatabaseSync } = findDriver();

/** The writer that lives may stand still in the middle of a write: that is waited for. */
const PATIENCE_MS = 30_000;

function patiently<T>(look: () => T): T {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return look();
    } catch (error) {
      const busy = isBusy(error) || isBusy((error as Error).cause);
      if (!busy || performance.now() > until) throw error;
    }
  }
}

function inspect(): Inspector {
  const store = sqliteStore({ path });
  const database = new DatabaseSync(path);
  const integrity = (): string =>
    (database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check;
  return {
    read: (name) => patiently(() => store.get(new StoreKey(scope, name)) as StateRecord | undefined),
    integrity: () => patiently(integrity),
    close() {
      void store.close();
      database.close();
    },
  };
}

const { file, remove } = bundle();
try {
  const kills = await killRounds(file, path, rounds, inspect);
  report(
    'sqlite, kill -9 while they write',
    { rounds, ...kills },
    {
      'nothing acknowledged lost': kills.lost === 0,
      'no wrong value': kills.wrong === 0,
      'opens always': kills.broken === 0,
      'more writes than rounds': kills.acknowledged > rounds,
    },
  );
} finally {
  remove();
  rmSync(directory, { recursive: true, force: true });
}
