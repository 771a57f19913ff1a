import { task } from 'flowpond';
import { LRUCache } from 'lru-cache';
import { caseOf } from '../harness/case-of.mjs';
import { inTurns } from '../harness/measure.mjs';
import { unique } from '../harness/unique.mjs';

const FLOOR = 'floor: get, await the body, set';
const MAIN = 'flowpond, string key';
const ENTRIES = 10_000;

export const miss = {
  id: 'e',
  title: 'A miss with an empty body',
  says: 'Every call has a key that was never seen, and a body that does nothing: key, lookup, run, write, and dropping the oldest of 10,000 entries. What keeps everything is emptied after each round.',
  async run({ peers, rounds = 5 }) {
    const lru = new LRUCache({ max: ENTRIES });
    const body = async (sku) => sku;
    const floor = async (sku) => {
      const key = `quote:${sku}`;
      const found = lru.get(key);
      if (found !== undefined) return found;
      const made = await body(sku);
      lru.set(key, made);
      return made;
    };
    const own = task(body, {
      name: unique('e miss'),
      parameters: ['sku'],
      cacheKeyFn: (_context, { sku }) => `quote:${sku}`,
    });
    const rows = [
      { name: FLOOR, kind: 'floor', fn: await caseOf('withFresh', floor) },
      { name: MAIN, kind: 'flowpond', fn: await caseOf('withFresh', own) },
    ];
    for (const peer of peers) {
      if (peer.linear) continue; // its cost is that of looking through all keys: scene (a) shows it
      const { call, clear } = peer.make(body, { entries: ENTRIES });
      rows.push({ name: peer.name, kind: 'peer', fn: await caseOf('withFresh', call), after: clear });
    }
    const measured = await inTurns(rows, { rounds, cpuMs: 60 });
    return { tables: [{ title: 'Miss', unit: 'ns', floor: FLOOR, main: MAIN, rows: measured }] };
  },
};
