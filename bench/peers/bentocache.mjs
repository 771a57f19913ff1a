import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';

export const bentocache = {
  name: 'bentocache',
  package: 'bentocache',
  kind: 'engine',
  options: 'getOrSet() on the memory driver with serialize: false and 10,000 entries, ttl 1 h',
  make(body, { entries }) {
    const l1 = memoryDriver({ serialize: false, maxItems: entries });
    const cache = new BentoCache({ default: 'memory', stores: { memory: bentostore().useL1Layer(l1) } });
    const call = (sku) => cache.getOrSet({ key: `quote:${sku}`, ttl: '1h', factory: () => body(sku) });
    return { call, clear: () => cache.clear() };
  },
};
