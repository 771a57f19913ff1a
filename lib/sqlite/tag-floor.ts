import type { Statements } from './statements.js';

/** Tags that are remembered one by one, those invalidated and those expired; older ones are remembered as one invalidation of their namespace. */
const TAGS = 10_000;

type Statement = Statements['oldTagVoids'];

/** Forgets the oldest tags of a table, once there are too many: `old` finds those up to a row, `forget` drops one. */
export function forgetOldTags(statements: Statements, old: Statement, forget: Statement, newest: number): void {
  for (const { rowid, namespace, generation } of old.all(newest - TAGS) as readonly Tag[]) {
    statements.raiseTagFloor.run(generation, generation, namespace);
    forget.run(rowid);
  }
}

interface Tag {
  readonly rowid: number;
  readonly namespace: number;
  readonly generation: number;
}
