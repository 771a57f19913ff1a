import { Cache, ExpirationStrategy, MemoryStorage } from '@node-ts-cache/core';
import { decorate } from '../harness/decorate.mjs';

const byTemplate = { getKey: (_class, _method, args) => `quote:${args[0]}` };

function service(body, keyStrategy) {
  const strategy = new ExpirationStrategy(new MemoryStorage());
  class Pricing {
    async quote(input) {
      return body(input);
    }
  }
  decorate(Pricing.prototype, 'quote', Cache(strategy, { ttl: 3_600 }, keyStrategy));
  const pricing = new Pricing();
  return { call: (input) => pricing.quote(input), clear: () => strategy.clear() };
}

// Its @SyncCache is left out: ExpirationStrategy.getItem is asynchronous in 1.0.2, so a hit gives a promise.
export const nodeTsCache = {
  name: '@node-ts-cache',
  package: '@node-ts-cache/core',
  kind: 'decorators',
  options: '@Cache on its MemoryStorage (unbounded) with a key strategy of its own, ttl 1 h',
  make(body) {
    return service(body, byTemplate);
  },
  inputs: 'its default key: JSON.stringify of the arguments',
  makeByInputs(body) {
    return service(body).call;
  },
};
