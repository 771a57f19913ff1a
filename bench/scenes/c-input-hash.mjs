import { hash } from 'node:crypto';
import { hashObjects, task, taskInputHash } from 'flowpond';
import { LRUCache } from 'lru-cache';
import { caseOf } from '../harness/case-of.mjs';
import { hashInputs, shuffledVisits } from '../harness/inputs.mjs';
import { inTurns } from '../harness/measure.mjs';
import { unique } from '../harness/unique.mjs';

export const DIGEST_FLOOR = 'floor: JSON.stringify + one-shot SHA-256';
export const OURS = 'flowpond';
const HAND = 'by hand: lru-cache under SHA-256 of JSON.stringify';

export const inputHash = {
  id: 'c',
  title: 'Digest of the inputs, and hits by it',
  says: 'Inputs of four sizes; each row of a size hashes the same values in the same order. First the digest alone, which for short inputs is the canonical text itself; then a whole hit whose key is made of the inputs. `JSON.stringify` is neither canonical nor typed; ohash, object-hash and the peers differ in what they tell apart; only time is compared here. The hit by one string is in scene (a).',
  async run({ peers, rounds = 5 }) {
    const tables = [];
    for (const kind of hashInputs()) tables.push(await digests(kind, peers, rounds));
    if (peers.length > 0) for (const kind of hashInputs()) tables.push(await hits(kind, peers, rounds));
    return { tables };
  },
};

const effort = (large) => (large ? { cpuMs: 20, minSamples: 3, batch: 64 } : { cpuMs: 40, batch: 256 });

async function digests({ size, inputs, large }, peers, rounds) {
  const three = size === '3 scalars';
  const shape = three ? 'withNextThree' : 'withNext';
  const visits = shuffledVisits(inputs);
  const rows = [
    {
      name: DIGEST_FLOOR,
      kind: 'floor',
      fn: await caseOf('withNext', (value) => hash('sha256', JSON.stringify(value)), visits),
    },
    { name: OURS, kind: 'flowpond', fn: await caseOf(shape, hashObjects, visits), note: 'hashObjects(…)' },
  ];
  for (const hasher of peers.length > 0 ? await hashers() : []) {
    const fn = await caseOf('withNext', hasher.digest, visits);
    rows.push({ name: hasher.name, kind: 'peer', fn, note: hasher.options });
  }
  const measured = await inTurns(rows, { rounds, ...effort(large) });
  return { title: `Digest: ${size}`, unit: 'ns', floor: DIGEST_FLOOR, main: OURS, rows: measured };
}

async function hashers() {
  const [{ hash: ohash }, { default: objectHash }] = await Promise.all([import('ohash'), import('object-hash')]);
  return [
    { name: 'ohash', digest: (value) => ohash(value), options: 'hash(value), its defaults' },
    { name: 'object-hash', digest: (value) => objectHash(value), options: 'its defaults' },
  ];
}

async function hits({ size, inputs, large }, peers, rounds) {
  const three = size === '3 scalars';
  const shape = three ? 'withNextThree' : 'withNext';
  const visits = shuffledVisits(inputs);
  let runs = 0;
  const body = async (_input, _second, _third) => ++runs;
  const lru = new LRUCache({ max: 10_000 });
  const byHand = async (...args) => {
    const key = hash('sha256', JSON.stringify(args));
    const found = lru.get(key);
    if (found !== undefined) return found;
    const made = await body();
    lru.set(key, made);
    return made;
  };
  const own = task(body, { name: unique(`c hit ${size}`), cacheKeyFn: taskInputHash });
  const calls = [
    { name: HAND, kind: 'floor', call: byHand },
    { name: OURS, kind: 'flowpond', call: own, note: 'cacheKeyFn: taskInputHash' },
  ];
  for (const peer of peers) {
    const skipped = peer.makeByInputs === undefined || (three && peer.name === 'async-cache-dedupe'); // it takes one argument
    if (!skipped) calls.push({ name: peer.name, kind: 'peer', call: peer.makeByInputs(body), note: peer.inputs });
  }
  const rows = [];
  for (const { call, ...row } of calls) {
    for (const input of inputs) await (three ? call(...input) : call(input));
    rows.push({ ...row, fn: await caseOf(shape, call, visits) });
  }
  const measured = await inTurns(rows, { rounds: large ? 3 : rounds, ...effort(large) });
  if (runs !== inputs.length * calls.length) throw new Error(`${size}: not every measured call was a hit`);
  return { title: `Hit by the inputs: ${size}`, unit: 'ns', floor: HAND, main: OURS, rows: measured };
}
