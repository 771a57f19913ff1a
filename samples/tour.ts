// Runs the samples one after another: `npm start`, or `npm start 02` for one of them, `SLOW=1 npm start` at the tutorial's pace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { styleText } from 'node:util';
import { catalog, ROOT, type Sample } from './tools/catalog.js';

const CLOSING = `
You saw finished tasks come back as Cached, until their expiry passed or their
inputs changed. Next: read samples/01-input-hash, change a line of its main.ts,
and run it alone with \`npm start 01\`.`;

for (const sample of catalog(process.argv.slice(2))) {
  console.log(heading(sample.title));
  const failure = await run(sample);
  if (failure !== undefined) {
    console.error(`\nThe sample ${sample.name} failed: ${failure}.`);
    process.exit(1);
  }
}
console.log(CLOSING);

/** Its output goes where ours goes: in order, and in colour on a terminal. What went wrong, if anything did. */
async function run({ args }: Sample): Promise<string | undefined> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code === 0) return undefined;
  return code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
}

function heading(title: string): string {
  return `\n${styleText('bold', `${`── ${title} `.padEnd(80, '─')}`, { stream: process.stdout })}\n`;
}
