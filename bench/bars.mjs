// The bars that Flowpond sets itself: what is measured, at most how much, and what would be better still.
import { median, ratio, rowOf } from './harness/stats.mjs';
import { DIGEST_FLOOR, OURS } from './scenes/c-input-hash.mjs';
import { IN_TURN } from './scenes/f-flows.mjs';
import { RAW, STORED } from './scenes/g-memory.mjs';
import { FLOOR, HASHED, NOOP, PLAIN, SYNC } from './scenes/hit-cases.mjs';
import { OWN } from './scenes/j-cold.mjs';

const tableOf = (found, id, title) => {
  const { tables } = found.find((scene) => scene.id === id);
  return title === undefined ? tables[0] : tables.find((table) => table.title === title);
};

function against(table, first, second) {
  return { value: ratio(rowOf(table, first), rowOf(table, second)) };
}

/** Against the fastest of the peers of some kinds: how many times its time ours is. */
function againstFastest(own, peerRows) {
  const fastest = peerRows.toSorted((a, b) => median(a.samples) - median(b.samples))[0];
  return { value: ratio(own, fastest), note: fastest.name };
}

const digestBar = (size, limit) => ({
  scene: 'c',
  text: `digest of ${size} against JSON.stringify + SHA-256`,
  limit,
  stretch: 1.1,
  measure: (found) => against(tableOf(found, 'c', `Digest: ${size}`), OURS, DIGEST_FLOOR),
});

const bytesBar = (title, text) => ({
  scene: 'g',
  text,
  limit: 250,
  stretch: 150,
  unit: 'bytes',
  measure(found) {
    const table = tableOf(found, 'g', title);
    const value = median(rowOf(table, STORED).samples) - median(rowOf(table, RAW).samples);
    return { value };
  },
});

const SIZES = ['3 scalars', '20 keys', '10 kB', '1 MB'];

/** `peers`: kinds of peers that it compares with; `bench:check`, which measures none, leaves it out. */
export const bars = [
  {
    scene: 'a',
    text: 'async hit, string key, outside a flow',
    limit: 1.6,
    stretch: 1.3,
    measure: (found) => against(tableOf(found, 'a'), PLAIN, FLOOR),
  },
  {
    scene: 'd',
    text: 'async hit, string key, inside a flow',
    limit: 1.6,
    stretch: 1.3,
    measure: (found) => against(tableOf(found, 'd'), PLAIN, FLOOR),
  },
  {
    scene: 'a',
    text: 'async hit by `taskInputHash` of one string',
    limit: 1.8,
    stretch: 1.5,
    measure: (found) => against(tableOf(found, 'a'), HASHED, FLOOR),
  },
  {
    scene: 'a',
    text: "the same against p-memoize's hit",
    limit: 1,
    peers: true,
    measure: (found) => against(tableOf(found, 'a'), HASHED, 'p-memoize'),
  },
  {
    scene: 'b',
    text: 'sync hit, string key, against the awaited floor',
    limit: 0.8,
    stretch: 0.5,
    measure: (found) => against(tableOf(found, 'b'), SYNC, FLOOR),
  },
  {
    scene: 'b',
    text: 'sync hit against the fastest decorator library or cache engine',
    limit: 1,
    peers: true,
    measure(found, kindOf) {
      const rows = [...tableOf(found, 'a').rows, ...tableOf(found, 'b').rows];
      const others = rows.filter((row) => ['engine', 'decorators'].includes(kindOf(row.name)));
      return againstFastest(rowOf(tableOf(found, 'b'), SYNC), others);
    },
  },
  {
    scene: 'd',
    text: 'no-op task run inside a flow, no cache',
    limit: 6,
    stretch: 4,
    measure: (found) => against(tableOf(found, 'd'), NOOP, FLOOR),
  },
  digestBar('3 scalars', 1.2),
  digestBar('20 keys', 1.4),
  digestBar('10 kB', 1.5),
  digestBar('1 MB', 2),
  ...SIZES.map((size) => ({
    scene: 'c',
    text: `digest of ${size} against the faster of ohash and object-hash`,
    limit: 1,
    peers: true,
    measure(found) {
      const table = tableOf(found, 'c', `Digest: ${size}`);
      return againstFastest(
        rowOf(table, OURS),
        table.rows.filter((row) => row.kind === 'peer'),
      );
    },
  })),
  {
    scene: 'f',
    text: 'cost per task: a flow of 10,000 against one of 100',
    limit: 1.1,
    measure: (found) => against(tableOf(found, 'f'), IN_TURN(10_000), IN_TURN(100)),
  },
  bytesBar('Bytes per entry, as stored', 'bytes per entry beyond a raw lru-cache entry'),
  bytesBar('Bytes per entry, after a hit of each', 'the same once every entry was hit'),
  {
    scene: 'j',
    text: 'import of `flowpond`',
    limit: 60,
    stretch: 35,
    unit: 'ms',
    measure: (found) => ({ value: median(rowOf(tableOf(found, 'j'), OWN).samples) }),
  },
];

/** `1.34x`, `212 bytes`, `48 ms`. */
export function showValue(value, unit) {
  return unit === undefined ? `${value.toFixed(2)}x` : `${value.toFixed(0)} ${unit}`;
}
