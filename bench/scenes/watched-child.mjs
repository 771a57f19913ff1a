// Scene (i): node --expose-gc scenes/watched-child.mjs ROUNDS, with stderr at /dev/null
import diagnostics from 'node:diagnostics_channel';
import { createPond } from 'flowpond';
import { caseOf } from '../harness/case-of.mjs';
import { shuffledVisits, skus } from '../harness/inputs.mjs';
import { inTurns } from '../harness/measure.mjs';
import { pricingWith } from './hit-cases.mjs';

const rounds = Number(process.argv[2]);
const visits = shuffledVisits(skus);
const QUIET = 'nobody looks';
const nothing = () => {};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const watchers = [
  { name: QUIET, pond: {} },
  { name: 'log at info, to a logger that does nothing', pond: { logLevel: 'info', logger } },
  { name: 'log at info, pretty, to /dev/null', pond: { logLevel: 'info', logFormat: 'pretty' } },
  { name: 'log at info, json, to /dev/null', pond: { logLevel: 'info', logFormat: 'json' } },
  { name: 'an onCompletion hook', pond: {}, task: { onCompletion: nothing } },
  { name: 'one channel subscriber', pond: {}, channel: true },
];

async function table(title, topic, options) {
  const rows = [];
  for (const [index, { name, pond, task, channel }] of watchers.entries()) {
    const identity = `${topic} ${index}`;
    const pricing = createPond(pond).bind(pricingWith(async (sku) => sku, { identity, ...options, ...task }));
    for (const sku of skus) await pricing.quote(sku);
    const fn = await caseOf('withNext', (sku) => pricing.quote(sku), visits);
    const subscription = channel && {
      before: () => diagnostics.subscribe(`flowpond:${topic}`, nothing),
      after: () => diagnostics.unsubscribe(`flowpond:${topic}`, nothing),
    };
    rows.push({ name, kind: index === 0 ? 'floor' : 'flowpond', fn, ...subscription });
  }
  return { title, unit: 'ns', floor: QUIET, rows: await inTurns(rows, { rounds, cpuMs: 40, batch: 512 }) };
}

const hit = await table('A hit', 'task:Cached', { cacheKeyFn: (_context, { sku }) => `quote:${sku}` });
const run = await table('A no-op run without a cache', 'task:Completed', {});
console.log(JSON.stringify([hit, run]));
