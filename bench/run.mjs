// npm run bench: measures every scene, against the floors and the peers, and writes RESULTS.json, RESULTS.md and hits.svg.
// node --expose-gc bench/run.mjs c e: only these scenes, printed and not written.
import { readFileSync, writeFileSync } from 'node:fs';
import { inChild } from './harness/child.mjs';
import { load, machine } from './harness/machine.mjs';
import { progress, progressIn } from './harness/progress.mjs';
import { versionOf } from './harness/size.mjs';
import { peers } from './peers/index.mjs';
import { hitsChart } from './report/chart.mjs';
import { resultsPage, sceneText } from './report/page.mjs';
import { scenes } from './scenes/index.mjs';

if (globalThis.gc === undefined) throw new Error('run it with node --expose-gc, as npm run bench does');

const only = process.argv.slice(2);
const begun = performance.now();
const loadBefore = load();
const found = [];
for (const scene of scenes) {
  if (only.length > 0 && !only.includes(scene.id)) continue;
  progressIn(`(${scene.id})`);
  const { tables } = await scene.run({ peers });
  found.push({ id: scene.id, title: scene.title, says: scene.says, tables });
  progress('');
  if (only.length > 0) console.log(sceneText(found.at(-1)));
}

if (only.length === 0) {
  progressIn('(a, b, d)');
  progress('once more, without peers');
  const alone = await inChild('alone.mjs');
  progress('');
  const file = new URL('RESULTS.json', import.meta.url);
  const run = {
    machine: machine(),
    flowpond: JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
    date: new Date().toISOString().slice(0, 10),
    seconds: Math.round((performance.now() - begun) / 1_000),
    load: [loadBefore, load()],
    peers: peers.map(({ name, kind, package: pack, options }) => ({ name, kind, version: versionOf(pack), options })),
    scenes: found,
    alone,
  };
  const results = { ...earlier(file), [nodeOf(run)]: run };
  const page = resultsPage(results);
  writeFileSync(file, `${JSON.stringify(results)}\n`);
  writeFileSync(new URL('RESULTS.md', import.meta.url), page);
  const [oldest] = Object.keys(results).sort(); // the oldest Node that Flowpond runs on
  writeFileSync(new URL('hits.svg', import.meta.url), hitsChart(results[oldest]));
  console.log(page.slice(0, page.indexOf('\n## ', page.indexOf('## The bars') + 1)));
  console.log('written: bench/RESULTS.md, bench/RESULTS.json, bench/hits.svg');
}
process.exit(0); // some peers keep timers

function nodeOf({ machine: { node } }) {
  return `node ${node.slice(1).split('.')[0]}`;
}

/** What other versions of Node measured stays beside it. */
function earlier(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
