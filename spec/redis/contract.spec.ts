import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeStateStore } from '../../lib/testing/index.js';
import { findRedis } from '../servers/redis.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await findRedis();

if (server === undefined) {
  describe.skip('the Redis store', () => {
    it('needs a server', () => {});
  });
} else {
  const redis = await RedisUnderTest.on(server.url);

  describeStateStore('the Redis store', () => redis.store(), {
    api: { describe, it, expect },
    advance: (ms) => sleep(ms),
    another: () => redis.store(),
    corrupt: async (key) => {
      const name = `${redis.prefix}:{${key.digest}}`;
      await redis.admin.setrange(name, (await redis.admin.strlen(name)) - 9, '!');
    },
  });

  afterAll(async () => {
    const immortal = await redis.immortal();
    await redis.leave();
    await server.stop();
    expect(immortal).toEqual([]);
  });
}
