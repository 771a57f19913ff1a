import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPond } from '../../lib/index.js';
import { findRedis, type RedisServer } from '../servers/redis.js';
import { Crew, invalidationRounds, killRounds, LONG_LEASE_MS, stopRounds, TAKEOVER } from './flight-rounds.js';
import { Pricing } from './pricing.js';

const server = await findRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('processes that share a Redis store', () => {
  let crew: Crew;

  beforeAll(async () => {
    crew = await Crew.at((server as RedisServer).url);
  }, 60_000);

  afterAll(async () => {
    const immortal = await crew.leave();
    await server?.stop();
    expect(immortal).toEqual([]);
  });

  it('compute a missing key once for 4 x 1,000 callers', async () => {
    const before = crew.runs;
    const how = { callers: 1_000, computeMs: 200, leaseMs: LONG_LEASE_MS };
    const quoted = await Promise.all(crew.four.map((worker) => worker.quote('A1', how)));
    expect(crew.runs - before).toBe(1);
    expect(new Set(quoted.flatMap(({ prices }) => prices)).size).toBe(1);
  }, 120_000);

  it('compute 25 cold keys once each', async () => {
    const before = crew.runs;
    const skus = Array.from({ length: 25 }, (_, i) => `cold ${i}`);
    const how = { callers: 10, computeMs: 20, leaseMs: LONG_LEASE_MS };
    await Promise.all(crew.four.flatMap((worker) => skus.map((sku) => worker.quote(sku, how))));
    expect(crew.runs - before).toBe(25);
  }, 120_000);

  it('replace a holder that was killed soon after its lease, by one of those who wait', async () => {
    const { double, stale, takeoversMs } = await killRounds(crew, 3, 2);
    expect({ double, stale }).toEqual({ double: 0, stale: 0 });
    expect(Math.max(...takeoversMs)).toBeLessThan(TAKEOVER.mostMs);
  }, 120_000);

  it('refuse the late write of a holder that was stopped, and give it the newer value', async () => {
    const { double, stale } = await stopRounds(crew, 2);
    expect({ double, stale }).toEqual({ double: 0, stale: 0 });
  }, 120_000);

  it('never keep what was computed before an invalidation, whoever waits for it', async () => {
    const { double, stale } = await invalidationRounds(crew, 8);
    expect({ double, stale }).toEqual({ double: 0, stale: 0 });
  }, 120_000);

  it('find what another program left, and say from whom', async () => {
    const pond = (): ReturnType<typeof createPond> =>
      createPond({ store: crew.redis.store(), logLevel: 'silent', storeTimeout: '30s' });
    await using first = pond();
    const price = await first.bind(new Pricing(async (sku) => `${sku} at 7`)).quote('left');
    await using second = pond();
    const again = await second.bind(new Pricing(async () => 'computed again')).quote('left');
    expect([price, again]).toEqual(['left at 7', 'left at 7']);
  });
});
