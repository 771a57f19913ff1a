/** A figure with its unit, as short as its size allows. */
export function show(value, unit) {
  if (unit === 'ns') return showTime(value);
  if (unit === 'bytes' || unit === 'kB') return `${Math.round(value).toLocaleString('en')} ${unit}`;
  return `${value.toFixed(1)} ${unit}`;
}

function showTime(ns) {
  if (ns < 10_000) return `${Math.round(ns).toLocaleString('en')} ns`;
  if (ns < 10e6) return `${(ns / 1e3).toFixed(ns < 100_000 ? 1 : 0)} µs`;
  return `${(ns / 1e6).toFixed(1)} ms`;
}

export function times(ratio) {
  return ratio < 10 ? `${ratio.toFixed(2)}x` : `${ratio.toFixed(ratio < 100 ? 1 : 0)}x`;
}

/** A Markdown table; columns after the first are right-aligned, but for those named. */
export function markdownTable(head, rows, left = []) {
  const align = head.map((name, i) => (i === 0 || left.includes(name) ? '---' : '---:'));
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
