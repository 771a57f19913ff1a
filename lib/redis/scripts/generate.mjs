// Writes lua-sources.ts from the .lua files: a module is found alike by both builds, by bundlers and by Jest, a file beside it is not.
// Run it after a change: node lib/redis/scripts/generate.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => new URL(name, import.meta.url);

/** The text of lua-sources.ts. */
export function generate() {
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

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(here('../lua-sources.ts'), generate());
