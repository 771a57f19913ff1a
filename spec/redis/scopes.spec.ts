import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { getTaskRunContext, task, taskInputHash, tryGetRunContext } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { startRedis } from '../servers/redis.js';

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('a client that runs share', () => {
  afterAll(async () => {
    await server?.stop();
  });

  it('answers each run in its own scope, whoever connected it', async () => {
    const url = server?.url as string;
    const pond = createTestPond({ store: redisStore({ url, prefix: 'scopes' }) });
    let client: Redis | undefined;
    const seen: [unknown, unknown][] = [];
    const note = (tenant: unknown): void => {
      const context = tryGetRunContext();
      seen.push([tenant, context?.values.tenant]);
    };
    const ask = task(
      async (round: number) => {
        const { tenant } = getTaskRunContext().values;
        client ??= new Redis(url); // connected inside the first run, used by all
        await client.set(`scopes:plain:${String(tenant)}`, round);
        note(tenant);
        await new Promise<void>((resolve) => {
          void client?.get(`scopes:plain:${String(tenant)}`, () => {
            note(tenant);
            resolve();
          });
        });
        await client.multi().incr('scopes:n').incr('scopes:n').exec();
        note(tenant);
        return tenant;
      },
      { name: 'ask', cacheKeyFn: taskInputHash, varyBy: ['tenant'] },
    );
    const calls = Array.from({ length: 600 }, (_, i) =>
      pond.run({ tenant: i % 3 }, async () => expect(await ask(Math.floor(i / 9))).toBe(i % 3)),
    );
    await Promise.all(calls);
    expect(seen.length).toBeGreaterThan(500);
    expect(seen.filter(([tenant, other]) => tenant !== other)).toEqual([]);
    await client?.quit();
    await pond.close();
  });
});
