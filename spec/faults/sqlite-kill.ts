import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDriver } from '../../lib/sqlite/driver.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import type { StateRecord } from '../../lib/stores/record.js';
import { KeyScope, StoreKey } from '../../lib/stores/store-key.js';
import { type Inspector, killRounds } from '../sqlite/kill-rounds.js';
import { bundle } from '../sqlite/processes.js';

/**
 * The long form of "killed while they write": two writers, SIGKILL at changing moments, and the file compared with what they were
 * told was written. `node --import @swc-node/register/esm-register spec/faults/sqlite-kill.ts [rounds]`, by default 200; ends with 1
 * where anything was lost, wrong or broken.
 */
const rounds = Number(process.argv[2] ?? 200);
const directory = mkdtempSync(join(tmpdir(), 'flowpond-kill-'));
const path = join(directory, 'states.db');
const scope = new KeyScope('Child.task', undefined, '');
const { DatabaseSync } = findDriver();

function inspect(): Inspector {
  const store = sqliteStore({ path });
  const database = new DatabaseSync(path);
  return {
    read: (name) => store.get(new StoreKey(scope, name)) as StateRecord | undefined,
    integrity: () => (database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check,
    close() {
      void store.close();
      database.close();
    },
  };
}

const { file, remove } = bundle();
const began = performance.now();
try {
  const kills = await killRounds(file, path, rounds, inspect);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`sqlite-kill: ${JSON.stringify({ rounds, ...kills, seconds })}\n`);
  process.exitCode = kills.lost + kills.wrong + kills.broken === 0 && kills.acknowledged > rounds ? 0 : 1;
} finally {
  remove();
  rmSync(directory, { recursive: true, force: true });
}
