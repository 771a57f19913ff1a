import { progress } from '../harness/progress.mjs';
import { counted, expectHits, isQuoteOf } from './quotes.mjs';
import { namesOf, recordsOf } from './records.mjs';
import { subjects } from './subjects.mjs';

const ROUND_MS = 200;
const KEYS = 4_096;
/** So many are asked for at once while the store is filled: a first crowd of all would outlast the deadlines of some. */
const CROWD = 64;
const FLOOR = 'floor: pipelined GETs, the same record decoded';
const keyNames = namesOf(KEYS);

export const redisHits = {
  floor: FLOOR,
  title: 'Hits of the shared store: 4,096 keys on Redis',
  says: 'So many callers, each awaiting its hit before it makes the next, and each elsewhere among the keys: two hardly ever ask for one key at once. All ask Redis. One process, in turns of 200 ms. The floor is a client of ioredis with `enableAutoPipelining` that reads the record Flowpond keeps, and decodes it with its codec. A ratio is the median of the rounds’ own ratios to the floor.',
  /** For each number of callers the rows, each with calls in a second round by round. */
  async run({ places, sources, empty, callers = [64, 256], rounds = 15 }) {
    await empty();
    const cases = [await floorOf(places, sources)];
    for (const { name, kind, make } of subjects.filter(({ where }) => where === 'shared')) {
      const { body, count } = counted();
      cases.push({ name, kind, count, ...make(body, places) });
    }
    const tables = [];
    for (const one of cases) await check(one);
    for (const count of callers) {
      const rows = cases.map(({ name, kind }) => ({ name, kind, samples: [] }));
      for (const { call } of cases) await rate(count, call);
      for (let round = 0; round < rounds; round++) {
        progress(`hits, ${count} callers: round ${round + 1}/${rounds}`);
        globalThis.gc?.();
        const order = round % 2 === 0 ? cases.keys() : [...cases.keys()].reverse();
        for (const i of order) rows[i].samples.push(await rate(count, cases[i].call));
      }
      tables.push({ callers: count, rows });
    }
    for (const one of cases) {
      expectHits(one, KEYS);
      await one.close();
    }
    return tables;
  },
};

async function floorOf(places, sources) {
  const redis = new sources.Redis(places.port, '127.0.0.1', { enableAutoPipelining: true });
  const records = recordsOf(sources, keyNames);
  const names = records.map(({ key }) => `floor:${key.digest}`);
  await Promise.all(records.map(({ bytes }, i) => redis.set(names[i], bytes, 'PX', 3_600_000)));
  const indexOf = new Map(keyNames.map((name, i) => [name, i]));
  const call = async (name) => {
    const i = indexOf.get(name);
    return sources.decodeRecord(await redis.getBuffer(names[i]), records[i].key).value;
  };
  return { name: FLOOR, kind: 'floor', call, close: () => redis.disconnect() };
}

/** Fills the store, and sees that every answer is right, from the store too. */
async function check({ name, call }) {
  for (let i = 0; i < 2 * KEYS; i += CROWD) {
    const some = keyNames.slice(i % KEYS, (i % KEYS) + CROWD);
    const quotes = await Promise.all(some.map((key) => call(key)));
    if (!quotes.every((quote, j) => isQuoteOf(quote, some[j]))) throw new Error(`${name} gave a wrong value`);
  }
}

/** Calls in a second by so many callers at once. */
async function rate(callers, call) {
  let calls = 0;
  const began = performance.now();
  const end = began + ROUND_MS;
  const caller = async (number) => {
    for (let i = Math.floor((number * KEYS) / callers); performance.now() < end; i++, calls++)
      await call(keyNames[i % KEYS]);
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  return (calls * 1_000) / (performance.now() - began);
}
