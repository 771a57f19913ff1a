import { ratio, rowOf, summary } from '../harness/stats.mjs';
import { markdownTable, show, times } from '../report/format.mjs';
import { subjects } from './subjects.mjs';

/** STORES.md, from what one run has found. */
export function storesPage({ machine, redis, versions, date, seconds, load, stampede, hits, sqlite, near }) {
  return [
    '# Stores',
    '',
    'Written by `npm run bench:stores`. The machine is shared: read the counts and the ratios, not the milliseconds. A cell shows the median of the',
    'rounds, and best to worst.',
    '',
    markdownTable(
      ['Node', 'Redis', 'processors', 'memory', 'system', 'load before and after', 'measured'],
      [[machine.node, redis, machine.cpu, machine.memory, machine.system, load.join(' and '), `${date}, ${seconds} s`]],
      ['Node', 'Redis', 'processors', 'memory', 'system', 'load before and after', 'measured'],
    ),
    '',
    ...section(stampede.scene, stampedeTable(stampede.rows)),
    ...section(hits.scene, ...hits.tables.map(hitsTable(hits.scene.floor))),
    ...section(sqlite.scene, timesTable(sqlite)),
    ...section(near.scene, timesTable(near)),
    '## How each is configured',
    '',
    'Each in its own best documented configuration. Redis is a server of the benchmark’s own on this machine, without persistence; SQLite a file in',
    'the temporary folder.',
    '',
    markdownTable(['what', 'configuration'], subjects.map(configuration(versions)), ['configuration']),
    '',
  ].join('\n');
}

const section = ({ title, says }, ...tables) => [
  `## ${title}`,
  '',
  says,
  '',
  ...tables.flatMap((table) => [table, '']),
];

const configuration = (versions) => (subject) => [
  subject.name.replace(/^[^,]+/, (name) => `${name} ${versions[name]}`),
  subject.options,
];

function stampedeTable(rows) {
  const cells = rows.map(({ name, rounds }) => {
    const spread = (of, text) => {
      const { median, best, worst } = summary(rounds.map(of));
      return best === worst ? text(median) : `${text(median)} (${text(best)} to ${text(worst)})`;
    };
    const ms = (value) => `${Math.round(value).toLocaleString('en')} ms`;
    const errors = Math.max(...rounds.map((round) => round.errors));
    return [
      errors === 0 ? name : `${name} (its store failed ${errors} times: the machine was too busy)`,
      spread(({ computations }) => computations, Math.round),
      spread(({ duration }) => duration, ms),
      spread(({ p50 }) => p50, ms),
      spread(({ p99 }) => p99, ms),
      String(rounds.reduce((sum, { wrong }) => sum + wrong, 0)),
    ];
  });
  return markdownTable(['', 'computations', 'duration', 'p50 of a call', 'p99 of a call', 'wrong values'], cells);
}

const hitsTable =
  (floor) =>
  ({ callers, rows }) => {
    const perSecond = (value) => `${Math.round(value / 100) * 100}`.replace(/\B(?=(\d{3})+$)/g, ',');
    const cells = rows.map((row) => {
      const { median, best, worst } = summary(row.samples);
      const share = times(ratio(row, rowOf({ rows }, floor)));
      return [row.name, perSecond(median), `${perSecond(worst)} to ${perSecond(best)}`, share];
    });
    return markdownTable([`${callers} callers`, 'hits in a second', 'best to worst', 'against the floor'], cells);
  };

function timesTable({ scene, rows }) {
  const cells = rows.map((row) => {
    const { median, best, worst } = summary(row.samples);
    const share = times(ratio(row, rowOf({ rows, title: scene.title }, scene.floor)));
    return [row.name, show(median, 'ns'), `${show(best, 'ns')} to ${show(worst, 'ns')}`, share];
  });
  return markdownTable(['', 'median', 'best to worst', `against ${scene.floor.split(':')[0]}`], cells);
}
