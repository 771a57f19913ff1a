import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createPond, type Pond } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { TcpProxy, type Weather } from '../servers/tcp-proxy.js';
import { LEASE_MS, Pricing } from './pricing.js';

// One process behind bad weather, one with a good line to the same server; what the first is doing when the weather turns.

const TIMEOUT_MS = 300;
const COMPUTE_MS = 400;
/** No call takes longer than its deadlines and this: the wait for a lease that ran out, a body, a store that does not answer. */
const MOST_MS = LEASE_MS + COMPUTE_MS + 2 * TIMEOUT_MS + 1_000;

const WEATHERS: Record<string, Weather | 'cut'> = {
  'connections that are cut': 'cut',
  'connections that are refused': { refuse: true },
  'connections on which nothing passes': { silent: true },
  'a subscription on which nothing passes': { silent: 'subscribers' },
  'answers that come 2 s late': { delayMs: 1_000 },
  'bytes that come one by one': { sliced: true },
};

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

interface Party {
  readonly pond: Pond;
  readonly pricing: Pricing;
  readonly runs: string[];
}

interface Scene {
  readonly far: Party;
  readonly near: Party;
  turn(): void;
}

describeWithRedis('a process whose line to Redis goes bad', () => {
  const own = server as OwnRedis;
  afterAll(() => own.stop());

  function party(name: string, port: number, prefix: string): Party {
    const store = redisStore({ url: `redis://127.0.0.1:${port}`, prefix, timeout: TIMEOUT_MS });
    const pond = createPond({ store, logLevel: 'silent', storeTimeout: TIMEOUT_MS });
    const runs: string[] = [];
    const supplier = async (sku: string): Promise<string> => {
      runs.push(sku);
      await sleep(COMPUTE_MS);
      return `${sku} of ${name}`;
    };
    return { pond, pricing: pond.bind(new Pricing(supplier)), runs };
  }

  /** Plays a scene in each kind of weather, all at once. */
  async function inEachWeather(play: (scene: Scene) => Promise<void>): Promise<void> {
    const all = Object.entries(WEATHERS).map(async ([name, weather], i) => {
      const proxy = await TcpProxy.listen(own.port);
      const prefix = `${expect.getState().currentTestName?.replace(/\W/g, '').slice(-40)}-${i}`;
      const far = party('far', proxy.port, prefix);
      const near = party('near', own.port, prefix);
      const turn = (): void => {
        if (weather === 'cut') proxy.cut();
        else proxy.weather(weather);
      };
      try {
        await Promise.all([far, near].map(({ pricing }) => pricing.quote('warm')));
        await play({ far, near, turn });
      } catch (error) {
        throw new Error(`with ${name}`, { cause: error });
      } finally {
        await Promise.all([far.pond.close(0), near.pond.close(0)]);
        await proxy.close();
      }
    });
    await Promise.all(all);
  }

  async function timed<T>(call: Promise<T>): Promise<T> {
    const began = performance.now();
    const answer = await call;
    expect(performance.now() - began).toBeLessThan(MOST_MS);
    return answer;
  }

  it('reads on, or computes by itself, in time', async () => {
    await inEachWeather(async ({ far, near, turn }) => {
      await near.pricing.quote('A1');
      expect(await far.pricing.quote('A1')).toBe('A1 of near');
      turn();
      for (let i = 0; i < 3; i++) {
        expect(await timed(far.pricing.quote('A1'))).toMatch(/^A1 of (?:near|far)$/);
        expect(await timed(near.pricing.quote('A1'))).toBe('A1 of near');
      }
    });
  }, 30_000);

  it('waits for another no longer than it would have, and gets a value', async () => {
    await inEachWeather(async ({ far, near, turn }) => {
      const computing = near.pricing.quote('A1');
      while (near.runs.length < 1 || !near.runs.includes('A1')) await sleep(5);
      const waiting = timed(far.pricing.quote('A1'));
      await sleep(50);
      turn();
      expect(await waiting).toMatch(/^A1 of (?:near|far)$/);
      expect(await computing).toBe('A1 of near');
      expect(await near.pricing.quote('A1')).toBe('A1 of near');
    });
  }, 30_000);

  it('holds up nobody who waits for it, and never puts its value over a newer one', async () => {
    await inEachWeather(async ({ far, near, turn }) => {
      const computing = timed(far.pricing.quote('A1'));
      while (!far.runs.includes('A1')) await sleep(5);
      const waiting = timed(near.pricing.quote('A1'));
      await sleep(50);
      turn();
      const [late, heir] = await Promise.all([computing, waiting]);
      expect([late, heir].every((price) => /^A1 of (?:near|far)$/.test(price))).toBe(true);
      await sleep(TIMEOUT_MS);
      expect(await near.pricing.quote('A1')).toBe(heir);
    });
  }, 30_000);
});
