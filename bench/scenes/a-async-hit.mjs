import { inTurns } from '../harness/measure.mjs';
import { FLOOR, floorRow, ownCases, PLAIN, peerCases } from './hit-cases.mjs';

export const asyncHit = {
  id: 'a',
  title: 'Async hit by a string key',
  says: '1,000 cached keys, visited in a fixed random order, one awaited call after another, outside any flow. The floor is `await` of an async function that reads an lru-cache by the same template key. The row of `taskInputHash` belongs to scene (c).',
  async run({ peers, rounds = 9 }) {
    const tables = [];
    if (peers.length > 0) tables.push(await beforeAnyTask(peers));
    const own = await ownCases('a');
    const others = await peerCases(peers);
    const rows = await inTurns([await floorRow(), ...own.rows, ...others.rows], { rounds });
    own.assertAllHits();
    others.assertAllHits();
    return { tables: [{ title: 'Async hit', unit: 'ns', floor: FLOOR, main: PLAIN, rows }, ...tables] };
  },
};

/** Has to come first in the process: on Node 20 and 22 the first scope makes every await in it dearer, for everybody. */
async function beforeAnyTask(peers) {
  const others = await peerCases(peers.filter((peer) => !peer.linear));
  const rows = await inTurns([await floorRow(), ...others.rows], { rounds: 3 });
  const title = 'The floor and the peers before the first task ran: no AsyncLocalStorage in the process yet';
  return { title, unit: 'ns', floor: FLOOR, rows: rows.map((row) => ({ ...row, note: undefined })) };
}
