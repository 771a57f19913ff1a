import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { redisStore } from '../../lib/redis/index.js';
import { startRedis } from '../servers/redis.js';
import { startSentinel } from '../servers/sentinel.js';
import { keyOf, leading, recordOf } from '../stores/records.js';

const NAME = 'flowpond';
/**
 * Longer than a failover takes: half a second until the master is given up, then an election. A sentinel that itself stood still for two
 * seconds does nothing for thirty.
 */
const PATIENCE_MS = 90_000;

const master = await startRedis();
const describeWithRedis = master === undefined ? describe.skip : describe;

describeWithRedis('a Redis store behind a sentinel', () => {
  const stops: (() => unknown)[] = [() => master?.stop()];
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  it('goes on with the replica that is promoted: values are there, and numbers do not go back', async () => {
    const port = master?.port as number;
    const replica = (await startRedis('--replicaof', '127.0.0.1', String(port))) as NonNullable<typeof master>;
    stops.push(() => replica.stop());
    const watched = new Redis(replica.url);
    stops.push(() => watched.disconnect());
    await until(async () => (await watched.info('replication')).includes('master_link_status:up'));
    const sentinel = await startSentinel(NAME, port);
    stops.push(() => sentinel.stop());
    const asked = new Redis(sentinel.port, '127.0.0.1');
    stops.push(() => asked.disconnect());
    const givesUpAfter = (ms: number): Promise<unknown> =>
      asked.call('SENTINEL', 'SET', NAME, 'down-after-milliseconds', ms);
    await givesUpAfter(60_000); // not a master that is only slow, before all is in place
    await until(async () => ((await asked.call('SENTINEL', 'REPLICAS', NAME)) as unknown[]).length === 1);

    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: NAME });
    client.on('error', () => {}); // the master is gone for a while
    const store = redisStore({ client, timeout: '10s' });
    stops.push(async () => {
      await store.close();
      client.disconnect();
    });
    const request = { mode: 'normal', token: 'a', leaseMs: 5_000 } as const;
    const [kept, later] = [keyOf('kept'), keyOf('later')];
    const { generation } = leading(await store.lead(kept, request));
    await store.commit(kept, 'a', recordOf(kept, 'before', { generation }));
    await until(async () => (await watched.dbsize()) === (await client.dbsize())); // all has come to the replica

    await givesUpAfter(500);
    await master?.kill();
    await until(async () => (await store.get(kept))?.value === 'before');
    await until(async () => (await watched.info('replication')).includes('role:master'));
    const next = leading(await store.lead(later, request));
    expect(next.generation).toBeGreaterThan(generation);
    const record = recordOf(later, 'after', { generation: next.generation });
    expect(await store.commit(later, 'a', record)).toEqual({ committed: true });
    expect((await store.get(later))?.value).toBe('after');
    expect(await watched.dbsize()).toBeGreaterThan(2);
  }, 300_000);
});

/** Until it is so; an error is no yet. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${isSo}`);
    await sleep(20);
  }
}
