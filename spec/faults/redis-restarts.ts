import { RESTARTS_DEADLINE_MS, restartsUnderLoad } from '../redis/restarts.js';
import { startRedis } from '../servers/redis.js';
import { report, roundsFrom } from './report.js';

/** Redis killed and restarted every 2 s under load. Argument: how often, by default 15 times, which takes 30 s. */
const server = await startRedis();
if (server !== undefined) {
  try {
    const found = await restartsUnderLoad(server, roundsFrom(0, 15), 2_000);
    const mostMs = RESTARTS_DEADLINE_MS + 1_000;
    report(
      'redis, kill -9 and restart every 2 s under load',
      { ...found, longestCallMs: Math.round(found.longestCallMs), recoveredMs: Math.round(found.recoveredMs) },
      {
        'no wrong value': found.wrong === 0,
        'no call that hangs': found.hung === 0,
        'hits again within 10 s': found.recoveredMs <= 10_000,
        'at least 1,000 calls': found.calls >= 1_000,
        [`no call beyond its deadlines + 1 s = ${mostMs} ms`]: found.longestCallMs <= mostMs,
      },
    );
  } finally {
    await server.stop();
  }
}
