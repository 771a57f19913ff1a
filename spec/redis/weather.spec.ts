import { afterAll, describe, expect, it } from '@jest/globals';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { DEADLINE_MS, inEachWeather, SCENES, SLACK_MS } from './weather.js';

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('a process whose line to Redis goes bad', () => {
  const own = server as OwnRedis;
  afterAll(() => own.stop());

  it.each([
    ['reads on, or computes by itself, in time', 'reader'],
    ['waits for another no longer than it would have, and gets a value', 'waiter'],
    ['holds up nobody who waits for it, and never puts its value over a newer one', 'holder'],
    ['serves nothing that others invalidated for longer than 3 s', 'subscriber'],
  ])(
    '%s',
    async (_, role) => {
      const played = await inEachWeather(own.port, SCENES[role] as (typeof SCENES)[string]);
      expect(played.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
      expect(played.filter(({ longestCallMs }) => longestCallMs > DEADLINE_MS + SLACK_MS)).toEqual([]);
    },
    120_000,
  );
});
