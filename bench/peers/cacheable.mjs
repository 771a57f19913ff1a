import { Cacheable, CacheableMemory, createKeyv } from 'cacheable';

export const cacheable = {
  name: 'cacheable',
  package: 'cacheable',
  kind: 'engine',
  options: 'getOrSet() over its memory store with useClone: false and lruSize 10,000; ttl 1 h',
  make(body, { entries }) {
    const cache = newCache(entries);
    const call = (sku) => cache.getOrSet(`quote:${sku}`, () => body(sku), { ttl: 3_600_000 });
    return { call, clear: () => cache.clear() };
  },
  inputs: 'wrap(), whose key is a hash of the arguments',
  makeByInputs(body) {
    return newCache(10_000).wrap(body, { ttl: 3_600_000 });
  },
  syncOptions: 'wrap() of CacheableMemory with useClone: false, createKey: the same template',
  makeSync(body) {
    const memory = new CacheableMemory({ useClone: false, lruSize: 10_000 });
    return memory.wrap(body, { ttl: 3_600_000, createKey: (_fn, args) => `quote:${args[0]}` });
  },
};

function newCache(entries) {
  return new Cacheable({ primary: createKeyv({ useClone: false, lruSize: entries }), ttl: 3_600_000 });
}
