/** What to change in the expected lines to get the actual ones, line by line: `-` expected, `+` actual, with the lines around. */
export function diff(expected: string, actual: string, around = 2): string {
  const marked = markedLines(expected.split('\n'), actual.split('\n'));
  const changes = marked.flatMap((line, index) => (line.startsWith(' ') ? [] : [index]));
  const isNear = (index: number): boolean => changes.some((change) => Math.abs(change - index) <= around);
  return marked
    .map((line, index) => (isNear(index) ? line : isNear(index - 1) ? '  …' : undefined))
    .filter((line) => line !== undefined)
    .join('\n');
}

/** By the longest common subsequence; the outputs are short, so the plain table will do. */
function markedLines(before: readonly string[], after: readonly string[]): string[] {
  const common = before.map(() => new Array<number>(after.length + 1).fill(0));
  common.push(new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      (common[i] as number[])[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i]}`);
      i++;
      j++;
    } else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1)))
      lines.push(`- ${before[i++]}`);
    else lines.push(`+ ${after[j++]}`);
  }
  return lines;
}
