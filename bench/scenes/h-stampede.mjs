import { task, taskInputHash } from 'flowpond';
import { caseOf } from '../harness/case-of.mjs';
import { inTurns } from '../harness/measure.mjs';
import { unique } from '../harness/unique.mjs';

const CALLERS = 1_000;
const FLOOR = 'floor: a Map of pending promises';
const MAIN = 'flowpond, string key';

export const stampede = {
  id: 'h',
  title: '1,000 concurrent callers of one missing key',
  says: 'A thousand calls of one key that was never seen, made at once; the body ends a turn of the event loop later. Nanoseconds per caller, from the first call to the last answer, and how often the body ran per crowd: one is what is wanted.',
  async run({ peers, rounds = 5 }) {
    const later = () => new Promise((resolve) => setImmediate(resolve));
    const subjects = [
      { name: FLOOR, kind: 'floor', make: coalescing },
      {
        name: MAIN,
        kind: 'flowpond',
        make: (body) => task(body, { name: unique('h text'), cacheKeyFn: (_context, { key }) => `quote:${key}` }),
      },
      {
        name: 'flowpond, taskInputHash of one string',
        kind: 'flowpond',
        make: (body) => task(body, { name: unique('h hashed'), cacheKeyFn: taskInputHash }),
      },
      ...peers
        .filter((peer) => !peer.linear)
        .map(({ name, make }) => ({ name, kind: 'peer', make: (body) => make(body, { entries: 10_000 }).call })),
    ];
    const rows = [];
    for (const { name, kind, make } of subjects) {
      const count = { bodies: 0, crowds: 0 };
      const call = make(async (key) => {
        count.bodies++;
        await later();
        return key;
      });
      const crowd = await caseOf('withCrowd', call, CALLERS);
      const fn = () => {
        count.crowds++;
        return crowd();
      };
      rows.push({ name, kind, fn, per: CALLERS, count });
    }
    const measured = await inTurns(rows, { rounds, cpuMs: 40, minSamples: 8, batch: 8 });
    const noted = measured.map((row, i) => ({ ...row, note: bodiesPerCrowd(rows[i].count) }));
    return { tables: [{ title: 'Stampede, per caller', unit: 'ns', floor: FLOOR, main: MAIN, rows: noted }] };
  },
};

function bodiesPerCrowd({ bodies, crowds }) {
  const each = Math.round((bodies / crowds) * 100) / 100;
  return `${each} run${each === 1 ? '' : 's'} of the body`;
}

function coalescing(body) {
  const pending = new Map();
  return (key) => {
    const known = pending.get(key);
    if (known !== undefined) return known;
    const made = body(key).finally(() => pending.delete(key));
    pending.set(key, made);
    return made;
  };
}
