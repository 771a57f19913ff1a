// Hits of a Redis store against GETs that a client pipelines, the same record decoded, in turns: the median ratio.
// node --import @swc-node/register/esm-register bench/stores/redis-hits.ts
import { Redis } from 'ioredis';
import { createPond } from '../../lib/index.js';
import { decodeRecord, encodeRecord } from '../../lib/stores/record-codec.js';
import { Pricing } from '../../spec/redis/pricing.js';
import { quoteKey, RedisUnderTest } from '../../spec/redis/redis-under-test.js';
import { findRedis } from '../../spec/servers/redis.js';
import { recordOf } from '../../spec/stores/records.js';

const SKUS = 200;
const ROUND_MS = 200;
const ROUNDS = 15;

const server = await findRedis();
if (server === undefined) process.exit(0);
const redis = await RedisUnderTest.on(server.url);
const pond = createPond({ store: redis.store(), logLevel: 'silent' });
const raw = new Redis(server.url, { enableAutoPipelining: true });
const pricing = pond.bind(new Pricing(async (sku) => `${sku} at 7`));
const keys = Array.from({ length: SKUS }, (_, i) => quoteKey(`sku-${i}`));
const names = keys.map((key) => `${redis.prefix}:raw:${key.digest}`);
for (const [i, key] of keys.entries()) {
  await pricing.quote(`sku-${i}`);
  const record = recordOf(key, `sku-${i} at 7`, { expiresAt: Date.now() + 60_000, tags: [`sku sku-${i}`] });
  await raw.set(names[i] as string, Buffer.from(encodeRecord(record)), 'PX', 60_000);
}

/** Calls in a second by so many callers at once. */
async function rate(callers: number, call: (i: number) => Promise<unknown>): Promise<number> {
  let calls = 0;
  const end = performance.now() + ROUND_MS;
  const caller = async (_: unknown, start: number): Promise<void> => {
    for (let i = start; performance.now() < end; i++, calls++) await call(i % SKUS);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (calls * 1_000) / ROUND_MS;
}

const ours = (i: number): Promise<unknown> => pricing.quote(`sku-${i}`);
const theirs = async (i: number): Promise<unknown> =>
  decodeRecord((await raw.getBuffer(names[i] as string)) as Buffer, keys[i] as (typeof keys)[number]);

for (const callers of [64, 256]) {
  await rate(callers, ours);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const floor = await rate(callers, theirs);
    ratios.push((await rate(callers, ours)) / floor);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[ratios.length >> 1] as number;
  console.log(`${callers} callers: ${median.toFixed(2)}x the throughput of pipelined GETs (bar 0.85x)`);
}

await pond.close();
raw.disconnect();
await redis.leave();
await server.stop();
