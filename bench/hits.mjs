// A hit against its floor: `await` of an async function that reads the same lru-cache by a template key.
import { flow, task, taskInputHash } from 'flowpond';
import { LRUCache } from 'lru-cache';
import { inTurns } from './measure.mjs';

const KEYS = 1_000;
const skus = Array.from({ length: KEYS }, (_, i) => `A${i}`);
const byText = (_context, { sku }) => `quote:${sku}`;

const cache = new LRUCache({ max: 10_000 });
const floor = async (sku) => cache.get(`quote:${sku}`);
const plain = task(async (sku) => ({ sku }), { name: 'plain', cacheKeyFn: byText });
const expiring = task(async (sku) => ({ sku }), { name: 'expiring', cacheKeyFn: byText, cacheExpiration: '1h' });
const hashed = task(async (sku) => ({ sku }), { name: 'hashed', cacheKeyFn: taskInputHash });
const sync = task((sku) => ({ sku }), { name: 'sync', cacheKeyFn: byText });
const noop = task(async () => {}, { name: 'noop' });

let turn = 0;
const next = () => skus[turn++ % KEYS];
const cases = {
  'floor: await async fn reading lru-cache': () => floor(next()),
  'async hit, string key': () => plain(next()),
  'async hit, string key, with expiry': () => expiring(next()),
  'async hit, taskInputHash of one string': () => hashed(next()),
  'sync hit, string key': () => sync(next()),
  'no-op task run, no cache': () => noop(),
};

export const floorName = Object.keys(cases)[0];

/** The scene outside a flow, then inside one. */
export async function hits() {
  for (const sku of skus) {
    cache.set(`quote:${sku}`, { sku });
    await Promise.all([plain(sku), expiring(sku), hashed(sku)]);
    sync(sku);
  }
  const outside = await inTurns(cases);
  const inside = await flow(() => inTurns(cases), { name: 'bench' })();
  return { outside, inside };
}
