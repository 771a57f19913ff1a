import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore, type StateStore, tieredStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { OPTIONS, play, steps } from '../engine/freshness-model.js';
import { nothingIsLeft } from '../engine/pond-under-test.js';

nothingIsLeft();

const folder = mkdtempSync(join(tmpdir(), 'flowpond-freshness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

const STORES = [
  ['one SQLite file', (path: string): StateStore => sqliteStore({ path })],
  ['a memory tier each before one SQLite file', (path: string) => tieredStore(memoryStore(), sqliteStore({ path }))],
] as const;

describe.each(STORES)('two ponds over %s', (_name, open) => {
  it.each(OPTIONS)(
    'never serve what was invalidated, nor compute a key twice at once, with %j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.scheduler(), async (all, scheduler) => {
          const path = join(folder, `${files++}.db`);
          const stores = [open(path), open(path)] as const;
          try {
            await play(all, options, stores, scheduler);
          } finally {
            for (const store of stores) await store.close();
          }
        }),
        { numRuns: 15 },
      );
    },
    60_000,
  );
});
