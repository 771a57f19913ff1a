// One of the processes of the stampede: makes its share of the calls at once when it is told to, and says how long each took.
import { setTimeout as sleep } from 'node:timers/promises';
import { isQuoteOf, quoteOf } from './quotes.mjs';
import { named } from './subjects.mjs';

const { name, places, index, calls, keys, bodyMs } = JSON.parse(process.argv[2]);
let computations = 0;
const cache = named(name).make(async (key) => {
  computations++;
  await sleep(bodyMs);
  return quoteOf(key);
}, places);

/** Calls of all keys in turn; every process begins with another one. */
async function stampede(round) {
  computations = 0;
  const began = performance.timeOrigin + performance.now();
  const ms = [];
  let wrong = 0;
  const one = async (key) => {
    const before = performance.now();
    const quote = await cache.call(key);
    ms.push(performance.now() - before);
    if (!isQuoteOf(quote, key)) wrong++;
  };
  await Promise.all(Array.from({ length: calls }, (_, i) => one(`r${round}-${(i + index * 13) % keys}`)));
  return {
    computations,
    wrong,
    ms,
    errors: cache.errors?.() ?? 0,
    began,
    ended: performance.timeOrigin + performance.now(),
  };
}

process.on('message', async ({ round }) => process.send(await stampede(round)));
process.on('disconnect', () => process.exit());
// Connected, and past the interpreter: what a process does first of all is not what is measured.
for (const crowd of [1, 10, 100, 1_000]) {
  await Promise.all(Array.from({ length: crowd }, (_, i) => cache.call(`warm ${index}-${crowd}-${i % 10}`)));
}
process.send('ready');
