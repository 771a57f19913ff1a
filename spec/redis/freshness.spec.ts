import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPond, invalidate, type Pond, refresh, returnState, Task, taskInputHash } from '../../lib/index.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

interface Body {
  readonly begun: number;
}

/** What a client does, in which of two ponds with a connection each, how long after the step before. */
const anyStep = fc.record({
  act: fc.constantFrom('call', 'call', 'call', 'call', 'refresh', 'invalidate', 'expire'),
  pond: fc.constantFrom(0, 1),
  pause: fc.constantFrom(0, 0, 0, 1, 3),
  body: fc.constantFrom(0, 0, 1, 5),
});

const OPTIONS = [{}, { staleWhileRevalidate: '1m' }, { staleIfError: '1m', softTimeout: 2 }] as const;

describeWithRedis('two ponds over one Redis', () => {
  let redis: RedisUnderTest;
  let ponds: readonly [Pond, Pond];

  beforeAll(async () => {
    redis = await RedisUnderTest.on((server as OwnRedis).url);
    const pond = (): Pond => createPond({ store: redis.store(), storeTimeout: '30s' });
    ponds = [pond(), pond()];
  });
  afterAll(async () => {
    for (const pond of ponds) await pond.close();
    await redis.leave();
    await server?.stop();
  });

  let round = 0;
  it.each(OPTIONS)(
    'serve no value older than an invalidation that had ended before the call, with %j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40 }), async (steps) => {
          const key = `round ${round++}`;
          let now = 0;
          let durations = 0;
          const voids: { readonly from: number; to: number }[] = [];
          class Service {
            @Task({ identity: key, cacheKeyFn: taskInputHash, cacheExpiration: 20, ...options }) async work(
              _key: string,
            ): Promise<Body> {
              const mine = { begun: now++ };
              const { body } = steps[durations++ % steps.length] as (typeof steps)[number];
              if (body > 0) await sleep(body);
              return mine;
            }
          }
          const service = new Service();
          const call = async (pond: Pond, act: string): Promise<void> => {
            const began = now++;
            const view = returnState(act === 'refresh' ? refresh(service) : service);
            const value = (await pond.run(() => view.work(key))).result();
            for (const { from, to } of voids) if (to < began) expect(value.begun).toBeGreaterThan(from);
          };
          const forget = async (pond: Pond): Promise<void> => {
            const span = { from: now++, to: Number.POSITIVE_INFINITY };
            voids.push(span);
            await pond.run(() => invalidate(service).work(key));
            span.to = now++;
          };
          const done: Promise<unknown>[] = [];
          for (const { act, pond, pause } of steps) {
            const where = ponds[pond] as Pond;
            if (act === 'expire') done.push(where.run(() => where.expire({ task: service.work })));
            else done.push(act === 'invalidate' ? forget(where) : call(where, act));
            if (pause > 0) await sleep(pause);
          }
          await Promise.all(done);
        }),
        { numRuns: 25 },
      );
    },
  );

  it('tell each other of tags and tasks within the bound of the bus', async () => {
    let runs = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, tags: ['prices'] }) async price(_sku: string): Promise<number> {
        return ++runs;
      }
    }
    const service = new Service();
    const [one, two] = ponds;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = await two.run(() => service.price('bus'));
      await one.invalidate(i % 2 === 0 ? { tags: ['prices'] } : { task: service.price });
      const began = performance.now();
      while ((await two.run(() => service.price('bus'))) === before)
        expect(performance.now() - began).toBeLessThan(10_000); // 3 s, and what a busy machine adds
      waits.push(performance.now() - began);
    }
    expect(runs).toBe(21);
    if (process.env.SHOW_FIGURES) console.log(waits.sort((a, b) => a - b).map((ms) => ms.toFixed(1)));
  });
});
