import { describe, expect, it } from '@jest/globals';
import { memoryStore, type StateStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { AsyncStore, nothingIsLeft, pondUnderTest } from '../engine/pond-under-test.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';
import { type Case, COMINGS, casesOf, type Lengths, nameOf, RUNS, tryOut } from './freshness-cases.js';
import { type Row, readPage, readTable } from './freshness-table.js';

// The table of docs/freshness.md is the spec: its rows are read, and each is tried in every case that it covers.
nothingIsLeft();

const PAGE = readPage();
const ROWS = readTable(PAGE);
/** Windows of any length: longer than the lifetime, shorter, and the error window the shorter of the two. */
const WINDOWS: readonly Lengths[] = [
  { lifetime: 8_000, renew: 20_000, error: 60_000 },
  { lifetime: 600_000, renew: 20_000, error: 60_000 },
  { lifetime: 9_000, renew: 60_000, error: 20_000 },
];
const CASES = WINDOWS.flatMap(casesOf);
/** How long the windows are is nothing to the store. */
const FEWER = casesOf(WINDOWS[0] as Lengths);
const STORES: readonly (readonly [string, () => StateStore, readonly Case[]])[] = [
  ['a memory store', () => memoryStore(), CASES],
  ['an asynchronous store', () => new AsyncStore(), FEWER],
  ['SQLite', () => closing(sqliteStore({ path: temporaryPath() })), FEWER],
];

function covers({ comes, options, run }: Row, one: Case): boolean {
  const given = [one.lengths.renew > 0, one.lengths.error > 0, one.soft, one.failures];
  return (
    comes === COMINGS[one.comes] &&
    options.every((wanted, index) => wanted === 'any' || wanted === (given[index] ? 'yes' : 'no')) &&
    (run[0] === 'is not begun' || run.includes(RUNS[one.run]))
  );
}

describe('The table of docs/freshness.md', () => {
  it('says of every combination what comes of it, and says it once', () => {
    expect(CASES.filter((one) => ROWS.filter((row) => covers(row, one)).length !== 1).map(nameOf)).toEqual([]);
    expect(ROWS.filter((row) => !CASES.some((one) => covers(row, one)))).toEqual([]);
    expect(PAGE).toContain(`The table is a test: ${CASES.length} cases`);
  });
});

describe.each(STORES)('Over %s', (_name, store, cases) => {
  it.each(ROWS.map((row) => [row.text, row] as const))('%s', async (_text, row) => {
    const runs = row.run[0] === 'is not begun' ? 0 : 1;
    const otherwise: unknown[] = [];
    const pond = pondUnderTest({ store: store() });
    for (const one of cases.filter((each) => covers(row, each))) {
      const outcome = await tryOut(one, pond);
      if (
        JSON.stringify(Object.entries(outcome).sort()) !==
        JSON.stringify(Object.entries({ ...row.outcome, runs }).sort())
      )
        otherwise.push({ case: nameOf(one), outcome });
    }
    expect(otherwise).toEqual([]);
  });
});
