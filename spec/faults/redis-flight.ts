import { Crew, invalidationRounds, killRounds, stopRounds } from '../redis/flight-rounds.js';
import { LostTime } from '../redis/lost-time.js';
import { LEASE_MS } from '../redis/pricing.js';
import { startRedis } from '../servers/redis.js';
import { report, roundsFrom, takeoverBars, takeoversOf } from './report.js';

/**
 * The long form of flight.spec.ts: holders killed, holders stopped past their lease, keys invalidated while they are computed.
 * Arguments: the rounds of each, by default 50, 20 and 1,000.
 */
const server = await startRedis();
if (server !== undefined) {
  const crew = await Crew.at(server.url);
  try {
    const lost = LostTime.beside();
    const kills = await killRounds(crew, roundsFrom(0, 50));
    lost.stop();
    const taken = takeoversOf(kills.takeoversMs);
    const { rounds, double, stale } = kills;
    const longestCallMs = Math.round(kills.longestCallMs);
    report(
      'redis, kill -9 of the holder',
      { rounds, leaseMs: LEASE_MS, double, stale, takeovers: taken, longestCallMs },
      {
        'no double computation': double === 0,
        'no wrong value': stale === 0,
        ...takeoverBars(taken, LEASE_MS, rounds, lost.ms),
      },
    );
    const stops = await stopRounds(crew, roundsFrom(1, 20));
    report(
      'redis, SIGSTOP of the holder past its lease',
      { rounds: stops.rounds, double: stops.double, stale: stops.stale, takeovers: takeoversOf(stops.takeoversMs) },
      { 'no double computation': stops.double === 0, 'no older value': stops.stale === 0 },
    );
    const voids = await invalidationRounds(crew, roundsFrom(2, 1_000));
    const slowest = Math.round(voids.longestCallMs);
    report(
      'redis, invalidation during a run',
      { rounds: voids.rounds, double: voids.double, stale: voids.stale, longestCallMs: slowest },
      { 'no lost run': voids.double === 0, 'no stale value': voids.stale === 0 },
    );
  } finally {
    const immortal = await crew.leave();
    await server.stop();
    report('redis, keys that would stay for ever', { keys: immortal.length }, { none: immortal.length === 0 });
  }
}
