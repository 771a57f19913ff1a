import { ratio, rowOf, summary } from '../harness/stats.mjs';
import { FLOOR, HASHED, PLAIN, SYNC } from '../scenes/hit-cases.mjs';

const WIDTH = 760;
const LABELS = 226;
const VALUES = 70;
const ROW = 27;
const BAR = 17;
const TOP = 74;
const BOTTOM = 46;
const PADDING = 20;

const NAMES = {
  [FLOOR]: 'the floor',
  [SYNC]: 'Flowpond, sync task',
  [PLAIN]: 'Flowpond',
  [HASHED]: 'Flowpond, taskInputHash',
};

/** A bar chart of scene (a), with the sync hit of scene (b): an SVG that brings its own background, for light and dark pages. */
export function hitsChart(run) {
  const bars = barsOf(run).toSorted((a, b) => a.times - b.times);
  const most = scaleEnd(bars.map(({ times }) => times));
  const height = TOP + bars.length * ROW + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Cost of one cached call by a string key against its floor: Flowpond and its peers">`,
    STYLE,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    text(PADDING, 32, 'title', 'One cached call by a string key'),
    text(PADDING, 54, 'small', subtitle(run)),
    ...bars.map((bar, i) => row(bar, TOP + i * ROW, most)),
    text(PADDING, height - 18, 'small', footnote(run)),
    '</svg>',
    '',
  ].join('\n');
}

function barsOf({ scenes }) {
  const [a, b] = ['a', 'b'].map((id) => scenes.find((scene) => scene.id === id).tables[0]);
  const bar = (table, { name, kind, samples }) => ({
    name: NAMES[name] ?? name,
    kind,
    times: ratio({ samples }, rowOf(table, FLOOR)),
  });
  const peers = a.rows.filter(({ kind }) => kind === 'peer');
  return [...[FLOOR, PLAIN, HASHED].map((name) => rowOf(a, name)), ...peers]
    .map((row) => bar(a, row))
    .concat(bar(b, rowOf(b, SYNC)));
}

function subtitle({ scenes }) {
  const { rows } = scenes.find((scene) => scene.id === 'a').tables[0];
  const ns = Math.round(summary(rows.find(({ name }) => name === FLOOR).samples).median);
  return `Times the floor: an awaited async function that reads lru-cache (${ns} ns here). Shorter is better.`;
}

function footnote({ machine, date }) {
  return `1,000 keys, outside a flow. Node ${machine.node.slice(1)}, ${machine.cpu}, ${date}; all in one process, in turns`;
}

/** The longest bar that is drawn whole: one far beyond all others would leave nothing to see of them. */
function scaleEnd(values) {
  const sorted = values.toSorted((a, b) => a - b);
  let end = sorted[0];
  for (const value of sorted) {
    if (value > end * 4) break;
    end = value;
  }
  return end;
}

function row({ name, kind, times }, y, most) {
  const room = WIDTH - LABELS - VALUES - PADDING;
  const cut = times > most;
  const length = cut ? room : Math.max(2, (times / most) * room * 0.92);
  const middle = y + BAR / 2 + 4.5;
  const value = `${times.toFixed(times < 10 ? 2 : 0)}x`;
  return [
    text(LABELS - 8, middle, kind === 'flowpond' ? 'own label' : 'label', name),
    `<rect class="${kind}" x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
    cut ? `<path class="cut" d="M${LABELS + length * 0.9} ${y + BAR + 3} l6 ${-BAR - 6} h5 l-6 ${BAR + 6} z"/>` : '',
    text(LABELS + length + 7, middle, kind === 'flowpond' ? 'own value' : 'value', value),
  ].join('');
}

function text(x, y, style, content) {
  return `<text x="${x}" y="${y}" class="${style}">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}

const STYLE = `<style>
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .small { font-size: 12px; fill: #57606a; }
  .label { text-anchor: end; }
  .own { font-weight: 600; }
  .card, .cut { fill: #ffffff; }
  .card { stroke: #d0d7de; }
  .flowpond { fill: #0b7a75; }
  .floor { fill: #8c959f; }
  .peer { fill: #b6c2cf; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .card, .cut { fill: #0d1117; }
    .card { stroke: #3d444d; }
    .flowpond { fill: #2fb5ac; }
    .floor { fill: #767e88; }
    .peer { fill: #46525f; }
  }
</style>`;
