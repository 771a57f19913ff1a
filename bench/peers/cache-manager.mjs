import { createCache } from 'cache-manager';

export const cacheManager = {
  name: 'cache-manager',
  package: 'cache-manager',
  kind: 'engine',
  options: 'wrap() over its default store, Keyv on an unbounded Map; ttl 1 h',
  make(body) {
    const cache = createCache({ ttl: 3_600_000 });
    return { call: (sku) => cache.wrap(`quote:${sku}`, () => body(sku)), clear: () => cache.clear() };
  },
};
