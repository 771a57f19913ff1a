import { describe, expect, it } from '@jest/globals';
import { createPond, memoryStore, staticKey, task, tieredStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { temporaryPath } from './on-disk.js';

class Report {
  constructor(readonly title = '') {}

  shout(): string {
    return this.title.toUpperCase();
  }
}

describe('a memory tier before one SQLite file', () => {
  it('gives each hit an instance of its own of what another process stored, at the first and at later hits', async () => {
    const path = temporaryPath();
    let runs = 0;
    const report = task(
      async () => {
        runs++;
        return new Report('may');
      },
      { name: 'report', cacheKeyFn: staticKey('may'), returns: () => Report },
    );
    const open = () => createPond({ store: tieredStore(memoryStore(), sqliteStore({ path })) });
    const [one, two] = [open(), open()];
    await one.run(() => report());
    const hits = [];
    for (let i = 0; i < 4; i++) hits.push(await two.run(() => report()));
    expect(hits.map((hit) => hit.shout())).toEqual(['MAY', 'MAY', 'MAY', 'MAY']);
    expect(new Set(hits).size).toBe(4);
    expect(runs).toBe(1);
    for (const pond of [one, two]) await pond.close();
  });
});
