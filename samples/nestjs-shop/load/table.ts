/** Columns as wide as they must be; the first to the left, the others to the right. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [heads, ...rows].map((row) => row.map((cell) => cell.toLocaleString('en')));
  const widths = heads.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return texts.map(line).join('\n');
}
