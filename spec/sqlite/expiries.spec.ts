import { describe, expect, it } from '@jest/globals';
import type { Invalidation, Lead, StoreKey } from '../../lib/index.js';
import { migrate } from '../../lib/sqlite/schema.js';
import { count, type Fixture, keyOf, onDisk, rawDatabase, temporaryPath } from './on-disk.js';

const key = keyOf('a');
const TAGGED = { tags: ['x'], errorForMs: 3_600_000 };

function ask({ store }: Fixture, of: StoreKey = key): Lead {
  const lead = store.lead(of, { mode: 'normal', token: 'asked', leaseMs: 0 }) as Lead;
  void store.abandon(of, 'asked');
  return lead;
}

function staleOf(fixture: Fixture, of?: StoreKey): number | undefined {
  const lead = ask(fixture, of);
  return lead.status === 'lead' ? lead.stale?.expiresAt : undefined;
}

describe('an expiry in SQLite', () => {
  it('outlives the process, and so does what holds others back', async () => {
    const { put, store, path, clock } = onDisk();
    put(key, 'old', TAGGED);
    const at = clock.now();
    void store.invalidate({ tags: ['x'], expire: true });
    void store.lead(key, { mode: 'normal', token: 'a', leaseMs: 0 });
    void store.abandon(key, 'a', 60_000);
    void store.close();
    await clock.advance('1s');
    const later = onDisk({ path, clock });
    expect(later.value(key)).toBeUndefined();
    expect(ask(later)).toMatchObject({ status: 'stale', record: { value: 'old', expiresAt: at } });
    await clock.advance('1m');
    expect(staleOf(later)).toBe(at);
  });

  it.each<[string, Invalidation]>([
    ['its key', { keys: [key] }],
    ['its task', { identities: ['Pricing.quote'] }],
    ['its tag', { tags: ['x'] }],
    ['everything', { all: true }],
  ])('by %s has records without an end swept after their windows and the time that they are kept', async (_, what) => {
    const fixture = onDisk({ keepExpired: '1m' });
    const { put, store, clock, path } = fixture;
    put(key, 'old', { ...TAGGED, errorForMs: 60_000 });
    const at = clock.now();
    void store.invalidate({ ...what, expire: true });
    const commits = (): void => {
      for (let i = 0; i < 64; i++) put(keyOf('another', 'Other.task'), i);
    };
    const database = rawDatabase(path);
    const left = (): number => count(database, `SELECT count(*) FROM records WHERE digest = '${key.digest}'`);
    commits();
    expect([left(), staleOf(fixture)]).toEqual([1, at]);
    await clock.advance('119s');
    commits();
    expect([left(), staleOf(fixture)]).toEqual([1, at]);
    await clock.advance('2s');
    commits();
    expect(left()).toBe(0);
  });

  it('holds for tags whose single expiry is no longer remembered: these count as invalidated', () => {
    const fixture = onDisk();
    const { put, store, value } = fixture;
    put(key, 'old', TAGGED);
    const newer = keyOf('b');
    void store.invalidate({ tags: ['x'], expire: true });
    void store.invalidate({ tags: Array.from({ length: 9_999 }, (_, i) => `tag ${i}`), expire: true });
    expect(staleOf(fixture)).toBeDefined();
    put(newer, 'newer', { tags: ['y'] });
    void store.invalidate({ tags: ['z'], expire: true });
    expect([value(key), staleOf(fixture), value(newer)]).toEqual([undefined, undefined, 'newer']);
    expect(count(rawDatabase(fixture.path), 'SELECT count(*) FROM tag_expiries')).toBe(10_000);
  });

  it('keeps its list short, however often it is asked for', async () => {
    const fixture = onDisk();
    const { put, store, clock, path } = fixture;
    const at = clock.now();
    put(key, 'old', TAGGED);
    for (let i = 0; i < 300; i++) {
      void store.invalidate({ identities: ['Pricing.quote'], tags: ['x'], all: true, expire: true });
      if (i === 298) put(keyOf('b'), 'between', TAGGED);
      await clock.advance('1s');
    }
    expect(staleOf(fixture)).toBe(at);
    expect(staleOf(fixture, keyOf('b'))).toBe(clock.now() - 1_000);
    const longest = 'SELECT max(length(expiries)) FROM';
    for (const table of ['tag_expiries', 'scopes', 'namespaces'])
      expect(count(rawDatabase(path), `${longest} ${table}`)).toBeLessThan(600);
  });

  it('leaves a file of the first schema usable: what is in it is asked for anew', () => {
    const path = temporaryPath();
    const database = rawDatabase(path);
    const versions: string[] = [];
    const first = Object.create(database, {
      exec: {
        value: (sql: string) => {
          versions.push(sql);
          database.exec(sql);
        },
      },
    }) as typeof database;
    migrate(first, path);
    const steps = versions.filter((sql) => sql.includes('TABLE'));
    expect(steps.length).toBeGreaterThan(1);
    const old = temporaryPath();
    migrate(rawDatabase(old), old, steps.slice(0, 1));
    const raw = rawDatabase(old);
    expect(count(raw, 'PRAGMA user_version')).toBe(1);
    const fixture = onDisk({ path: old });
    fixture.put(key, 'new', TAGGED);
    expect(fixture.value(key)).toBe('new');
    void fixture.store.invalidate({ tags: ['x'], expire: true });
    expect([fixture.value(key), staleOf(fixture)]).toEqual([undefined, fixture.clock.now()]);
    expect(count(raw, 'PRAGMA user_version')).toBe(steps.length);
  });
});
