import { flow, task } from 'flowpond';
import { inTurns } from '../harness/measure.mjs';
import { FLOOR, floorRow, NOOP, ownCases, ownSyncCase, PLAIN, peerCases } from './hit-cases.mjs';

export const insideAFlow = {
  id: 'd',
  title: 'The same inside a flow',
  says: 'All of scene (a) and the sync hit once more, the whole loop inside one flow run, floor and peers too; besides, a run of a task that does nothing and has no cache.',
  async run({ peers, rounds = 9 }) {
    const own = await ownCases('d');
    const sync = await ownSyncCase('d');
    const others = await peerCases(peers.filter((peer) => !peer.linear));
    const noop = task(async () => {}, { name: 'd noop' });
    const rows = [
      await floorRow(),
      ...own.rows,
      ...sync.rows,
      { name: NOOP, kind: 'flowpond', fn: () => noop() },
      ...others.rows,
    ];
    const measured = await flow(() => inTurns(rows, { rounds }), { name: 'bench inside a flow' })();
    for (const cases of [own, sync, others]) cases.assertAllHits();
    return { tables: [{ title: 'Inside a flow', unit: 'ns', floor: FLOOR, main: PLAIN, rows: measured }] };
  },
};
