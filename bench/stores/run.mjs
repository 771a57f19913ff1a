// npm run bench:stores: stampedes and hits of the stores that processes share, beside the peers, rendered to bench/STORES.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, machine } from '../harness/machine.mjs';
import { progress, progressIn } from '../harness/progress.mjs';
import { versionOf } from '../harness/size.mjs';
import { nearHits, sqliteHits } from './own-hits.mjs';
import { ownSources } from './own-sources.mjs';
import { storesPage } from './page.mjs';
import { redisHits } from './redis-hits.mjs';
import { stampede } from './stampede.mjs';
import { subjects } from './subjects.mjs';

if (globalThis.gc === undefined) throw new Error('run it with node --expose-gc, as npm run bench:stores does');

const sources = await ownSources();
const server = await sources.startRedis();
if (server === undefined) process.exit(1); // it has said why
const folder = mkdtempSync(join(tmpdir(), 'flowpond-stores-'));
const admin = new sources.Redis(server.port, '127.0.0.1');
const places = { port: server.port, path: join(folder, 'states.db') };
const setting = { places, sources, empty: () => admin.flushall() };
const begun = performance.now();
const loadBefore = load();
progressIn('(stores)');
try {
  const found = {
    stampede: { scene: stampede, rows: await stampede.run(setting) },
    hits: { scene: redisHits, tables: await redisHits.run(setting) },
    sqlite: { scene: sqliteHits, rows: await sqliteHits.run(setting) },
    near: { scene: nearHits, rows: await nearHits.run(setting) },
  };
  progress('');
  const page = storesPage({
    ...found,
    machine: machine(),
    redis: await versionOfServer(),
    versions: versions(),
    date: new Date().toISOString().slice(0, 10),
    seconds: Math.round((performance.now() - begun) / 1_000),
    load: [loadBefore, load()],
  });
  console.log(page.slice(0, page.indexOf('\n## How each is configured')));
  if (found.stampede.rows.some(({ rounds }) => rounds.some(({ errors }) => errors > 0))) {
    console.error('not written: the machine was too busy for the deadlines of stores');
    process.exitCode = 1;
  } else {
    writeFileSync(new URL('../STORES.md', import.meta.url), page);
    console.log('written: bench/STORES.md');
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(); // some peers keep timers

async function versionOfServer() {
  return /^redis_version:(\S+)/m.exec(await admin.info('server'))?.[1];
}

function versions() {
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  const peers = subjects.flatMap((subject) => (subject.package === undefined ? [] : [subject.package]));
  return { flowpond: own, ...Object.fromEntries(peers.map((peer) => [peer, versionOf(peer)])) };
}
