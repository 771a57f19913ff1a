import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = new URL('../../node_modules/.cache/flowpond-bench/own-sources.mjs', import.meta.url);

/** What the package does not export, and a floor is made of: the codec of records, the driver of SQLite; and the specs' server. */
const SOURCE = `
  export { decodeRecord, encodeRecord } from './lib/stores/record-codec.js';
  export { KeyScope, StoreKey } from './lib/stores/store-key.js';
  export { findDriver } from './lib/sqlite/driver.js';
  export { startRedis } from './spec/servers/redis.js';
  export { Redis } from 'ioredis';
`;

/** Compiles and loads it. `Redis` is the client that Flowpond itself finds; peers have the one that they ask for. */
export async function ownSources() {
  const stdin = { contents: SOURCE, resolveDir: ROOT, loader: 'ts' };
  const format = { bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' };
  await build({ stdin, ...format, outfile: fileURLToPath(FILE), logLevel: 'error' });
  return import(FILE.href);
}
