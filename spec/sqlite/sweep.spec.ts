import { describe, expect, it } from '@jest/globals';
import type { Invalidation } from '../../lib/index.js';
import { count, keyOf, onDisk, rawDatabase } from './on-disk.js';

/** Commits that have nothing to do with what is swept. */
function commits(put: ReturnType<typeof onDisk>['put'], many: number): void {
  for (let i = 0; i < many; i++) put(keyOf('another'), i);
}

describe('sweeping', () => {
  it('takes out what has been expired for the time that it is kept, a bounded part at a time', async () => {
    const { put, clock, path, why } = onDisk({ keepExpired: '1m' });
    const end = clock.now() + 1_000;
    for (let i = 0; i < 100; i++) put(keyOf(`key ${i}`), i, { expiresAt: end });
    put(keyOf('for ever'), 1);
    const database = rawDatabase(path);
    const left = (): number => count(database, 'SELECT count(*) FROM records');
    await clock.advance('1m');
    commits(put, 64);
    expect(left()).toBe(102);
    expect(why(keyOf('key 1')).reason).toBe('expired');
    await clock.advance('2s');
    commits(put, 16);
    expect(left()).toBe(38);
    commits(put, 16);
    expect(left()).toBe(2);
    expect(why(keyOf('key 1')).reason).toBe('first-seen');
  });

  it('keeps what may still be served past its expiry', async () => {
    const { put, clock, path } = onDisk({ keepExpired: 0 });
    put(keyOf('a'), 1, { expiresAt: clock.now() + 1, renewForMs: 5_000, errorForMs: 60_000 });
    await clock.advance('59s');
    commits(put, 32);
    const database = rawDatabase(path);
    expect(count(database, 'SELECT count(*) FROM records')).toBe(2);
    await clock.advance('2s');
    commits(put, 32);
    expect(count(database, 'SELECT count(*) FROM records')).toBe(1);
  });

  it.each<[string, Invalidation]>([
    ['its task', { identities: ['Pricing.quote'] }],
    ['its tag', { tags: ['x'] }],
    ['everything', { all: true }],
  ])('takes out what was invalidated with %s, remembers why, and then looks no more', (_, what) => {
    const { put, store, path, why, value } = onDisk();
    const put200 = (namespace: string): void => {
      for (let i = 0; i < 200; i++) put(keyOf(`key ${i}`, 'Pricing.quote', undefined, namespace), i, { tags: ['x'] });
    };
    put200('');
    put200('neighbour');
    void store.invalidate({ ...what, by: 'a spec' });
    put(keyOf('key 7'), 'newer', { tags: ['x'] });
    const database = rawDatabase(path);
    const other = keyOf('another', 'Other.task', undefined, 'neighbour');
    for (let i = 0; i < 200; i++) put(other, i);
    expect(count(database, 'SELECT count(*) FROM records')).toBe(202);
    expect(count(database, 'SELECT voided - swept FROM counter')).toBe(0);
    expect(why(keyOf('key 8'))).toEqual({
      reason: 'invalidated',
      detail: `invalidated by a spec${what.tags ? ", tag 'x'" : ''}`,
    });
    expect(value(keyOf('key 7'))).toBe('newer');
    expect(value(keyOf('key 8', 'Pricing.quote', undefined, 'neighbour'))).toBe(8);
  });

  it('takes out leases whose holder died long ago', async () => {
    const { put, store, clock, path } = onDisk();
    for (let i = 0; i < 30; i++)
      await store.lead(keyOf(`key ${i}`), { mode: 'normal', token: `t${i}`, leaseMs: 1_000 });
    await clock.advance('23h');
    commits(put, 16);
    const database = rawDatabase(path);
    expect(count(database, 'SELECT count(*) FROM leases')).toBe(30);
    await store.renew(keyOf('key 3'), 't3', 1_000);
    await clock.advance('2h');
    commits(put, 16);
    expect(count(database, 'SELECT count(*) FROM leases')).toBe(1);
  });

  it('bounds the tombstones', async () => {
    const { store, path, why } = onDisk();
    const keys = Array.from({ length: 10_050 }, (_, i) => keyOf(`key ${i}`));
    for (let i = 0; i < keys.length; i += 1_000) {
      const some = keys.slice(i, i + 1_000);
      const abandon = async (one: (typeof keys)[number]): Promise<void> => {
        await store.lead(one, { mode: 'normal', token: one.text, leaseMs: 1_000 });
        await store.abandon(one, one.text, undefined, { reason: 'cache-if' });
      };
      await Promise.all(some.map(abandon));
    }
    expect(count(rawDatabase(path), 'SELECT count(*) FROM tombstones')).toBe(10_000);
    expect([why(keys[49] as never).reason, why(keys[50] as never).reason]).toEqual(['first-seen', 'cache-if']);
  }, 120_000);
});

describe('the file', () => {
  it('does not grow while the same is written again and again', async () => {
    const { put, store, clock, path } = onDisk({ keepExpired: 0 });
    const database = rawDatabase(path);
    const pages = (): number => count(database, 'PRAGMA page_count');
    const round = async (): Promise<void> => {
      for (let i = 0; i < 200; i++)
        put(keyOf(`${clock.now()} ${i}`), 'x'.repeat(500), { expiresAt: clock.now() + 1_000 });
      await clock.advance('2s');
    };
    store.get(keyOf('a'));
    for (let i = 0; i < 4; i++) await round();
    const before = pages();
    for (let i = 0; i < 12; i++) await round();
    expect(pages()).toBeLessThan(before * 1.3);
  });
});
