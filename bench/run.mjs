import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { floorName, hits } from './hits.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));

function table(title, results) {
  const floor = results[floorName].median;
  const rows = Object.entries(results).map(([name, { median, low, high }]) => {
    const ratio = `${(median / floor).toFixed(2)}x`;
    return `| ${name} | ${median.toFixed(0)} | ${low.toFixed(0)} to ${high.toFixed(0)} | ${ratio} |`;
  });
  return [`## ${title}`, '', '| scene | ns, median | spread of the rounds | against the floor |', '|---|---:|---:|---:|', ...rows, ''].join('\n');
}

const { outside, inside } = await hits();
const text = [
  '# Results',
  '',
  `flowpond ${version}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}. One process, scenes in turns; read the ratios, not the`,
  'nanoseconds: the machine is shared. Written by `npm run bench`.',
  '',
  table('A hit outside a flow', outside),
  table('A hit inside a flow', inside),
].join('\n');
writeFileSync(new URL('RESULTS.md', import.meta.url), text);
console.log(text);
