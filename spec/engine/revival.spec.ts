import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { memoryStore, returnState, type StateStore, Task, taskInputHash, tieredStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { createTestPond } from '../../lib/testing/index.js';

class Line {
  constructor(readonly text = '') {}
}

class Report {
  @Type(() => Date) when = new Date(0);
  @Type(() => Line) lines: Line[] = [];

  title(): string {
    return `${this.lines.length} lines of ${this.when.getFullYear()}`;
  }
}

let runs = 0;

class Reports {
  @Task({ cacheKeyFn: taskInputHash, returns: () => Report })
  async typed(year: number): Promise<Report> {
    runs++;
    const report = new Report();
    report.when = new Date(Date.UTC(year, 5));
    report.lines = [new Line('a'), new Line('b')];
    return report;
  }

  @Task({ cacheKeyFn: taskInputHash })
  async untyped(): Promise<Report> {
    runs++;
    return new Report();
  }
}

describe('returns, over a store that writes bytes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flowpond-revival-'));
    runs = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const stores: readonly [string, () => StateStore][] = [
    ['sqlite', () => sqliteStore({ path: join(folder, 'states.db') })],
    ['memory before sqlite', () => tieredStore(memoryStore(), sqliteStore({ path: join(folder, 'states.db') }))],
  ];

  it.each(stores)('gives an instance back in another pond, for every caller its own: %s', async (_, makeStore) => {
    const reports = new Reports();
    await using first = createTestPond({ store: makeStore() });
    await first.run(() => reports.typed(2026));
    await using second = createTestPond({ store: makeStore() });
    const state = await second.run(() => returnState(reports).typed(2026));
    expect(String(state)).toBe('Cached(type=COMPLETED)');
    const report = state.result();
    expect(report).toBeInstanceOf(Report);
    expect(report.lines[0]).toBeInstanceOf(Line);
    expect(report.title()).toBe('2 lines of 2026');
    const again = await second.run(() => reports.typed(2026));
    expect(again).toEqual(report);
    expect(again.title()).toBe('2 lines of 2026');
    expect(runs).toBe(1);
  });

  it('is asked for in so many words: an instance without it is returned, but not stored', async () => {
    await using pond = createTestPond({ store: sqliteStore({ path: join(folder, 'states.db') }) });
    const reports = new Reports();
    const state = await pond.run(() => returnState(reports).untyped());
    expect(state.result()).toBeInstanceOf(Report);
    expect(state.cache).toMatchObject({ status: 'miss', reason: 'not-stored' });
    expect(state.cache?.detail).toContain('returns');
    await pond.run(() => reports.untyped());
    expect(runs).toBe(2);
    expect(pond.stats().storeErrors).toBe(0);
  });
});
