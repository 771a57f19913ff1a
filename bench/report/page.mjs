import { bars, showValue } from '../bars.mjs';
import { ratio, rowOf, summary } from '../harness/stats.mjs';
import { markdownTable, show, times } from './format.mjs';

/** RESULTS.md: the bars over all versions of Node measured, then every scene of each. */
export function resultsPage(results) {
  const runs = Object.entries(results).sort(([one], [other]) => one.localeCompare(other));
  return [
    '# Results',
    '',
    'Written by `npm run bench`; the figures behind it are in `RESULTS.json`. All scenes of a run are measured in one process (memory, import and',
    'scene (i) in children of it), their rows in turns. A row shows the median of its rounds and their spread, best to worst; a ratio is the median of the',
    "rounds' own ratios. The machine is shared: read the ratios, not the nanoseconds.",
    '',
    machines(runs.map(([, run]) => run)),
    '',
    '## The bars',
    '',
    barsTable(runs),
    '',
    'Bold: the bar is not met. Alone: the same scene in a process in which no peer ever ran. On Node 20 and 22 the floor is cheaper there: the',
    'hooks of AsyncLocalStorage, which every `await` passes, slow down with each kind of promise they have seen.',
    '',
    '## How each peer is configured',
    '',
    'Each in its own best documented configuration; keys of one string are the same texts everywhere.',
    '',
    peersTable(runs[0][1]),
    '',
    ...runs.flatMap(([name, run]) => [`## Scenes on ${title(name)}`, '', ...run.scenes.map(sceneText)]),
  ].join('\n');
}

const title = (name) => name.replace('node', 'Node');

function machines(runs) {
  const rows = runs.map(({ machine, flowpond, date, load, seconds }) => [
    `${machine.node} (V8 ${machine.v8})`,
    machine.cpu,
    machine.memory,
    machine.system,
    `${load.join(' and ')}`,
    flowpond,
    `${date}, ${seconds} s`,
  ]);
  const head = ['Node', 'processors', 'memory', 'system', 'load before and after', 'flowpond', 'measured'];
  return markdownTable(head, rows, head);
}

function barsTable(runs) {
  const head = ['scene', 'what', 'bar', 'stretch', ...runs.map(([name]) => title(name)), 'met'];
  const rows = bars.map((bar) => {
    const values = runs.map(([, run]) => figureOf(bar, run));
    const stretch = bar.stretch === undefined ? '' : limitText(bar.stretch, bar);
    const cells = values.map((value) => valueText(value, bar));
    return [`(${bar.scene})`, bar.text, limitText(bar.limit, bar), stretch, ...cells, metText(values, bar)];
  });
  return markdownTable(head, rows, ['what', 'met']);
}

/** A bar's figure, and the same measured in a process without peers. */
function figureOf(bar, run) {
  const figure = bar.measure(run.scenes, kindsOf(run));
  const again = !bar.peers && run.alone.some((scene) => scene.id === bar.scene);
  return again ? { ...figure, alone: bar.measure(run.alone).value } : figure;
}

const limitText = (limit, { unit, peers }) =>
  `${peers ? '<' : '≤'} ${unit === undefined ? `${limit}x` : `${limit} ${unit}`}`;

function valueText({ value, alone, note }, bar) {
  const one = (figure) => (isMet(figure, bar) ? showValue(figure, bar.unit) : `**${showValue(figure, bar.unit)}**`);
  const rest = [alone === undefined ? undefined : `alone ${one(alone)}`, note].filter((part) => part !== undefined);
  return [one(value), ...rest].join(', ');
}

const isMet = (figure, { limit, peers }) => (peers ? figure < limit : figure <= limit);

function metText(values, bar) {
  const figures = values.flatMap(({ value, alone }) => (alone === undefined ? [value] : [value, alone]));
  const met = figures.filter((figure) => isMet(figure, bar)).length;
  if (met < figures.length) return met === 0 ? 'no' : 'not everywhere';
  return bar.stretch !== undefined && figures.every((figure) => figure <= bar.stretch) ? 'yes, and the stretch' : 'yes';
}

function kindsOf({ peers }) {
  return (name) => peers.find((peer) => peer.name === name)?.kind;
}

function peersTable({ peers }) {
  const rows = peers.map(({ name, version, kind, options }) => [`${name} ${version}`, kind, options]);
  return markdownTable(['peer', 'kind', 'configuration'], rows, ['kind', 'configuration']);
}

/** One scene's section. */
export function sceneText({ id, title: name, says, tables }) {
  return [`### (${id}) ${name}`, '', says, '', ...tables.flatMap((table) => tableText(table, tables.length > 1))].join(
    '\n',
  );
}

function tableText(table, titled) {
  const { floor, main, unit, rows } = table;
  const noted = rows.some((row) => row.note !== undefined);
  const single = rows.every((row) => row.samples.length === 1);
  const head = [
    titled ? table.title : 'row',
    single ? unit : 'median',
    ...(single ? [] : ['best to worst']),
    ...(floor === undefined ? [] : ['against the floor']),
    ...(main === undefined ? [] : ['against flowpond']),
    ...(noted ? ['remark'] : []),
  ];
  const text = rows.map((row) => {
    const { median, best, worst } = summary(row.samples);
    return [
      row.name,
      show(median, unit),
      ...(single ? [] : [`${show(best, unit)} to ${show(worst, unit)}`]),
      ...(floor === undefined ? [] : [times(ratio(row, rowOf(table, floor)))]),
      ...(main === undefined
        ? []
        : [row.kind === 'flowpond' && row.name !== main ? '' : times(ratio(row, rowOf(table, main)))]),
      ...(noted ? [row.note ?? ''] : []),
    ];
  });
  return [markdownTable(head, text, ['remark']), ''];
}
