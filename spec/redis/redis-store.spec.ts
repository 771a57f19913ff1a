import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { StateRecord, StateStore, StoreKey } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('the Redis store', () => {
  let redis: RedisUnderTest;
  let store: ReturnType<typeof redisStore>;

  beforeAll(async () => {
    redis = await RedisUnderTest.on((server as OwnRedis).url);
    store = redis.store();
  });
  afterAll(async () => {
    const immortal = await redis.immortal();
    await redis.leave();
    await server?.stop();
    expect(immortal).toEqual([]);
  });

  const NORMAL = { mode: 'normal', leaseMs: 60_000 } as const;
  async function put(
    key: StoreKey,
    value: unknown,
    more: Partial<StateRecord> = {},
    into: StateStore = store,
  ): Promise<void> {
    const { generation } = leading(await into.lead(key, { ...NORMAL, mode: 'refresh', token: 'put' }));
    expect(await into.commit(key, 'put', recordOf(key, value, { generation, ...more }))).toEqual({ committed: true });
  }
  const nameOf = (key: StoreKey): string => `${redis.prefix}:{${key.digest}}`;

  /** What the server is asked while something is done. */
  async function commandsOf(act: () => Promise<unknown>, tries = 10): Promise<string[]> {
    const monitor = await redis.admin.monitor();
    const seen: string[] = [];
    monitor.on('monitor', (_: string, [command]: string[]) => seen.push(String(command).toLowerCase()));
    await act();
    await redis.admin.echo('end');
    while (!seen.includes('echo')) await new Promise((resolve) => setImmediate(resolve));
    monitor.disconnect();
    // What is known of invalidations is looked at anew once a second, on the side: not this time.
    if (seen.some((command) => command === 'evalsha' || command === 'ping') && tries > 1)
      return commandsOf(act, tries - 1);
    return seen.filter((command) => command !== 'echo');
  }

  it('answers a hit with one plain read, and hits of one turn with one for all', async () => {
    const keys = Array.from({ length: 10 }, (_, i) => keyOf(`hit ${i}`));
    for (const key of keys) await put(key, key.text);
    await Promise.all(keys.map((key) => store.get(key)));
    const [first] = keys as [StoreKey];
    expect(await commandsOf(async () => store.get(first))).toEqual(['get']);
    const values = async (): Promise<unknown> => Promise.all(keys.map(async (key) => (await store.get(key))?.value));
    expect(await commandsOf(async () => expect(await values()).toEqual(keys.map(({ text }) => text)))).toEqual([
      'mget',
    ]);
  });

  it('goes by the server’s clock, whatever the host’s says', async () => {
    const skewed = redis.store();
    skewed.attach?.({ clock: fakeClock(Date.now() - 3_600_000) });
    const key = keyOf('skewed');
    await put(key, 1, { expiresAt: Date.now() - 3_600_000 + 60_000 }, skewed);
    expect((await store.get(key))?.value).toBe(1);
    expect(await redis.admin.pttl(nameOf(key))).toBeGreaterThan(60_000);
    await put(key, 2, { expiresAt: Date.now() + 60_000 });
    expect((await skewed.get(key))?.value).toBe(2);
  });

  it('keeps no value for longer than `maxAge`', async () => {
    const brief = redis.store({ maxAge: '1h' });
    const [never, late] = [keyOf('never expires'), keyOf('expires late')];
    await put(never, 1, {}, brief);
    await put(late, 1, { expiresAt: Date.now() + 86_400_000 }, brief);
    for (const key of [never, late]) {
      expect(await redis.admin.pttl(nameOf(key))).toBeLessThanOrEqual(3_600_000);
      expect((await brief.get(key))?.value).toBe(1);
    }
  });

  it('holds nobody back after a failure where there is nothing to serve, and says why that is', async () => {
    const key = keyOf('back-off');
    await store.lead(key, { ...NORMAL, token: 'a' });
    await store.abandon(key, 'a', 60_000, { reason: 'not-stored', detail: 'its last run ended Failed' });
    const lead = await store.lead(key, { ...NORMAL, token: 'b' });
    expect(lead).toMatchObject({ status: 'lead', miss: { reason: 'not-stored', detail: 'its last run ended Failed' } });
  });

  it('gives an expired value to whoever waits or computes, and leaves it to them whether it may be served', async () => {
    for (const windows of [{ renewForMs: 60_000 }, {}]) {
      let asked: readonly unknown[] = [];
      let isGone = true;
      // Without a window it is kept for a second: a machine that stood still for longer is asked again.
      for (let tries = 0; isGone && tries < 10; tries++) {
        const key = keyOf(`past its end ${JSON.stringify(windows)} ${tries}`);
        const began = performance.now();
        await put(key, 'old', { expiresAt: Date.now() + 1, ...windows });
        let leader = await store.lead(key, { ...NORMAL, token: 'leader' });
        while (leader.status === 'hit') leader = await store.lead(key, { ...NORMAL, token: 'leader' });
        asked = [leader, await store.lead(key, { ...NORMAL, token: 'b' })];
        isGone = performance.now() - began > 1_000;
      }
      expect(asked).toMatchObject([
        { status: 'lead', miss: { reason: 'expired' }, stale: { value: 'old' } },
        { status: 'wait', stale: { value: 'old' } },
      ]);
    }
  });

  it('asks to renew a lease three times while it lasts, and not at all where only the fence is taken', async () => {
    expect(leading(await store.lead(keyOf('leased'), { ...NORMAL, token: 'a' })).renewEveryMs).toBeCloseTo(
      NORMAL.leaseMs / 3,
    );
    const fence = leading(await store.lead(keyOf('fenced'), { ...NORMAL, leaseMs: 0, token: 'a' }));
    expect(fence.renewEveryMs).toBeUndefined();
  });

  it('gives the same right again to a holder whose answer was lost', async () => {
    const key = keyOf('asked again');
    const { generation } = leading(await store.lead(key, { ...NORMAL, token: 'a' }));
    expect(leading(await store.lead(key, { ...NORMAL, token: 'a' })).generation).toBe(generation);
  });

  it('refuses what cannot be stored, names the path or the bound, and leaves the key free', async () => {
    const small = redis.store({ maxValueBytes: 1_000 });
    const key = keyOf('refused');
    for (const [value, why] of [
      [{ a: { b: () => 1 } }, /a\.b/],
      ['x'.repeat(2_000), /1000|1,000/],
    ] as const) {
      const { generation } = leading(await small.lead(key, { ...NORMAL, token: 'a' }));
      const commit = await small.commit(key, 'a', recordOf(key, value, { generation }));
      expect(commit).toEqual({ committed: false, refused: expect.stringMatching(why) });
    }
    const next = leading(await small.lead(key, { ...NORMAL, token: 'b' }));
    expect(next.miss).toEqual({ reason: 'not-stored', detail: expect.stringMatching(/1000|1,000/) });
  });

  it('says who invalidated a task or everything', async () => {
    const key = keyOf('by whom', 'Task.byWhom', undefined, 'space');
    await put(key, 1);
    await store.invalidate({ namespace: 'space', identities: ['Task.byWhom'], by: 'the nightly import' });
    const { miss } = leading(await store.lead(key, { ...NORMAL, token: 'a' }));
    expect(miss).toEqual({ reason: 'invalidated', detail: 'invalidated by the nightly import' });
  });

  it('says which tag was invalidated, and by whom, but for one that is too long to be kept', async () => {
    const long = 'x'.repeat(300);
    for (const [tag, shown] of [
      ['prices', ", tag 'prices'"],
      [long, ''],
    ] as const) {
      const key = keyOf('by whom', 'Task.byTag', undefined, `space ${tag.length}`);
      await put(key, 1, { tags: ['sku:1', tag] });
      await store.invalidate({
        namespace: `space ${tag.length}`,
        tags: ['unused', tag],
        by: '@Invalidates on Shop.raise',
      });
      const { miss } = leading(await store.lead(key, { ...NORMAL, token: 'a' }));
      expect(miss).toEqual({ reason: 'invalidated', detail: `invalidated by @Invalidates on Shop.raise${shown}` });
    }
  });

  it('leaves keys of others alone: another prefix, a foreign value under its own name', async () => {
    const neighbour = `${redis.prefix}2`;
    await redis.admin.set(`${neighbour}:{x}`, 'theirs', 'PX', 60_000);
    const key = keyOf('foreign');
    await redis.admin.set(nameOf(key), 'something else', 'PX', 60_000);
    expect(await store.get(key)).toBeUndefined();
    expect(leading(await store.lead(key, { ...NORMAL, token: 'a' })).miss.reason).toBe('undecodable');
    await store.invalidate({ all: true });
    expect(await redis.admin.get(`${neighbour}:{x}`)).toBe('theirs');
    const user = new Redis(redis.url, { enableReadyCheck: false });
    await expect(user.get(`${neighbour}:{x}`)).rejects.toThrow(/NOPERM/);
    await expect(user.keys('*')).rejects.toThrow(/NOPERM/);
    await expect(user.flushdb()).rejects.toThrow(/NOPERM/);
    user.disconnect();
  });

  it('never takes changed bytes for a value', async () => {
    const key = keyOf('mutated');
    const value = { name: 'naïve', list: [1, 2n, new Date(0)], map: new Map([['a', new Set([1])]]) };
    await put(key, value, { expiresAt: Date.now() + 3_600_000, tags: ['x'] });
    const bytes = (await redis.admin.getBuffer(nameOf(key))) as Buffer;
    const rounds = Number(process.env.FAULT_ROUNDS ?? 0) > 0 ? 10_000 : 500;
    for (let round = 0; round < rounds; round++) {
      const changed = Buffer.from(bytes);
      // Deterministic, and over every byte in turn: a failure names its round.
      const at = round % bytes.length;
      changed[at] = ((changed[at] as number) + 1 + ((round * 7_919) % 255)) % 256;
      const cut = round % 10 === 9 ? changed.subarray(0, at) : changed;
      await redis.admin.set(nameOf(key), cut, 'PX', 60_000);
      const found = await store.get(key);
      if (found !== undefined) throw new Error(`round ${round}: changed bytes were taken for a value`);
    }
    await redis.admin.set(nameOf(key), bytes, 'PX', 60_000);
    expect((await store.get(key))?.value).toEqual(value);
  }, 120_000);

  describe('where what is known of invalidations is lost', () => {
    const board = (): string => `${redis.prefix}:{board}`;

    it('by eviction, believes nothing that was written before', async () => {
      const key = keyOf('evicted board');
      await put(key, 'before', { tags: ['x'] });
      await redis.admin.del(board());
      const fresh = redis.store();
      expect(await fresh.get(key)).toBeUndefined();
      await put(key, 'after', {}, fresh);
      expect((await fresh.get(key))?.value).toBe('after');
    });

    it('by a failover, tells the server again', async () => {
      const key = keyOf('failover');
      await put(key, 'before', { tags: ['lost tag'] });
      const newest = (await redis.admin.zscore(board(), '#newest')) as string;
      await store.invalidate({ tags: ['lost tag'] });
      await redis.admin.multi().zadd(board(), newest, '#newest').zrem(board(), 't:0:lost tag').exec();
      await store.lead(keyOf('anything'), { ...NORMAL, token: 'a' });
      expect(await redis.store().get(key)).toBeUndefined();
    });

    it('by a failover that lost nothing that matters, goes on from the highest number', async () => {
      const [key, other] = [keyOf('numbers'), keyOf('other')];
      await put(key, 1);
      const newest = Number(await redis.admin.zscore(board(), '#newest'));
      await redis.admin.zadd(board(), newest - 1_000, '#newest');
      await put(other, 2);
      expect([(await store.get(key))?.value, (await store.get(other))?.value]).toEqual([1, 2]);
      expect(Number(await redis.admin.zscore(board(), '#newest'))).toBeGreaterThan(newest);
    });

    it('by too many tags, believes no older record that has any', async () => {
      const [tagged, plain] = [keyOf('tagged'), keyOf('not tagged')];
      await put(tagged, 1, { tags: ['y'] });
      await put(plain, 1);
      for (let i = 0; i < 21; i++) {
        await store.invalidate({ tags: Array.from({ length: 1_000 }, (_, j) => `bulk ${i} ${j}`) });
      }
      const later = keyOf('tagged later');
      await put(later, 1, { tags: ['y'] });
      const fresh = redis.store();
      const values = await Promise.all([tagged, plain, later].map(async (key) => (await fresh.get(key))?.value));
      expect(values).toEqual([undefined, 1, 1]);
      expect(await redis.admin.zcard(board())).toBeLessThan(20_100);
    }, 120_000);
  });
});
