import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { StateRecord } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { invalidationRounds, stopRounds } from './flight-rounds.js';
import { type Inspector, killRounds } from './kill-rounds.js';
import { closing, count, keyOf, rawDatabase, temporaryDirectory, temporaryPath } from './on-disk.js';
import { bundle, endAll, start } from './processes.js';

let file: string;
let remove: () => void;

beforeAll(() => {
  ({ file, remove } = bundle());
});
afterAll(() => remove());
afterEach(endAll);

const childKey = (text: string) => keyOf(text, 'Child.task');

/** What the children have left in the file. */
function inspector(path: string): Inspector {
  const store = sqliteStore({ path });
  const database = rawDatabase(path);
  return {
    read: (name) => store.get(childKey(name)) as StateRecord | undefined,
    integrity: () => (database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check,
    close() {
      void store.close();
      database.close();
    },
  };
}

describe('processes that share a SQLite file', () => {
  it('add up exactly: three that count at once, with leases and with the fence alone', async () => {
    const path = temporaryPath();
    const children = [1, 2, 3].map(() => start(file, 'increments', path, 'counter', '250'));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    const store = closing(sqliteStore({ path }));
    expect((store.get(childKey('counter')) as StateRecord).value).toBe(750);
  }, 120_000);

  it('compute each of 50 keys once: 3 processes, 1,500 calls, with not even the file there', async () => {
    let [path, log] = ['', ''];
    let said: string[] = [];
    // One that stands still while it writes keeps the others from the file, and these then run without: it is played again.
    for (let tries = 0; tries === 0 || (tries < 6 && said.some((errors) => errors !== 'errors 0')); tries++) {
      const directory = temporaryDirectory();
      [path, log] = [join(directory, 'states.db'), join(directory, 'log')];
      const children = [1, 2, 3].map(() => start(file, 'stampede', path, log, '50', '500'));
      expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
      said = children.map(({ lines: [errors] }) => errors as string);
      expect(children.map(({ lines: [, sum] }) => sum)).toEqual(['sum 500', 'sum 500', 'sum 500']);
    }
    expect(said).toEqual(['errors 0', 'errors 0', 'errors 0']);
    const bodies = readFileSync(log, 'utf8').trim().split('\n');
    expect(bodies.sort()).toEqual(Array.from({ length: 50 }, (_, i) => `key ${i}`).sort());
    expect(count(rawDatabase(path), 'SELECT count(*) FROM leases')).toBe(0);
  }, 120_000);

  it('find what the first run of the program computed: the second is Cached, with origin and age', async () => {
    const path = temporaryPath();
    const runs = [];
    for (const run of [1, 2]) {
      const child = start(file, 'program', path);
      expect([run, await child.ended]).toEqual([run, 0]);
      runs.push(child.lines.map((line) => JSON.parse(line) as object));
    }
    const values = [{ x: 'EUR', made: 'once' }, ['USD', '1970-01-01T00:00:00.000Z']];
    expect(runs[0]).toEqual(
      values.map((value) => ({ name: 'Completed', value, status: 'miss', store: 'sqlite', aged: false })),
    );
    expect(runs[1]).toEqual(
      values.map((value, i) => ({
        name: 'Cached',
        value,
        status: 'hit',
        store: 'sqlite',
        aged: true,
        from: ['quote', 'now'][i],
      })),
    );
  }, 120_000);

  it('take over from a holder that was killed, within its lease', async () => {
    const held = childKey('held');
    let leaseMs = 500;
    let ledAt = 0;
    let path = '';
    const kill = async (): Promise<void> => {
      path = temporaryPath();
      const dead = start(file, 'holder', path, String(leaseMs), 'dead');
      ledAt = Number((await dead.line('lead')).split(' ')[1]);
      dead.process.kill('SIGKILL');
      await dead.ended;
    };
    await kill();
    let store = closing(sqliteStore({ path }));
    let lead = await store.lead(held, { mode: 'normal', token: 'heir', leaseMs: 500 });
    while (lead.status === 'lead' && Date.now() - ledAt >= leaseMs && leaseMs < 60_000) {
      leaseMs *= 4; // it had run out before it was asked for: the machine was too busy
      await kill();
      store = closing(sqliteStore({ path }));
      lead = await store.lead(held, { mode: 'normal', token: 'heir', leaseMs: 500 });
    }
    expect(lead.status).toBe('wait');
    while (lead.status === 'wait') {
      const { leaseLeftMs } = lead;
      await new Promise((resolve) => setTimeout(resolve, leaseLeftMs));
      lead = await store.lead(held, { mode: 'normal', token: 'heir', leaseMs: 500 });
    }
    expect(lead.status).toBe('lead');
    expect(Date.now() - ledAt).toBeGreaterThanOrEqual(leaseMs);
    expect(Date.now() - ledAt).toBeLessThan(leaseMs + 10_000);
  }, 120_000);

  it('refuse the late write of a holder that was stopped past its lease', async () => {
    const { double, stale } = await stopRounds(file, temporaryDirectory(), 2);
    expect({ double, stale }).toEqual({ double: 0, stale: 0 });
  }, 120_000);

  it('lose nothing that was acknowledged, and keep the file whole, when they are killed while they write: 20 rounds', async () => {
    const path = temporaryPath();
    const kills = await killRounds(file, path, 20, () => inspector(path));
    expect(kills).toEqual({ acknowledged: expect.any(Number), lost: 0, wrong: 0, broken: 0 });
    expect(kills.acknowledged).toBeGreaterThan(100);
    expect(existsSync(path)).toBe(true);
  }, 300_000);
});

describe('a task over SQLite', () => {
  it('whose key is invalidated by another process while it runs, stores nothing, and is never seen', async () => {
    const { double, stale } = await invalidationRounds(temporaryPath(), 30);
    expect({ double, stale }).toEqual({ double: 0, stale: 0 });
  });
});
