// Builds dist/: one ES module for each entry of package.json's exports, with what they share in dist/shared (a hundred small files
// take twice as long to import), their declarations, and dist/cjs/, the CommonJS twin, which says what it is in a package.json of its own.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('@typescript/native/package.json')), 'bin', 'tsc');
const compile = (...args) => execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });

const { exports: exported } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exported).flatMap((entry) => entry.import?.default ?? []);
const sources = entries.map((path) => path.replace('./dist/', 'lib/').replace(/\.js$/, '.ts'));

rmSync('dist', { recursive: true, force: true });
compile('-p', 'tsconfig.build.json', '--emitDeclarationOnly');
await build({
  entryPoints: sources,
  outbase: 'lib',
  outdir: 'dist',
  chunkNames: 'shared/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  tsconfig: 'tsconfig.build.json', // fields are set, not defined: a frame is made for every call
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
});
keepClassNames('dist');
throughRequire('reflect-metadata');
oneByte('dist');
compile('-p', 'tsconfig.cjs.json');
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

/** esbuild names a class that speaks of itself `_State`, which errors and logs would show. A space in its place leaves the source maps true. */
function keepClassNames(folder) {
  for (const path of modulesIn(folder)) {
    const code = readFileSync(path, 'utf8');
    const names = [...code.matchAll(/\bvar (\w+) = class _(\w+)/g)].flatMap(([, outer, inner]) =>
      outer === inner ? [inner] : [],
    );
    if (names.length === 0) continue;
    writeFileSync(path, code.replace(new RegExp(`(?<![\\w$#])_(?=(?:${names.join('|')})\\b)`, 'g'), ' '));
  }
}

/**
 * Has the modules import a CommonJS package through a file that requires it. Node reads a CommonJS module twice where a module imports it, first for
 * the names that it exports, of which we use none: on Node 20 a fifth of the time that an import of flowpond takes. Bundlers follow both.
 */
function throughRequire(name) {
  const shim = `dist/shared/${name}.cjs`;
  writeFileSync(shim, `require('${name}');\n`);
  for (const path of modulesIn('dist')) {
    const way = relative(dirname(path), shim);
    const code = readFileSync(path, 'utf8');
    writeFileSync(path, code.replace(`import "${name}";`, `import "${way.startsWith('.') ? way : `./${way}`}";`));
  }
}

/**
 * V8 holds a source with one character beyond Latin-1 as two bytes a character, and reads it slower. esbuild escapes those of strings; these are
 * of comments.
 */
function oneByte(folder) {
  for (const path of modulesIn(folder)) {
    const code = readFileSync(path, 'utf8');
    writeFileSync(path, code.replaceAll('\u2026', '...').replace(/[^\0-\x7f]/g, '?'));
  }
}

function modulesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name));
}
