import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPond, type Invalidation } from '../../lib/index.js';
import { findRedis, type RedisServer } from '../servers/redis.js';
import { LEASE_MS, Pricing } from './pricing.js';
import { quoteKey, RedisUnderTest } from './redis-under-test.js';
import { buildWorker, Worker } from './workers.js';

/** The long form is for `npm run test:faults`. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2);

const server = await findRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('processes that share a Redis store', () => {
  let redis: RedisUnderTest;
  let four: readonly [Worker, Worker, Worker, Worker];

  const employ = async (): Promise<Worker> => {
    const worker = new Worker({ url: redis.url, prefix: redis.prefix });
    await worker.ready();
    return worker;
  };
  const runs = (): number => four.map((worker) => worker.runs).reduce((a, b) => a + b);

  beforeAll(async () => {
    [redis] = await Promise.all([RedisUnderTest.on((server as RedisServer).url), buildWorker()]);
    four = await Promise.all([employ(), employ(), employ(), employ()]);
  }, 30_000);

  afterAll(async () => {
    await Promise.all(four.map((worker) => worker.kill()));
    const immortal = await redis.immortal();
    await redis.leave();
    await server?.stop();
    expect(immortal).toEqual([]);
  });

  it('compute a missing key once for 4 x 1,000 callers', async () => {
    const before = runs();
    const quoted = await Promise.all(four.map((worker) => worker.quote('A1', 1_000, 200)));
    expect(runs() - before).toBe(1);
    expect(new Set(quoted.flatMap(({ prices }) => prices)).size).toBe(1);
  }, 60_000);

  it('compute 25 cold keys once each', async () => {
    const before = runs();
    const skus = Array.from({ length: 25 }, (_, i) => `cold ${i}`);
    await Promise.all(four.flatMap((worker) => skus.map((sku) => worker.quote(sku, 10, 20))));
    expect(runs() - before).toBe(25);
  }, 60_000);

  it('replace a holder that was killed within its lease, by one of those who wait', async () => {
    const heirs = [four[0], four[1]];
    for (let round = 0; round < ROUNDS; round++) {
      const sku = `killed ${round}`;
      const holder = await employ();
      void holder.quote(sku);
      await holder.asked(sku);
      const waiting = heirs.map((heir) => heir.quote(sku));
      await redis.waiters(sku, heirs.length);
      await holder.kill();
      const killedAt = Date.now();
      const at = await Promise.race(heirs.map((heir) => heir.asked(sku)));
      expect(at - killedAt).toBeLessThan(LEASE_MS + 100);
      for (const heir of heirs) if (heir.wasAsked(sku)) heir.answer(sku, 'heir');
      expect((await Promise.all(waiting)).map(({ prices }) => prices)).toEqual([['heir'], ['heir']]);
      expect(heirs.filter((heir) => heir.wasAsked(sku)).length).toBe(1);
    }
  }, 60_000);

  it('refuse the late write of a holder that was stopped, and give it the newer value', async () => {
    const [paused, heir] = four;
    for (let round = 0; round < ROUNDS; round++) {
      const sku = `stopped ${round}`;
      const late = paused.quote(sku);
      await paused.asked(sku);
      process.kill(paused.child.pid as number, 'SIGSTOP');
      const newer = heir.quote(sku);
      await heir.asked(sku);
      heir.answer(sku, 'newer');
      expect((await newer).prices).toEqual(['newer']);
      paused.answer(sku, 'older');
      process.kill(paused.child.pid as number, 'SIGCONT');
      expect((await late).prices).toEqual(['newer']);
      expect((await heir.quote(sku)).prices).toEqual(['newer']);
    }
  }, 60_000);

  it('never keep what was computed before an invalidation, whoever waits for it', async () => {
    const [holder, waiter] = four;
    const store = redis.store();
    const kinds = (sku: string): readonly Invalidation[] => [
      { keys: [quoteKey(sku)] },
      { identities: ['Pricing.quote'] },
      { tags: [`sku ${sku}`] },
      { all: true },
    ];
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const sku = `invalidated ${round}`;
      const old = holder.quote(sku);
      await holder.asked(sku);
      const waiting = waiter.quote(sku);
      await redis.waiters(sku, 1);
      await store.invalidate(kinds(sku)[round % 4] as Invalidation);
      holder.answer(sku, 'old');
      expect((await old).prices).toEqual(['old']);
      await waiter.asked(sku);
      waiter.answer(sku, 'new');
      expect((await waiting).prices).toEqual(['new']);
      expect((await holder.quote(sku)).prices).toEqual(['new']);
    }
  }, 60_000);

  it('find what another program left, and say from whom', async () => {
    const pond = (): ReturnType<typeof createPond> => createPond({ store: redis.store(), logLevel: 'silent' });
    await using first = pond();
    const price = await first.bind(new Pricing(async (sku) => `${sku} at 7`)).quote('left');
    await using second = pond();
    const again = await second.bind(new Pricing(async () => 'computed again')).quote('left');
    expect([price, again]).toEqual(['left at 7', 'left at 7']);
  });
});
