import { inChild } from '../harness/child.mjs';
import { progress } from '../harness/progress.mjs';

export const RAW = 'lru-cache alone';
export const STORED = 'flowpond';
const ENTRIES = 100_000;

export const memory = {
  id: 'g',
  title: 'Bytes retained per entry',
  says: `${ENTRIES.toLocaleString('en')} entries of one small object each, every subject in a process of its own with \`--expose-gc\`: heap and external memory after collection, per entry, the value and its key included. First as stored, then after every entry was hit once (lru-cache and Flowpond only).`,
  async run({ peers, rounds = 2 }) {
    const subjects = [
      { name: RAW, kind: 'floor', id: 'raw' },
      { name: STORED, kind: 'flowpond', id: 'flowpond' },
      ...(peers.length === 0
        ? []
        : [
            { name: 'flowpond, with cacheExpiration', kind: 'flowpond', id: 'flowpond-expiring' },
            { name: 'flowpond, filled inside one flow run', kind: 'flowpond', id: 'flowpond-in-flow' },
          ]),
      ...peers.filter((peer) => !peer.linear).map(({ name }) => ({ name, kind: 'peer', id: name })),
    ];
    const stored = [];
    const hit = [];
    for (const { name, kind, id } of subjects) {
      const samples = { stored: [], hit: [] };
      for (let round = 0; round < (kind === 'peer' ? 1 : rounds); round++) {
        progress(`memory of ${name}`);
        const bytes = await inChild('scenes/memory-child.mjs', [id, String(ENTRIES)]);
        samples.stored.push(bytes.stored);
        if (bytes.hit !== undefined) samples.hit.push(bytes.hit);
      }
      stored.push({ name, kind, samples: samples.stored });
      if (samples.hit.length > 0) hit.push({ name, kind, samples: samples.hit });
    }
    return {
      tables: [
        { title: 'Bytes per entry, as stored', unit: 'bytes', floor: RAW, rows: stored },
        { title: 'Bytes per entry, after a hit of each', unit: 'bytes', floor: RAW, rows: hit },
      ],
    };
  },
};
