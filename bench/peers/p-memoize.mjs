import pMemoizeFn from 'p-memoize';

// 8 is the newest that runs on Node 20.
export const pMemoize = {
  name: 'p-memoize',
  package: 'p-memoize',
  kind: 'memoizer',
  options: "its defaults: an unbounded Map by the first argument's identity, no expiry",
  make(body) {
    const cache = new Map();
    return { call: pMemoizeFn(body, { cache }), clear: () => cache.clear() };
  },
  inputs: 'cacheKey: JSON.stringify, as its readme shows',
  makeByInputs(body) {
    return pMemoizeFn(body, { cacheKey: JSON.stringify });
  },
};
