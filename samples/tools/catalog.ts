import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where samples run: the loader looks for `tsconfig.json` here. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SAMPLES = join(ROOT, 'samples');
/** Runs TypeScript with decorators as it stands; Node 26 has a word of warning for how it does that. */
const LOADER = ['--import', '@swc-node/register/esm-register', '--disable-warning=DEP0205'];

export interface Sample {
  /** `01-input-hash`. */
  readonly name: string;
  /** The heading of its README. */
  readonly title: string;
  readonly readme: string;
  readonly expected: string;
  /** What node is called with to run it. */
  readonly args: readonly string[];
}

/** All samples in order, or those whose names begin with one of these; at least one. */
export function catalog(prefixes: readonly string[]): readonly Sample[] {
  const all = readdirSync(SAMPLES)
    .filter((name) => existsSync(join(SAMPLES, name, 'main.ts')))
    .sort();
  const chosen = all.filter((name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)));
  if (chosen.length > 0) return chosen.map(sample);
  console.error(`There is no sample ${prefixes.join(', ')}. There are:\n  ${all.join('\n  ')}`);
  process.exit(1);
}

function sample(name: string): Sample {
  const readme = join(SAMPLES, name, 'README.md');
  const [firstLine = ''] = readFileSync(readme, 'utf8').split('\n', 1);
  return {
    name,
    title: firstLine.replace(/^# /, ''),
    readme,
    expected: join(dirname(readme), 'expected.txt'),
    args: [...LOADER, join(dirname(readme), 'main.ts')],
  };
}
