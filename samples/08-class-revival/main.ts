import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPond, returnState, type State } from 'flowpond';
import { sqliteStore } from 'flowpond/sqlite';
import { Line, Report, ReportService } from './report.js';
import { ReportService as NextReportService } from './report-next.js';

const folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
const reports = new ReportService();
const nextReports = new NextReportService();
try {
  console.log('A pond computes a report');
  describe(await inPond(() => returnState(reports).monthly('2025-02')));

  console.log('\nAnother pond on the same file is given one, not mere data');
  describe(await inPond(() => returnState(reports).monthly('2025-02')));

  console.log('\nThe next version of the program has another class Report');
  await inPond(() => returnState(nextReports).monthly('2025-02'));

  console.log('\nA result that would not come back as what it is');
  await inPond(() => returnState(reports).receipt());
} finally {
  await rm(folder, { recursive: true });
}

/** A call as a process of its own would make it: nothing is shared but the file. */
async function inPond<R>(call: () => Promise<State<R>>): Promise<R> {
  const pond = createPond({ store: sqliteStore({ path: join(folder, 'states.db') }) });
  const state = await pond.run(call);
  const { status, reason, detail } = state.cache ?? {};
  const why = reason === 'not-stored' ? undefined : detail; // else the log has said it
  console.log([`${state} ${status}`, reason, why].filter((part) => part !== undefined).join(', '));
  await pond.close();
  return state.result();
}

function describe(report: Report): void {
  console.log(`  report instanceof Report:        ${report instanceof Report}, its total() is ${report.total()}`);
  console.log(`  report.lines[0] instanceof Line: ${report.lines[0] instanceof Line}`);
  console.log(`  report.due instanceof Date:      ${report.due instanceof Date}, ${report.due.toISOString()}`);
}
