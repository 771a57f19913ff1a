import { Task, task, taskInputHash } from 'flowpond';
import { LRUCache } from 'lru-cache';
import { caseOf } from '../harness/case-of.mjs';
import { decorate } from '../harness/decorate.mjs';
import { shuffledVisits, skus } from '../harness/inputs.mjs';
import { unique } from '../harness/unique.mjs';

export const FLOOR = 'floor: await an async function reading lru-cache';
export const SYNC_FLOOR = 'lru-cache.get by the same key, not awaited';
export const PLAIN = 'flowpond, string key';
export const HASHED = 'flowpond, taskInputHash of one string';
export const SYNC = 'flowpond, sync task';
export const NOOP = 'flowpond, no-op task run, no cache';

const ENTRIES = 10_000;
const visits = shuffledVisits(skus);
const byText = (_context, { sku }) => `quote:${sku}`;

/** Rows as `inTurns` takes them, and whether every call was a hit: the body of each is counted. */
class Cases {
  rows = [];
  #runs = 0;
  #filled = 0;

  /** Adds a cached call: fills it with all keys, and counts what its body ran. */
  async add(name, kind, make, note) {
    const call = make((sku) => {
      this.#runs++;
      return { sku, price: 10 };
    });
    for (const sku of skus) await call(sku);
    this.#filled += skus.length;
    this.rows.push({ name, kind, note, fn: await caseOf('withNext', call, visits) });
  }

  assertAllHits() {
    if (this.#runs !== this.#filled) throw new Error(`${this.#runs - this.#filled} measured calls were no hits`);
  }
}

function lruOf() {
  const lru = new LRUCache({ max: ENTRIES });
  for (const sku of skus) lru.set(`quote:${sku}`, { sku, price: 10 });
  return lru;
}

export async function floorRow() {
  const lru = lruOf();
  const floor = async (sku) => lru.get(`quote:${sku}`);
  return { name: FLOOR, kind: 'floor', fn: await caseOf('withNext', floor, visits) };
}

export async function syncFloorRow() {
  const lru = lruOf();
  const read = (sku) => lru.get(`quote:${sku}`);
  return { name: SYNC_FLOOR, kind: 'floor', fn: await caseOf('withNext', read, visits) };
}

/** Flowpond's hits. The name of a scene keeps the tasks of scenes apart. */
export async function ownCases(scene, { methods = true } = {}) {
  const cases = new Cases();
  const twin = (name, options) => (body) =>
    task(async (sku) => body(sku), { name: unique(`${scene} ${name}`), parameters: ['sku'], ...options });
  await cases.add(PLAIN, 'flowpond', twin('plain', { cacheKeyFn: byText }));
  await cases.add(HASHED, 'flowpond', twin('hashed', { cacheKeyFn: taskInputHash }));
  if (!methods) return cases;
  const expiring = { cacheKeyFn: byText, cacheExpiration: '1h' };
  await cases.add('flowpond, string key, with cacheExpiration', 'flowpond', twin('expiring', expiring));
  await cases.add('flowpond, string key, a @Task() method', 'flowpond', (body) => {
    const pricing = pricingWith(body, { identity: unique(`${scene} method`), cacheKeyFn: byText });
    return (sku) => pricing.quote(sku);
  });
  return cases;
}

export async function ownSyncCase(scene) {
  const cases = new Cases();
  const options = { name: unique(`${scene} sync`), parameters: ['sku'], cacheKeyFn: byText };
  await cases.add(SYNC, 'flowpond', (body) => task((sku) => body(sku), options));
  return cases;
}

/** A service whose method `quote` is a task. */
export function pricingWith(body, options) {
  class Pricing {
    async quote(sku) {
      return body(sku);
    }
  }
  decorate(Pricing.prototype, 'quote', Task(options));
  return new Pricing();
}

export async function peerCases(peers) {
  const cases = new Cases();
  for (const { name, options, make } of peers) {
    await cases.add(name, 'peer', (body) => make(async (sku) => body(sku), { entries: ENTRIES }).call, options);
  }
  return cases;
}

export async function peerSyncCases(peers) {
  const cases = new Cases();
  for (const { name, syncOptions, makeSync } of peers) {
    if (makeSync !== undefined) await cases.add(name, 'peer', (body) => makeSync((sku) => body(sku)), syncOptions);
  }
  return cases;
}
