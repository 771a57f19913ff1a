import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryStore, type StateStore, type StoreKey } from '../../lib/index.js';
import { tieredStore } from '../../lib/stores/tiered-store.js';
import { findRedis, type RedisServer } from '../servers/redis.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await findRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('near tiers before one Redis', () => {
  let redis: RedisUnderTest;
  const tiers: StateStore[] = [];

  beforeAll(async () => {
    redis = await RedisUnderTest.on((server as RedisServer).url);
  });
  afterEach(async () => {
    await Promise.all(tiers.splice(0).map((tier) => tier.close()));
  });
  afterAll(async () => {
    await redis.leave();
    await server?.stop();
  });

  const tier = async (): Promise<StateStore> => {
    const store = tieredStore(memoryStore(), redis.store());
    tiers.push(store);
    await store.get(keyOf('warm'));
    return store;
  };
  async function put(store: StateStore, key: StoreKey, value: unknown): Promise<void> {
    const { generation } = leading(await store.lead(key, { mode: 'refresh', token: 'put', leaseMs: 1_000 }));
    await store.commit(key, 'put', recordOf(key, value, { generation, tags: ['x'] }));
  }
  const value = async (store: StateStore, key: StoreKey): Promise<unknown> => (await store.get(key))?.value;

  /** Until a store has the value: long before `nearMaxAge`, which is 30 s. */
  async function until(store: StateStore, key: StoreKey, wanted: unknown): Promise<void> {
    const began = performance.now();
    while ((await value(store, key)) !== wanted) {
      if (performance.now() - began > 10_000) throw new Error('not within 10 s');
      await sleep(2);
    }
  }

  it('have hits at once, without a question', async () => {
    const a = await tier();
    const key = keyOf('near');
    await put(a, key, 1);
    await until(a, key, 1);
    // Not before it hears what others write: until then it distrusts what it has.
    const end = performance.now() + 10_000;
    while (a.get(key) instanceof Promise && performance.now() < end) await sleep(2);
    expect(a.get(key)).toMatchObject({ value: 1 });
  });

  it.each(['keys', 'identities', 'tags', 'all'] as const)(
    'serve no more what another process expires by %s, and are told of the expired value',
    async (by) => {
      const [a, b] = [await tier(), await tier()];
      const key = keyOf(`expired ${by}`, `Task.expired.${by}`);
      const late = keyOf(`expired late ${by}`, `Task.expired.${by}`);
      await put(a, key, 'old');
      await until(a, key, 'old');
      await until(b, key, 'old');
      const { generation } = leading(await a.lead(late, { mode: 'normal', token: 'late', leaseMs: 60_000 }));
      const what = { keys: [key, late], identities: [key.scope.identity], tags: ['x'], all: true };
      await b.invalidate({ [by]: what[by], expire: true });
      expect(await value(b, key)).toBeUndefined();
      await until(a, key, undefined);
      const commit = await a.commit(late, 'late', recordOf(late, 'late', { generation, tags: ['x'] }));
      expect(commit).toEqual({ committed: true, expiredAt: expect.any(Number) });
      expect([await value(a, late), await value(b, late)]).toEqual([undefined, undefined]);
      const lead = await a.lead(key, { mode: 'normal', token: 'next', leaseMs: 60_000 });
      expect(lead).toMatchObject({ status: 'lead', stale: { value: 'old' }, miss: { reason: 'expired' } });
    },
    60_000,
  );

  it.each(['keys', 'identities', 'tags', 'all'] as const)(
    'forget what another process invalidates by %s',
    async (by) => {
      const [a, b] = [await tier(), await tier()];
      const key = keyOf(`invalidated ${by}`, `Task.${by}`);
      await put(a, key, 'old');
      await until(a, key, 'old');
      await until(b, key, 'old');
      await b.invalidate({ [by]: { keys: [key], identities: [key.scope.identity], tags: ['x'], all: true }[by] });
      expect(await value(b, key)).toBeUndefined();
      await until(a, key, undefined);
    },
    60_000,
  );

  it('take what another process wrote anew', async () => {
    const [a, b] = [await tier(), await tier()];
    const key = keyOf('anew');
    await put(a, key, 'old');
    await until(b, key, 'old');
    await put(a, key, 'new');
    await until(b, key, 'new');
  }, 60_000);

  it('distrust what they keep while they cannot hear', async () => {
    const [a, b] = [await tier(), await tier()];
    const key = keyOf('deaf');
    await put(a, key, 'old');
    await until(a, key, 'old');
    await until(b, key, 'old');
    await redis.admin.client('KILL', 'USER', redis.user);
    await b.invalidate({ tags: ['x'] });
    await until(a, key, undefined);
  }, 60_000);
});
