import { DEADLINE_MS, inEachWeather, SCENES, SLACK_MS } from '../redis/weather.js';
import { startRedis } from '../servers/redis.js';
import { report, roundsFrom } from './report.js';

/** Each kind of weather on the line of a reader, a waiter, a holder and a subscriber. Argument: how often, by default 5 times. */
const server = await startRedis();
if (server !== undefined) {
  const rounds = roundsFrom(0, 5);
  const mostMs = DEADLINE_MS + SLACK_MS;
  try {
    for (const [role, play] of Object.entries(SCENES)) {
      const longestCallMs: Record<string, number> = {};
      const wrong: string[] = [];
      for (let round = 0; round < rounds; round++) {
        for (const played of await inEachWeather(server.port, play)) {
          const longest = Math.max(longestCallMs[played.weather] ?? 0, Math.round(played.longestCallMs));
          longestCallMs[played.weather] = longest;
          wrong.push(...played.wrong);
        }
      }
      const slowest = Math.max(...Object.values(longestCallMs));
      report(
        `redis, ${role} in bad weather`,
        { rounds, wrong, longestCallMs },
        {
          'no wrong value': wrong.length === 0,
          [`no call beyond its deadlines + 1 s = ${mostMs} ms`]: slowest <= mostMs,
        },
      );
    }
  } finally {
    await server.stop();
  }
}
