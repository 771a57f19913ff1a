import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPond,
  Invalidates,
  invalidate,
  memoryStore,
  type Pond,
  type StateStore,
  Task,
  taskInputHash,
  tieredStore,
} from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { RedisUnderTest } from '../redis/redis-under-test.js';
import { findRedis } from '../servers/redis.js';
import { temporaryPath } from '../sqlite/on-disk.js';

/** What the service reads, and both ponds show. */
let source = 0;

class Catalogue {
  @Task({ cacheKeyFn: taskInputHash, tags: ({ id }: { id: string }) => [`product:${id}`] })
  async get(id: string) {
    await null;
    return `${id} ${source}`;
  }

  @Invalidates((service: Catalogue, { id }: { id: string }) => invalidate(service).get(id))
  async updateOne(id: string) {
    source++;
    return id;
  }

  @Invalidates({ tags: ({ id }: { id: string }) => [`product:${id}`] })
  async updateTagged(id: string) {
    source++;
    return id;
  }

  @Invalidates({ task: 'get' })
  async updateAll(id: string) {
    source++;
    return id;
  }
}

type Act = (pond: Pond, svc: Catalogue) => Promise<unknown>;

const changed =
  (act: Act): Act =>
  (...given) => {
    source++;
    return act(...given);
  };
const WAYS: readonly (readonly [string, Act])[] = [
  ['invalidate(svc).get()', changed((_, svc) => invalidate(svc).get('a'))],
  ['pond.invalidate({ tags })', changed((pond) => pond.invalidate({ tags: 'product:a' }))],
  ['pond.invalidate({ task })', changed((pond, svc) => pond.invalidate({ task: svc.get }))],
  ['pond.clear()', changed((pond) => pond.clear())],
  ['pond.expire({ tags })', changed((pond) => pond.expire({ tags: 'product:a' }))],
  ['pond.expire({ task })', changed((pond, svc) => pond.expire({ task: svc.get }))],
  ['@Invalidates(callback)', (_, svc) => svc.updateOne('a')],
  ['@Invalidates({ tags })', (_, svc) => svc.updateTagged('a')],
  ['@Invalidates({ task })', (_, svc) => svc.updateAll('a')],
];

/** How long another process may serve what it has nearby, or what a message has not told it of yet. */
const BOUND_MS = 3_500;
/** How long an answer of a server may take: this is not about being late. */
const PATIENCE = '20s';

const server = await findRedis();
let redis: RedisUnderTest;
const redisStore = (): StateStore => redis.store({ timeout: PATIENCE });
const kinds = {
  memory: () => {
    const store = memoryStore();
    return [store, store];
  },
  SQLite: () => {
    const path = temporaryPath();
    return [sqliteStore({ path }), sqliteStore({ path })];
  },
  'a tier before SQLite': () => {
    const path = temporaryPath();
    return [tieredStore(memoryStore(), sqliteStore({ path })), sqliteStore({ path })];
  },
  Redis: () => [redisStore(), redisStore()],
  'tiers before Redis': () => [tieredStore(memoryStore(), redisStore()), tieredStore(memoryStore(), redisStore())],
} satisfies Readonly<Record<string, () => readonly [StateStore, StateStore]>>;

describe.each(Object.entries(kinds))('over %s', (kind, stores) => {
  const needsRedis = kind.includes('Redis');
  const specify = needsRedis && server === undefined ? it.skip : it;
  if (needsRedis && server !== undefined) {
    beforeAll(async () => {
      redis = await RedisUnderTest.on(server.url);
    });
    afterAll(() => redis.leave());
  }

  specify.each(WAYS)(
    'whoever awaited %s reads its own write, and others soon do',
    async (_, act) => {
      const [pond, other] = stores().map((store) =>
        createPond({ store, logLevel: 'silent', storeTimeout: PATIENCE }),
      ) as [Pond, Pond];
      const [svc, elsewhere] = [pond.bind(new Catalogue()), other.bind(new Catalogue())];
      const troubles: string[] = [];
      pond.events.on('trouble', ({ message }) => troubles.push(message));
      try {
        for (let round = 0; round < 5; round++) {
          await Promise.all([svc.get('a'), elsewhere.get('a')]);
          await act(pond, svc);
          expect(await svc.get('a')).toBe(`a ${source}`);
          const began = performance.now();
          for (let age = 0; (await elsewhere.get('a')) !== `a ${source}`; age = performance.now() - began) {
            if (!needsRedis) throw new Error('a store without messages has no excuse');
            if (age > BOUND_MS) throw new Error(`old, though asked for ${Math.round(age)} ms later`);
            await sleep(5); // a near tier answers without giving the message a turn
          }
        }
      } finally {
        await Promise.all([pond.close(), other.close()]);
      }
      expect(troubles).toEqual([]);
    },
    120_000,
  );
});

afterAll(() => server?.stop());
