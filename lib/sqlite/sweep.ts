import { bury, INVALIDATED_BY_TAG, invalidatedBy } from './misses.js';
import type { Statements } from './statements.js';

/** Once in so many commits, so many rows: four a commit, so that it keeps pace, and no commit does much. */
const EVERY = 16;
const ROWS = 64;
/** Whoever has not come back to its lease after a day never will. */
const DEAD_AFTER_MS = 24 * 3_600_000;

/** Takes out what nobody can get any more, a little at a time, inside the transactions of commits. */
export class Sweeper {
  #commits = 0;
  /** Up to this record the pass over all records has come. */
  #walkedTo = 0;
  /** What had been voided when the pass began. */
  #voided = 0;

  /** Call it in the transaction of every commit. */
  step(statements: Statements, now: number): void {
    if (++this.#commits % EVERY !== 0) return;
    statements.dropExpired.run(now, ROWS);
    statements.dropDeadLeases.run(ROWS, now - DEAD_AFTER_MS);
    this.#walk(statements, now);
  }

  /** An invalidation of a task, a tag or everything leaves its records in place, void: they are looked for one after another. */
  #walk(statements: Statements, now: number): void {
    const { voided, swept } = statements.voids.get() as { readonly voided: number; readonly swept: number };
    if (voided <= swept) return;
    if (this.#walkedTo === 0) this.#voided = voided;
    const rows = statements.walk.all(this.#walkedTo, ROWS) as readonly Walked[];
    for (const row of rows) drop(statements, row, now);
    this.#walkedTo = rows.length < ROWS ? 0 : (rows.at(-1) as Walked).id;
    if (this.#walkedTo === 0) statements.noteSwept.run(this.#voided);
  }
}

interface Walked {
  readonly id: number;
  readonly digest: string;
  readonly byScope: number;
  readonly scopeVoidBy: string | null;
  readonly byNamespace: number;
  readonly namespaceVoidBy: string | null;
  readonly byTag: number;
}

function drop(statements: Statements, row: Walked, now: number): void {
  const by = row.byScope === 1 ? row.scopeVoidBy : row.namespaceVoidBy;
  if (row.byScope === 1 || row.byNamespace === 1) bury(statements, row.digest, invalidatedBy(by ?? ''), now);
  else if (row.byTag === 1) bury(statements, row.digest, INVALIDATED_BY_TAG, now);
  else return;
  statements.dropRecord.run(row.digest);
}
