import { Cacheable } from '@type-cacheable/core';
import { useAdapter } from '@type-cacheable/lru-cache-adapter';
import { LRUCache } from 'lru-cache';
import { decorate } from '../harness/decorate.mjs';

function service(body, entries, options) {
  const lru = new LRUCache({ max: entries });
  const client = useAdapter(lru);
  class Pricing {
    async quote(input) {
      return body(input);
    }
  }
  decorate(Pricing.prototype, 'quote', Cacheable({ client, ttlSeconds: 3_600, ...options }));
  const pricing = new Pricing();
  return { call: (input) => pricing.quote(input), clear: () => lru.clear() };
}

export const typeCacheable = {
  name: '@type-cacheable',
  package: '@type-cacheable/core',
  with: ['@type-cacheable/lru-cache-adapter', 'lru-cache'],
  kind: 'decorators',
  options: '@Cacheable with a cacheKey function on its lru-cache adapter of 10,000 entries, ttl 1 h',
  make(body, { entries }) {
    return service(body, entries, { cacheKey: ([sku]) => `quote:${sku}` });
  },
  inputs: 'its default key: an md5 of the serialised arguments',
  makeByInputs(body) {
    return service(body, 10_000, {}).call;
  },
};
