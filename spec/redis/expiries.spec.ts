import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Lead, StateRecord, StateStore, StoreKey } from '../../lib/index.js';
import { findRedis, type RedisServer } from '../servers/redis.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await findRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;
const NORMAL = { mode: 'normal', leaseMs: 5_000 } as const;

describeWithRedis('an expiry in Redis', () => {
  let redis: RedisUnderTest;

  beforeAll(async () => {
    redis = await RedisUnderTest.on((server as RedisServer).url);
  });
  afterEach(() => redis.closeStores());
  afterAll(async () => {
    await redis.leave();
    await server?.stop();
  });

  async function put(store: StateStore, key: StoreKey, more: Partial<StateRecord> = {}): Promise<void> {
    const { generation } = leading(await store.lead(key, { mode: 'refresh', token: 'put', leaseMs: 1_000 }));
    const record = recordOf(key, 'old', { generation, tags: ['x'], errorForMs: 3_600_000, ...more });
    expect(await store.commit(key, 'put', record)).toMatchObject({ committed: true });
  }

  async function staleOf(store: StateStore, key: StoreKey): Promise<StateRecord | undefined> {
    const lead: Lead = await store.lead(key, { ...NORMAL, token: 'asked' });
    await store.abandon(key, 'asked');
    return lead.status === 'lead' ? lead.stale : undefined;
  }

  /** What a key of the store is called on the server. */
  const nameOf = (key: StoreKey): string => `${redis.prefix}:{${key.digest}}`;

  it('of a key keeps how long the server keeps the value', async () => {
    const store = redis.store();
    const key = keyOf('kept', 'Kept.key');
    await put(store, key, { expiresAt: Date.now() + 600_000 });
    const before = await redis.admin.pttl(nameOf(key));
    await store.invalidate({ keys: [key], expire: true });
    const after = await redis.admin.pttl(nameOf(key));
    expect(after).toBeGreaterThan(before - 60_000);
    expect(after).toBeLessThanOrEqual(before);
    expect((await staleOf(store, key))?.value).toBe('old');
  });

  it('is known to a process that begins afterwards, with the time of the first', async () => {
    const store = redis.store();
    const key = keyOf('first', 'First.key');
    await put(store, key);
    const expire = async (): Promise<readonly [from: number, to: number]> => {
      const from = Date.now();
      await store.invalidate({ tags: ['x'], identities: ['First.key'], expire: true });
      return [from, Date.now()];
    };
    const at = await expire();
    await sleep(200); // the first is told from the others
    for (let i = 0; i < 59; i++) await expire();
    const between = keyOf('between', 'First.key');
    await put(store, between);
    const later = await expire();
    const other = redis.store();
    for (const one of [store, other]) {
      expect(await one.get(key)).toBeUndefined();
      for (const [of, [from, to]] of [
        [key, at],
        [between, later],
      ] as const) {
        const expiresAt = (await staleOf(one, of))?.expiresAt ?? 0;
        expect(expiresAt).toBeGreaterThan(from - 60);
        expect(expiresAt).toBeLessThan(to + 60);
      }
    }
  });

  it('counts as an invalidation where the server has evicted when it was', async () => {
    const store = redis.store();
    const key = keyOf('evicted', 'Evicted.key');
    await put(store, key);
    await store.invalidate({ identities: ['Evicted.key'], expire: true });
    await redis.admin.del(`${redis.prefix}:{board}:by`);
    const other = redis.store();
    expect([await other.get(key), await staleOf(other, key)]).toEqual([undefined, undefined]);
    const older = keyOf('older', 'Evicted.key');
    await put(other, older);
    await store.invalidate({ identities: ['Evicted.key'], expire: true });
    await redis.admin.del(`${redis.prefix}:{board}:by`);
    await put(other, key);
    await store.invalidate({ identities: ['Evicted.key'], expire: true });
    const third = redis.store();
    expect((await staleOf(third, key))?.value).toBe('old');
    expect((await staleOf(third, older))?.expiresAt).toBeLessThan(60_000); // of no use for half a century
  });

  it('that a failover lost is told to the server again', async () => {
    const store = redis.store();
    const key = keyOf('failover', 'Failover.key');
    await put(store, key, { tags: ['lost tag'] });
    const board = `${redis.prefix}:{board}`;
    const newest = (await redis.admin.zscore(board, '#newest')) as string;
    await store.invalidate({ tags: ['lost tag'], expire: true });
    const lost = 'xt:0:lost tag';
    await redis.admin.multi().zadd(board, newest, '#newest').zrem(board, lost).hdel(`${board}:by`, lost).exec();
    await store.lead(keyOf('anything'), { ...NORMAL, token: 'a' });
    const other = redis.store();
    expect(await other.get(key)).toBeUndefined();
    expect((await staleOf(other, key))?.value).toBe('old');
  });

  it('of more tags than are remembered one by one counts as an invalidation of what has any, and of nothing newer', async () => {
    const store = redis.store();
    const [tagged, plain] = [keyOf('tagged', 'Bulk.key'), keyOf('plain', 'Bulk.key')];
    await put(store, tagged, { tags: ['forgotten'] });
    await put(store, plain, { tags: undefined });
    await store.invalidate({ tags: ['forgotten'], expire: true });
    expect(await staleOf(store, tagged)).toBeDefined();
    for (let i = 0; i < 3; i++) {
      await store.invalidate({ tags: Array.from({ length: 7_000 }, (_, j) => `bulk ${i} ${j}`), expire: true });
    }
    expect(await store.get(tagged)).toBeUndefined(); // it knows of the single one still
    const other = redis.store();
    expect([await other.get(tagged), await staleOf(other, tagged)]).toEqual([undefined, undefined]);
    expect((await other.get(plain))?.value).toBe('old');
    await put(store, tagged, { tags: ['forgotten'] });
    expect((await redis.store().get(tagged))?.value).toBe('old');
    const board = `${redis.prefix}:{board}`;
    expect(await redis.admin.zcard(board)).toBeLessThan(20_100);
    expect(await redis.admin.hlen(`${board}:by`)).toBeLessThan(20_100);
  }, 120_000);

  it('of 10,000 tags at once reaches the first and the last of them, in other processes too', async () => {
    const [store, other] = [redis.store(), redis.store()];
    const tags = Array.from({ length: 10_000 }, (_, i) => `tag ${i}`);
    const [first, last, none] = [keyOf('first'), keyOf('last'), keyOf('none')];
    await put(store, first, { tags: ['tag 0'] });
    await put(store, last, { tags: ['tag 9999'] });
    await put(store, none, { tags: ['tag 10000'] });
    await store.invalidate({ tags, expire: true });
    for (const one of [store, other]) {
      expect([await staleOf(one, first), await staleOf(one, last)]).toMatchObject([{ value: 'old' }, { value: 'old' }]);
      expect((await one.get(none))?.value).toBe('old');
    }
    const all = keyOf('all of them');
    await put(store, all, { tags });
    expect((await other.get(all))?.tags?.length).toBe(10_000);
  }, 120_000);

  it('of a key whose value and run are gone tells near tiers all the same', async () => {
    const store = redis.store();
    const key = keyOf('gone');
    await put(store, key);
    await redis.admin.del(nameOf(key));
    const told: unknown[] = [];
    const stop = store.watch((event) => told.push(event));
    await store.get(key);
    while ((await redis.admin.pubsub('NUMSUB', `${redis.prefix}:events`))[1] === 0) await store.get(key);
    await redis.store().invalidate({ keys: [key], expire: true });
    const event = { kind: 'invalidated', digests: [key.digest], generation: expect.any(Number) };
    while (!told.some((one) => (one as { kind: string }).kind === 'invalidated')) await store.get(key);
    expect(told).toContainEqual(expect.objectContaining(event));
    stop();
  });
});
