import { invalidatedBy } from '../stores/miss-reasons.js';
import { type Marked, markedSince } from './expiries.js';
import { bury, whoVoided } from './misses.js';
import type { Statements } from './statements.js';

/** Once in so many commits, so many rows: four a commit, so that it keeps pace, and no commit does much. */
const EVERY = 16;
const ROWS = 64;
/** Whoever has not come back to its lease after a day never will. */
const DEAD_AFTER_MS = 24 * 3_600_000;

/** Takes out what nobody can get any more, a little at a time, inside the transactions of commits. */
export class Sweeper {
  readonly #keptForMs: number;
  #commits = 0;
  /** Up to this record the pass over all records has come. */
  #walkedTo = 0;
  /** What had been voided when the pass began. */
  #voided = 0;

  /** @param keptForMs How long a record is kept past its expiry and its windows. */
  constructor(keptForMs: number) {
    this.#keptForMs = keptForMs;
  }

  /** Call it in the transaction of every commit. */
  step(statements: Statements, now: number): void {
    if (++this.#commits % EVERY !== 0) return;
    statements.dropExpired.run(now, ROWS);
    statements.dropDeadLeases.run(ROWS, now - DEAD_AFTER_MS);
    this.#walk(statements, now);
  }

  /** An invalidation or expiry of a task, a tag or everything leaves its records as they are: they are looked for one after another. */
  #walk(statements: Statements, now: number): void {
    const { voided, swept } = statements.voids.get() as { readonly voided: number; readonly swept: number };
    if (voided <= swept) return;
    if (this.#walkedTo === 0) this.#voided = voided;
    const rows = statements.walk.all(this.#walkedTo, ROWS) as readonly Walked[];
    for (const row of rows) this.#settle(statements, row, now);
    this.#walkedTo = rows.length < ROWS ? 0 : (rows.at(-1) as Walked).id;
    if (this.#walkedTo === 0) statements.noteSwept.run(this.#voided);
  }

  /** Drops what is void; writes down since when the rest has been expired, so that its time comes. */
  #settle(statements: Statements, row: Walked, now: number): void {
    if (drop(statements, row, now) || row.marked !== 1) return;
    const since = markedSince(statements, row);
    if (since <= now) statements.expireRecord.run(since, since + this.#keptForMs, row.digest);
  }
}

interface Walked extends Marked {
  readonly id: number;
  readonly digest: string;
  readonly byScope: number;
  readonly scopeVoidBy: string | null;
  readonly byNamespace: number;
  readonly namespaceVoidBy: string | null;
  readonly byTag: number;
  readonly marked: number;
}

/** Whether it was void. */
function drop(statements: Statements, row: Walked, now: number): boolean {
  const by = row.byScope === 1 ? row.scopeVoidBy : row.namespaceVoidBy;
  if (row.byScope === 1 || row.byNamespace === 1) bury(statements, row.digest, invalidatedBy(by ?? ''), now);
  else if (row.byTag === 1)
    bury(statements, row.digest, whoVoided(statements, row.namespace, row.tags, row.generation), now);
  else return false;
  statements.dropRecord.run(row.digest);
  return true;
}
