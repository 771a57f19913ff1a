// Writes lua-sources.ts from the .lua files: a module is found alike by both builds, by bundlers and by Jest, a file beside it is not.
// Run it after a change: node lib/redis/scripts/generate.mjs (with --check it only says whether that is needed).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = (name) => new URL(name, import.meta.url);

function generate() {
  const read = (name) => {
    const source = readFileSync(here(name), 'utf8').trimEnd();
    if (/`|\$\{/.test(source)) throw new Error(`${name} has a backtick or a \${: a template cannot hold it`);
    return source.replaceAll('\\', '\\\\');
  };
  const names = readdirSync(here('.')).filter((name) => name.endsWith('.lua') && name !== 'common.lua');
  const scripts = names.sort().map((name) => `  ${name.slice(0, -4)}: \`\${COMMON}\n${read(name)}\n\`,`);
  return [
    '// Made by scripts/generate.mjs from the .lua files beside it: change those.',
    `const COMMON = \`${read('common.lua')}\`;\n`,
    '/** The scripts by name: each is sent whole, once per server. */',
    `export const LUA = {\n${scripts.join('\n')}\n} as const;\n`,
  ].join('\n');
}

const target = here('../lua-sources.ts');
if (!process.argv.includes('--check')) writeFileSync(target, generate());
else if (readFileSync(target, 'utf8') !== generate()) process.exitCode = 1;
