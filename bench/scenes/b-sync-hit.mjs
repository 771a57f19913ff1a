import { inTurns } from '../harness/measure.mjs';
import { FLOOR, floorRow, ownSyncCase, peerSyncCases, SYNC, syncFloorRow } from './hit-cases.mjs';

export const syncHit = {
  id: 'b',
  title: 'Sync hit by a string key',
  says: 'The same keys and order for a synchronous task, nothing awaited. The bar is against the awaited floor of scene (a), measured here again; `lru-cache.get` alone is beside it.',
  async run({ peers, rounds = 9 }) {
    const own = await ownSyncCase('b');
    const others = await peerSyncCases(peers);
    const rows = await inTurns([await floorRow(), await syncFloorRow(), ...own.rows, ...others.rows], { rounds });
    own.assertAllHits();
    others.assertAllHits();
    return { tables: [{ title: 'Sync hit', unit: 'ns', floor: FLOOR, main: SYNC, rows }] };
  },
};
