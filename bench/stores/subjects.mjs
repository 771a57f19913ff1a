import { createKeyv as redisKeyv } from '@keyv/redis';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Cacheable, createKeyv as memoryKeyv } from 'cacheable';
import { createPond, memoryStore, Task, tieredStore } from 'flowpond';
import { redisStore } from 'flowpond/redis';
import { sqliteStore } from 'flowpond/sqlite';
import { decorate } from '../harness/decorate.mjs';

const HOUR_MS = 3_600_000;
const ENTRIES = 10_000;

/**
 * What is measured, each in its own best documented configuration. `make(body, { port, path })` gives `call(key)`, a call of the body
 * cached by that string, and `close()`; ours `errors()` too, how often the store failed. `kind` is whose it is; `where`, whether it asks the shared store at every hit or keeps a copy
 * in the process.
 */
export const subjects = [
  {
    name: 'flowpond, Redis',
    kind: 'flowpond',
    where: 'shared',
    options: '`redisStore({ url })`, `cacheExpiration` 1 h; all else by default',
    make: own(({ port }) => redisStore({ url: `redis://127.0.0.1:${port}` })),
  },
  {
    name: 'flowpond, memory before Redis',
    kind: 'flowpond',
    where: 'near',
    options: '`tieredStore(memoryStore({ maxEntries: 10_000 }), redisStore({ url }))`, `cacheExpiration` 1 h',
    make: own(({ port }) =>
      tieredStore(memoryStore({ maxEntries: ENTRIES }), redisStore({ url: `redis://127.0.0.1:${port}` })),
    ),
  },
  {
    name: 'flowpond, SQLite',
    kind: 'flowpond',
    where: 'file',
    options: '`sqliteStore({ path })`, `cacheExpiration` 1 h; all else by default',
    make: own(({ path }) => sqliteStore({ path })),
  },
  {
    name: 'bentocache, Redis',
    kind: 'peer',
    package: 'bentocache',
    where: 'shared',
    options: '`useL2Layer(redisDriver({ connection }))` alone, `getOrSet()`, ttl 1 h',
    make: bentocache(({ connection }) => bentostore().useL2Layer(redisDriver({ connection }))),
  },
  {
    name: 'bentocache, memory before Redis',
    kind: 'peer',
    package: 'bentocache',
    where: 'near',
    options:
      '`memoryDriver` of 10,000 entries, `redisDriver`, `redisBusDriver`; `getOrSet()`, ttl 1 h. `serialize: false` would spare its memory the JSON, but in 1.6.1 fails calls whose value comes from Redis',
    make: bentocache(({ connection }) =>
      bentostore()
        .useL1Layer(memoryDriver({ maxItems: ENTRIES })) // serialize: false throws where the value comes from Redis (1.6.1)
        .useL2Layer(redisDriver({ connection }))
        .useBus(redisBusDriver({ connection })),
    ),
  },
  {
    name: 'cacheable, Redis',
    kind: 'peer',
    package: 'cacheable',
    where: 'shared',
    options: '`primary: createKeyv(url, { namespace })` of @keyv/redis, `getOrSet()`, ttl 1 h',
    make: cacheable(({ url }) => ({ primary: redisKeyv(url, { namespace: 'cacheable' }) })),
  },
  {
    name: 'cacheable, memory before Redis',
    kind: 'peer',
    package: 'cacheable',
    where: 'near',
    options:
      'its memory store with `useClone: false` and `lruSize` 10,000, `secondary: createKeyv(url, { namespace })` of @keyv/redis; `getOrSet()`, ttl 1 h',
    make: cacheable(({ url }) => ({ primary: newMemory(), secondary: redisKeyv(url, { namespace: 'cacheable' }) })),
  },
  {
    name: 'cache-manager, Redis',
    kind: 'peer',
    package: 'cache-manager',
    where: 'shared',
    options: '`stores: [createKeyv(url, { namespace })]` of @keyv/redis, `wrap()`, ttl 1 h',
    make: cacheManager(({ url }) => [redisKeyv(url, { namespace: 'cache-manager' })]),
  },
  {
    name: 'cache-manager, memory before Redis',
    kind: 'peer',
    package: 'cache-manager',
    where: 'near',
    options:
      "`stores: [memory, createKeyv(url, { namespace })]`, the memory being cacheable's with `useClone: false` and `lruSize` 10,000; `wrap()`, ttl 1 h",
    make: cacheManager(({ url }) => [newMemory(), redisKeyv(url, { namespace: 'cache-manager' })]),
  },
];

export const named = (name) => subjects.find((subject) => subject.name === name);

/** Ours: a method of a service, bound to a pond over the store. */
export function own(storeAt) {
  return (body, places) => {
    class Service {
      async quote(key) {
        return body(key);
      }
    }
    const cacheKeyFn = (_context, { key }) => `quote:${key}`;
    decorate(Service.prototype, 'quote', Task({ identity: 'Service.quote', cacheKeyFn, cacheExpiration: '1h' }));
    const pond = createPond({ store: storeAt(places), logLevel: 'silent' });
    const service = pond.bind(new Service());
    return { call: (key) => service.quote(key), errors: () => pond.stats().storeErrors, close: () => pond.close() };
  };
}

function bentocache(storeAt) {
  return (body, { port }) => {
    const store = storeAt({ connection: { host: '127.0.0.1', port } });
    const cache = new BentoCache({ default: 'redis', stores: { redis: store } });
    const call = (key) => cache.getOrSet({ key: `quote:${key}`, ttl: '1h', factory: () => body(key) });
    return { call, close: () => cache.disconnect() };
  };
}

function cacheable(storesAt) {
  return (body, { port }) => {
    const cache = new Cacheable({ ...storesAt({ url: `redis://127.0.0.1:${port}` }), ttl: HOUR_MS });
    const call = (key) => cache.getOrSet(`quote:${key}`, () => body(key), { ttl: HOUR_MS });
    return { call, close: () => cache.disconnect() };
  };
}

function cacheManager(storesAt) {
  return (body, { port }) => {
    const cache = createCache({ stores: storesAt({ url: `redis://127.0.0.1:${port}` }), ttl: HOUR_MS });
    return { call: (key) => cache.wrap(`quote:${key}`, () => body(key)), close: () => cache.disconnect() };
  };
}

function newMemory() {
  return memoryKeyv({ useClone: false, lruSize: ENTRIES });
}
