import { setTimeout as sleep } from 'node:timers/promises';
import { createPond, returnState } from '../../lib/index.js';
import { redisStore } from '../../lib/redis/index.js';
import type { OwnRedis } from '../servers/redis.js';
import { LostTime } from './lost-time.js';
import { LEASE_MS, Pricing } from './pricing.js';

const TIMEOUT_MS = 200;
const STORE_TIMEOUT_MS = 400;
const DOWN_MS = 300;
const CALLERS = 20;
/** A call that has not ended so long after the last restart hangs. */
const HUNG_AFTER_MS = 20_000;
/** The load goes on until there were so many calls, on a slow machine too. */
const LEAST_CALLS = 200;

/** The deadlines of a call: the store is asked three times, and a lease that died with its server is waited for. */
export const RESTARTS_DEADLINE_MS = 3 * STORE_TIMEOUT_MS + LEASE_MS;

/** What calls came to while their server was killed again and again. */
export interface Restarts {
  readonly restarts: number;
  calls: number;
  /** How often the body ran: less than there were calls, where the store is of any use. */
  runs: number;
  wrong: number;
  hung: number;
  /** Without what the machine took from this process, as the time below. */
  longestCallMs: number;
  /** From the end of the load to the first hit of both ponds. */
  recoveredMs: number;
}

/** Two ponds under load on a server that is killed every so often, and comes back empty. */
export async function restartsUnderLoad(server: OwnRedis, restarts: number, everyMs: number): Promise<Restarts> {
  const found: Restarts = { restarts, calls: 0, runs: 0, wrong: 0, hung: 0, longestCallMs: 0, recoveredMs: 0 };
  const ponds = [1, 2].map(() =>
    createPond({
      store: redisStore({ url: server.url, timeout: TIMEOUT_MS }),
      logLevel: 'silent',
      storeTimeout: STORE_TIMEOUT_MS,
    }),
  );
  const services = ponds.map((pond) =>
    pond.bind(
      new Pricing((sku) => {
        found.runs++;
        return sleep(1, `${sku} at 7`);
      }),
    ),
  );
  const lost = LostTime.beside();
  const clock = (): number => performance.now() - lost.ms;
  let done = false;
  const load = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let i = 0; !done; i++) {
      const sku = `${caller % 5}-${i % 50}`;
      const began = clock();
      if ((await (services[caller % 2] as Pricing).quote(sku)) !== `${sku} at 7`) found.wrong++;
      found.longestCallMs = Math.max(found.longestCallMs, clock() - began);
      found.calls++;
    }
    return 'ended';
  });
  for (let round = 0; round < restarts; round++) {
    await sleep(everyMs - DOWN_MS);
    await server.kill();
    await sleep(DOWN_MS);
    await server.restart();
  }
  const enough = performance.now() + HUNG_AFTER_MS;
  do await sleep(DOWN_MS);
  while (found.calls < LEAST_CALLS && performance.now() < enough);
  done = true;
  const late = new AbortController();
  const hung = sleep(HUNG_AFTER_MS, 'hung', { signal: late.signal });
  const endings = await Promise.all(load.map((caller) => Promise.race([caller, hung])));
  late.abort();
  found.hung = endings.filter((ending) => ending === 'hung').length;
  found.recoveredMs = await untilHits(services, clock);
  lost.stop();
  await Promise.all(ponds.map((pond) => pond.close(0)));
  return found;
}

/** How long it takes until all have a hit, which is no longer than a store that failed is left alone. */
async function untilHits(services: readonly Pricing[], clock: () => number): Promise<number> {
  const began = clock();
  const isHit = async (service: Pricing): Promise<boolean> =>
    (await returnState(service).quote('after')).cache?.status === 'hit';
  while (!(await Promise.all(services.map(isHit))).every(Boolean)) {
    if (clock() - began > HUNG_AFTER_MS) return Number.POSITIVE_INFINITY;
    await sleep(20);
  }
  return clock() - began;
}
