import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { createPond, type StateStore } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { LostTime } from './lost-time.js';
import { Pricing } from './pricing.js';
import { PATIENT } from './redis-under-test.js';

const NODES = 3;
const SLOTS = 16_384;

const first = await startRedis('--cluster-enabled', 'yes');
const describeWithRedis = first === undefined ? describe.skip : describe;

describeWithRedis('a Redis store on a cluster', () => {
  const nodes: OwnRedis[] = [];
  let client: Cluster;

  beforeAll(async () => {
    nodes.push(first as OwnRedis);
    while (nodes.length < NODES) nodes.push((await startRedis('--cluster-enabled', 'yes')) as OwnRedis);
    await join(nodes);
    client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  }, 120_000);

  afterAll(async () => {
    client?.disconnect();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it('keeps what belongs to a key in one slot, and spreads keys over all nodes', async () => {
    await using pond = createPond({
      store: redisStore({ client, ...PATIENT }),
      logLevel: 'silent',
      storeTimeout: '30s',
    });
    let runs = 0;
    const pricing = pond.bind(new Pricing(async (sku) => `${sku} ${++runs}`));
    const skus = Array.from({ length: 60 }, (_, i) => `{x}${i}`); // a tag in the input does not choose the slot
    const prices = await Promise.all(skus.map((sku) => pricing.quote(sku)));
    expect(await Promise.all(skus.map((sku) => pricing.quote(sku)))).toEqual(prices);
    expect(runs).toBe(60);
    const kept = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
    expect(kept.every((keys) => keys > 5)).toBe(true);
  });

  it('has one computation for two processes, and invalidates on all nodes', async () => {
    const [a, b] = [redisStore({ client, ...PATIENT }), redisStore({ client, ...PATIENT })];
    for (let i = 0; i < 10; i++) {
      const key = keyOf(`key ${i}`);
      const { generation } = leading(await a.lead(key, { mode: 'normal', token: 'a', leaseMs: 60_000 }));
      const waiting = await b.lead(key, { mode: 'normal', token: 'b', leaseMs: 60_000 });
      expect(waiting.status).toBe('wait');
      expect(await a.commit(key, 'a', recordOf(key, i, { generation, tags: [`tag ${i % 2}`] }))).toEqual({
        committed: true,
      });
      if (waiting.status === 'wait') await waiting.woken;
      expect((await b.get(key))?.value).toBe(i);
    }
    await a.invalidate({ tags: ['tag 0'], keys: [keyOf('key 1')] });
    expect(await values(a)).toEqual([undefined, undefined, undefined, 3, undefined, 5, undefined, 7, undefined, 9]);
    await heard(b);
    expect(await values(b)).toEqual([undefined, undefined, undefined, 3, undefined, 5, undefined, 7, undefined, 9]);
    await Promise.all([a.close(), b.close()]);
  });

  it('answers in time while a node is gone, and recovers', async () => {
    const store = redisStore({ client, timeout: 300 });
    const keys = Array.from({ length: 20 }, (_, i) => keyOf(`gone ${i}`));
    const all = (): Promise<PromiseSettledResult<unknown>[]> => Promise.allSettled(keys.map((key) => store.get(key)));
    await all();
    const [, node] = nodes as [OwnRedis, OwnRedis];
    process.kill(node.pid, 'SIGSTOP');
    const lost = LostTime.beside();
    const began = performance.now();
    expect((await all()).some(({ status }) => status === 'rejected')).toBe(true);
    expect(performance.now() - lost.ms - began).toBeLessThan(5_000);
    lost.stop();
    process.kill(node.pid, 'SIGCONT');
    while ((await all()).some(({ status }) => status === 'rejected')) await sleep(20);
    await store.close();
  }, 60_000);

  async function values(store: StateStore): Promise<unknown[]> {
    return Promise.all(Array.from({ length: 10 }, async (_, i) => (await store.get(keyOf(`key ${i}`)))?.value));
  }

  /** Until the message of the invalidation has come: nothing promises when, but that it is soon. */
  async function heard(store: StateStore): Promise<void> {
    const until = performance.now() + 20_000;
    while ((await store.get(keyOf('key 2'))) !== undefined && performance.now() < until) await sleep(5);
  }
});

/** Makes one cluster of servers. */
async function join(nodes: readonly OwnRedis[]): Promise<void> {
  const clients = nodes.map(({ url }) => new Redis(url));
  const [head] = clients as [Redis];
  const port = nodes[0]?.port as number;
  await Promise.all(
    clients.map(async (client, i) => {
      const from = Math.ceil((i * SLOTS) / NODES);
      const to = Math.ceil(((i + 1) * SLOTS) / NODES);
      const slots = Array.from({ length: to - from }, (_, n) => from + n); // ADDSLOTSRANGE is younger than what is supported
      await client.call('CLUSTER', 'ADDSLOTS', ...slots);
      if (client !== head) await client.call('CLUSTER', 'MEET', '127.0.0.1', port);
    }),
  );
  const isWhole = async (client: Redis): Promise<boolean> => {
    const info = String(await client.call('CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`);
  };
  for (const client of clients) while (!(await isWhole(client))) await sleep(50);
  for (const client of clients) client.disconnect();
}
