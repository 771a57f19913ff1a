import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configure } from 'flowpond';
import { WeatherService } from './weather.js';

configure({ logLevel: 'info' });

const file = fileURLToPath(new URL('seattle-weather.csv', import.meta.url));
const weather = new WeatherService();

console.log('First run');
const report = await weather.weatherReport(file, 2015);
console.log(`\n${report}`);

console.log('\nSecond run');
await weather.weatherReport(file, 2015);

console.log('\nA changed parameter: five ranks instead of three');
const longer = await weather.weatherReport(file, 2015, 5);
console.log(`\n${newLines(longer, report)}`);

console.log('\nA changed file: a copy from which the hottest value was withdrawn');
const folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
try {
  const copy = join(folder, 'corrected.csv');
  const text = await readFile(file, 'utf8');
  await writeFile(copy, text.replace('2015-07-19,0.0,35.0,', '2015-07-19,0.0,,'));
  const corrected = await weather.weatherReport(copy, 2015);
  console.log(`\n${newLines(corrected, report)}`);
} finally {
  await rm(folder, { recursive: true });
}

function newLines(text: string, before: string): string {
  const known = before.split('\n');
  const lines = text.split('\n').filter((line) => !known.includes(line));
  return ['Other than in the first report:', ...lines].join('\n');
}
