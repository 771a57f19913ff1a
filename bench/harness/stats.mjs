export function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What one row's rounds come to. */
export function summary(samples) {
  return { median: median(samples), best: Math.min(...samples), worst: Math.max(...samples) };
}

/**
 * How many times the second the first is: the median of each round's own ratio, as what disturbs a round disturbs both. Rows of
 * unlike length are compared by their medians.
 */
export function ratio(first, second) {
  if (first.samples.length !== second.samples.length) return median(first.samples) / median(second.samples);
  return median(first.samples.map((sample, round) => sample / second.samples[round]));
}

/** Finds a row by its name; a misspelt one must not become a silent NaN. */
export function rowOf(table, name) {
  const row = table.rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row '${name}' in '${table.title}'`);
  return row;
}
