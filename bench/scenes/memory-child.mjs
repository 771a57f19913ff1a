// One subject's bytes per entry: node --expose-gc scenes/memory-child.mjs SUBJECT ENTRIES
import { LRUCache } from 'lru-cache';

const [subject, count] = process.argv.slice(2);
const entries = Number(count);
const body = async (sku) => ({ sku, price: 10, name: 'lantern' });

const own = async (options, around = (fn) => fn()) => {
  const { configure, flow, memoryStore, task } = await import('flowpond');
  configure({ store: memoryStore({ maxEntries: entries }) });
  const byText = (_context, { sku }) => `quote:${sku}`;
  const call = task(body, { name: 'memory', parameters: ['sku'], cacheKeyFn: byText, ...options });
  return { call, around: (fn) => around(fn, flow) };
};

const subjects = {
  async raw() {
    const lru = new LRUCache({ max: entries });
    const call = async (sku) => {
      const key = `quote:${sku}`;
      const found = lru.get(key);
      if (found !== undefined) return found;
      const made = await body(sku);
      lru.set(key, made);
      return made;
    };
    return { call };
  },
  flowpond: () => own({}),
  'flowpond-expiring': () => own({ cacheExpiration: '1h' }),
  'flowpond-in-flow': () => own({}, (fn, flow) => flow(fn, { name: 'memory flow' })()),
};

async function peer(name) {
  const { peers } = await import('../peers/index.mjs');
  return peers.find((one) => one.name === name).make(body, { entries });
}

async function retained() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Each key is a text of its own, as a caller's would be: nobody else keeps it. */
const visitAll = (call) => async () => {
  for (let i = 0; i < entries; i++) await call(['A', i].join(''));
};

const make = Object.hasOwn(subjects, subject) ? subjects[subject] : () => peer(subject);
const { call, around = (fn) => fn() } = await make();
await call('warm'); // what is made once, whatever the number of entries
const before = await retained();
await around(visitAll(call));
const stored = await retained();
const each = (after) => Math.round(((after - before) / entries) * 10) / 10;
const result = { stored: each(stored) };
if (Object.hasOwn(subjects, subject)) {
  await visitAll(call)();
  result.hit = each(await retained());
}
console.log(JSON.stringify(result));
process.exit(0); // some peers keep timers
