// Runs the samples and compares what they print with their expected.txt, and with the output that their README shows:
// `npm run samples`, or `npm run samples -- 02`; with `--update` it writes both anew. A sample that needs a server and finds none is
// skipped aloud, and fails where REQUIRE_SERVERS=1 says that it must not be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '../spec/servers/redis.js';
import { catalog, ROOT, type Sample } from './tools/catalog.js';
import { diff } from './tools/diff.js';
import { isAmbiguous, mask } from './tools/mask.js';

/** Against hanging. */
const LONGEST_MS = process.env.SLOW === '1' ? 600_000 : 180_000;
/** Leases and expiries of samples are real: where the machine itself stood still for so long, what they printed says nothing. */
const STILL_MS = 400;
const TRIES = 3;
/** In a README: what stands between these two. */
const SHOWN = /(?<=^```text\n)[\s\S]*?(?=^```$)/m;

/** What a sample prints that cannot run here, and why. */
const SKIPPED = /^SKIPPED: (.*)$/m;

const update = process.argv.includes('--update');
const samples = catalog(process.argv.slice(2).filter((argument) => argument !== '--update'));
let failed = 0;
// The samples' Redis, by the rules of the specs: what is there, or one started for them.
const redis = await findRedis();
if (redis !== undefined) process.env.REDIS_URL = redis.url;
let skipped = 0;

for (const sample of samples) {
  const fault = update ? await write(sample) : await check(sample);
  if (fault === undefined) continue;
  failed++;
  console.error(`${sample.name} ${fault}\n`);
}
const [first] = catalog(['01']);
if (first !== undefined && !readFileSync(first.expected, 'utf8').startsWith(mask(shownIn(join(ROOT, 'README.md'))))) {
  failed++;
  console.error(`The output in README.md is not the beginning of what ${first.name} prints.\n`);
}
await redis?.stop();
if (failed > 0) {
  console.error(
    `${failed} of ${samples.length} samples not as expected; if this is right: npm run samples -- --update`,
  );
  process.exit(1);
}
const rest = skipped === 0 ? '' : `, ${skipped} SKIPPED`;
console.log(`${samples.length - skipped} samples ${update ? 'written' : 'as expected'}${rest}`);

/** What is wrong with a sample, if anything is. */
async function check(sample: Sample): Promise<string | undefined> {
  for (let left = TRIES - 1; ; left--) {
    const stall = watchForStall();
    const fault = await checkOnce(sample);
    const stillMs = stall.end();
    if (fault === undefined || left === 0 || stillMs < STILL_MS) return fault;
    console.error(
      `${sample.name} is run again: this process stood still for ${Math.round(stillMs)} ms, and it ${fault}\n`,
    );
  }
}

/** For how long nothing ran here at most. */
function watchForStall(): { end(): number } {
  let [seen, longest] = [performance.now(), 0];
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - seen - 50);
    seen = now;
  };
  const timer = setInterval(look, 50);
  return {
    end() {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

async function checkOnce(sample: Sample): Promise<string | undefined> {
  const { output, ending } = await run(sample);
  if (ending !== undefined) return `${ending}:\n${output}`;
  const reason = SKIPPED.exec(output)?.[1];
  if (reason !== undefined) return skip(sample, reason);
  const expected = readFileSync(sample.expected, 'utf8');
  const actual = mask(output);
  if (actual !== expected) return `prints (+) something else than its expected.txt (-):\n${diff(expected, actual)}`;
  const shown = mask(shownIn(sample.readme));
  if (shown !== expected) return `prints (+) something else than its README.md shows (-):\n${diff(shown, expected)}`;
  return undefined;
}

/** Says aloud that a sample was not run; what is wrong with that, if it is. */
function skip({ name }: Sample, reason: string): string | undefined {
  if (process.env.REQUIRE_SERVERS === '1') return `was skipped, which REQUIRE_SERVERS=1 forbids: ${reason}`;
  console.error(`\n########## SAMPLE SKIPPED: ${name}: ${reason} ##########\n`);
  skipped++;
  return undefined;
}

/** The first output that a README shows. */
function shownIn(readme: string): string {
  return SHOWN.exec(readFileSync(readme, 'utf8'))?.[0] ?? '';
}

async function write(sample: Sample): Promise<string | undefined> {
  const { output, ending } = await run(sample);
  if (ending !== undefined) return `${ending}:\n${output}`;
  const reason = SKIPPED.exec(output)?.[1];
  if (reason !== undefined) return skip(sample, reason);
  writeFileSync(sample.expected, mask(output));
  writeFileSync(
    sample.readme,
    readFileSync(sample.readme, 'utf8').replace(SHOWN, () => output),
  );
  return undefined;
}

/** A sample's output, and how it ended if not well. */
async function run(sample: Sample): Promise<{ readonly output: string; readonly ending?: string }> {
  for (let left = TRIES; ; left--) {
    const result = await runOnce(sample);
    if (left === 1 || !isAmbiguous(result.output)) return result;
  }
}

async function runOnce({ args }: Sample): Promise<{ readonly output: string; readonly ending?: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'flowpond-samples-'));
  const file = join(folder, 'output');
  try {
    // One file takes both streams: writing to files is synchronous everywhere, so the order is that of the program.
    const fd = openSync(file, 'w');
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: environment(),
      stdio: ['ignore', fd, fd],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    closeSync(fd);
    const output = readFileSync(file, 'utf8');
    return code === 0
      ? { output }
      : { output, ending: code === null ? `was ended by ${signal}` : `ended with exit code ${code}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ours, without what changes a log's look. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== 'FORCE_COLOR' && !name.startsWith('FLOWPOND_'));
  return { ...Object.fromEntries(own), NO_COLOR: '1' };
}
