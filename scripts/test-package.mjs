// The built package as a consumer gets it: both module formats, by the package's own name, in one process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as esm from 'flowpond';
import * as nestjs from 'flowpond/nestjs';
import * as redis from 'flowpond/redis';
import * as sqlite from 'flowpond/sqlite';
import * as testing from 'flowpond/testing';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const require = createRequire(import.meta.url);
const cjs = require('flowpond');
let checks = 0;

async function check(sentence, fn) {
  try {
    await fn();
    checks++;
  } catch (error) {
    console.error(`✗ ${sentence}`);
    throw error;
  }
}

await check('both builds export the same names', () => {
  assert.deepEqual(Object.keys(cjs).sort(), Object.keys(esm).sort());
  for (const [entry, names] of Object.entries({ testing, sqlite, redis, nestjs })) {
    assert.deepEqual(Object.keys(require(`flowpond/${entry}`)).sort(), Object.keys(names).sort());
  }
  assert.notEqual(cjs.task, esm.task);
});

await check('classes of both builds have the names that they are exported by', () => {
  for (const build of [esm, cjs]) {
    for (const [name, value] of Object.entries(build)) {
      if (/^class\b/.test(Function.prototype.toString.call(typeof value === 'function' ? value : check))) {
        assert.equal(value.name, name);
      }
    }
  }
  assert.equal(esm.MissingContextError.ofValue('Reports.monthly', 'tenant').name, 'MissingContextError');
});

await check('decorators of one class share their metadata: the build kept what gives it a place', () => {
  assert.equal(typeof Symbol.metadata, 'symbol');
});

await check('a task of one build knows the flow run of the other', async () => {
  const inner = cjs.task(async () => cjs.getRunContext().flowRun.id, { name: 'inner' });
  const outer = esm.flow(async () => [esm.getRunContext().flowRun.id, await inner()], { name: 'outer' });
  const [ofFlow, ofTask] = await outer();
  assert.equal(ofTask, ofFlow);
});

await check('both builds have one default pond, and errors and states of one are known to the other', async () => {
  assert.equal(cjs.configure({ logLevel: 'silent' }), esm.defaultPond());
  assert.ok(new cjs.CancelledError('it') instanceof esm.CancelledError);
  assert.ok(esm.State.is(cjs.State.completed(1)));
  const failing = cjs.task(async () => cjs.State.failed(new Error('no')), { name: 'failing' });
  assert.ok((await esm.returnState(failing)()).isFailed());
});

await check('a verb of one build takes a task of the other, and its stored state', async () => {
  let runs = 0;
  const quote = esm.task(async (sku) => `${sku} ${++runs}`, { name: 'quote', cacheKeyFn: cjs.taskInputHash });
  assert.equal(await quote('A1'), 'A1 1');
  assert.equal(String(await cjs.returnState(quote)('A1')), 'Cached(type=COMPLETED)');
});

await check(
  'an import loads nothing of Node that defining tasks does not need, and sources of one byte a character',
  () => {
    const code =
      "await import('flowpond'); console.log(['async_hooks', 'crypto', 'zlib'].filter((name) => process.moduleLoadList.includes('NativeModule ' + name)).join())";
    const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    assert.equal(loaded.trim(), 'async_hooks');
    for (const file of readdirSync('dist/shared').filter((name) => name.endsWith('.js'))) {
      assert.doesNotMatch(readFileSync(`dist/shared/${file}`, 'utf8'), /[^\0-\x7f]/);
    }
  },
);

await check('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pack: 'npm' });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

console.log(`package: ${checks} checks passed`);
