// Load on the shop, with Flowpond, without, and with @nestjs/cache-manager in its place: `npm run sample:shop:load`, about two minutes.
// All run side by side and are visited in turn, so that whatever else the machine does meets them alike.
import { availableParallelism, cpus } from 'node:os';
import { table } from './table.js';
import { UnderLoad } from './under-load.js';
import { VARIANTS } from './variants.js';

const ROUNDS = 8;

const shops = await Promise.all(Object.keys(VARIANTS).map((variant) => UnderLoad.start(variant)));
for (const shop of shops) await shop.visit(); // to be warm; too few to move a median
for (let left = ROUNDS; left > 0; left--) for (const shop of shops) await shop.visit();
const rows: (readonly (string | number)[])[] = [];
for (const shop of shops) rows.push(await shop.end());

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}`;
console.log(`50 connections, median of ${ROUNDS} visits of 3 s; ${machine}\n`);
console.log(table(['', 'requests/s', 'p99 ms', 'CPU µs', 'supplier', 'SQLite', 'old prices'], rows));
