import { readFileSync } from 'node:fs';

/** Where the table is. */
const PAGE = new URL('../../docs/freshness.md', import.meta.url);
const MARK = '<!-- spec/acceptance/freshness.spec.ts reads this table';

/** A row of the table in `docs/freshness.md`, word for word. */
export interface Row {
  /** All of it, as its name. */
  readonly text: string;
  readonly comes: string;
  /** Of the four options: `yes`, `no` or `any`. */
  readonly options: readonly string[];
  /** What the run may do. */
  readonly run: readonly string[];
  readonly outcome: Outcome;
}

/** What comes of a call, in the words of the table. */
export interface Outcome {
  readonly gets: string;
  readonly when: string;
  readonly behind: string;
  readonly next: string;
}

/** The page as it is. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}

/** The rows, in order. Throws where the page has no such table. */
export function readTable(page: string): readonly Row[] {
  const lines = page.slice(page.indexOf(MARK)).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|---'));
  if (!page.includes(MARK) || first < 0) throw new Error('docs/freshness.md has no table of all combinations');
  const after = lines.slice(first + 1);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end).map(rowOf);
}

function rowOf(line: string): Row {
  const cells = line.split('|').slice(1, -1);
  const [comes, swr, sie, soft, failures, run, gets, when, behind, next] = cells.map((cell) =>
    cell.replaceAll('`', '').trim(),
  ) as [string, string, string, string, string, string, string, string, string, string];
  if (cells.length !== 10) throw new Error(`a row of the table has ${cells.length} cells: ${line}`);
  return {
    text: line,
    comes,
    options: [swr, sie, soft, failures],
    run: run.split(', '),
    outcome: { gets, when, behind, next },
  };
}
