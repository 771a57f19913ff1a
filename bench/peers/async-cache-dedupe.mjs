import { createCache } from 'async-cache-dedupe';

function make(body, { entries }) {
  const cache = createCache({ ttl: 3_600, storage: { type: 'memory', options: { size: entries } } });
  cache.define('quote', body);
  return { call: (input) => cache.quote(input), clear: () => cache.clear() };
}

export const asyncCacheDedupe = {
  name: 'async-cache-dedupe',
  package: 'async-cache-dedupe',
  kind: 'engine',
  options: 'memory storage of 10,000 entries, ttl 1 h, its default transformer (none)',
  make,
  inputs: 'its default key: safe-stable-stringify',
  makeByInputs: (body) => make(body, { entries: 10_000 }).call,
};
