import { asyncCacheDedupe } from './async-cache-dedupe.mjs';
import { bentocache } from './bentocache.mjs';
import { cacheManager } from './cache-manager.mjs';
import { cacheable } from './cacheable.mjs';
import { memoizee } from './memoizee.mjs';
import { moize } from './moize.mjs';
import { nodeTsCache } from './node-ts-cache.mjs';
import { pMemoize } from './p-memoize.mjs';
import { tsCacheable } from './ts-cacheable.mjs';
import { typeCacheable } from './type-cacheable.mjs';

/**
 * Each peer in its own best documented configuration. `make(body, { entries })` gives `call(sku)`, a cached call by a key of one string, and
 * `clear()`; `makeByInputs(body)` a call whose key is the content of its argument; `makeSync(body)` a synchronous one. `kind` is
 * what it is: functions memoised, a cache engine, or decorators.
 */
export const peers = [
  pMemoize,
  memoizee,
  moize,
  asyncCacheDedupe,
  cacheManager,
  bentocache,
  cacheable,
  typeCacheable,
  nodeTsCache,
  tsCacheable,
];
