import { type ExpiryMarks, expiredSince, withMark } from '../stores/expiry-marks.js';
import type { Invalidation } from '../stores/store.js';
import type { Statements } from './statements.js';
import { forgetOldTags } from './tag-floor.js';
import { toSql } from './text.js';

/** Longer lists of marks are made shorter: about two dozen of them. */
const LONG = 500;

/** Whom to ask since when a record has been expired. */
export interface Marked {
  readonly scope: number;
  readonly namespace: number;
  readonly generation: number;
  /** As they are stored. */
  readonly tags: string | null;
}

/** Since when an expiry that was asked for has reached a record or a run; `Infinity`: none has. */
export function markedSince(statements: Statements, { scope, namespace, generation, tags }: Marked): number {
  const own = statements.expiries.get(scope, namespace) as Record<'scope' | 'namespace', string | null> | undefined;
  const texts = [own?.scope, own?.namespace];
  if (tags !== null) {
    const tagged = statements.tagExpiries.all(namespace, tags, generation) as readonly { readonly expiries: string }[];
    for (const { expiries } of tagged) texts.push(expiries);
  }
  return Math.min(...texts.map((text) => expiredSince(marksFrom(text), generation)));
}

/** In a transaction: expires instead of forgetting. */
export function expire(
  statements: Statements,
  what: Invalidation,
  generation: number,
  now: number,
  keep: number,
): void {
  const { namespace = '', keys = [], identities = [], tags = [] } = what;
  for (const { digest } of keys) {
    statements.expireRecord.run(now, now + keep, digest);
    statements.expireLease.run(now, digest);
  }
  const home = statements.namespace.get(toSql(namespace)) as Row | undefined;
  if (home === undefined) return; // nothing was ever stored there
  const mark = `${generation},${now}`;
  const marked = (text: string | null): string => shortened(text === null ? mark : `${text},${mark}`);
  if (what.all) statements.expireNamespace.run(generation, marked(home.expiries), home.id);
  for (const identity of identities) {
    for (const { id, expiries } of statements.scopesOf.all(home.id, toSql(identity)) as readonly Row[])
      statements.expireScope.run(generation, marked(expiries), id);
  }
  let newest = 0;
  for (const tag of tags.map(toSql)) {
    const { rowid, expiries } = statements.expireTag.get(home.id, tag, generation, mark) as Tagged;
    if (expiries.length > LONG) statements.setTagExpiries.run(shortened(expiries), rowid);
    newest = rowid;
  }
  if (tags.length > 0) {
    statements.noteTagExpired.run(generation, home.id);
    forgetOldTags(statements, statements.oldTagExpiries, statements.forgetTagExpiry, newest);
  }
}

interface Row {
  readonly id: number;
  readonly expiries: string | null;
}

interface Tagged {
  readonly rowid: number;
  readonly expiries: string;
}

/** Marks are added one after another; once there are too many, those that are near to each other become one. */
function shortened(text: string): string {
  if (text.length <= LONG) return text;
  let marks: ExpiryMarks = [];
  for (const [generation, at] of marksFrom(text)) marks = withMark(marks, generation, at);
  return marks.flat().join();
}

/** The marks of a text like `generation,time,generation,time`, the oldest first. */
function marksFrom(text: string | null | undefined): ExpiryMarks {
  const numbers = text ? text.split(',').map(Number) : [];
  const marks: [number, number][] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) marks.push([numbers[i] as number, numbers[i + 1] as number]);
  return marks;
}
