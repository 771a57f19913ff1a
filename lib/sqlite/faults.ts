import { messageOf } from '../base/errors.js';

/** SQLite's result codes, without their extensions. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

const DAMAGED =
  'is damaged, or no SQLite database. Move it away together with its -wal and -shm; an empty one is made then';

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [BUSY, 'is locked: another process has been writing for too long'],
  [LOCKED, 'is locked: another process has been writing for too long'],
  [READONLY, 'cannot be written: the file or its directory is read-only, or the file was moved'],
  [IOERR, 'cannot be read or written: the disk failed, or is full'],
  [CORRUPT, DAMAGED],
  [FULL, 'cannot grow: the disk is full'],
  [CANTOPEN, 'cannot be opened: look at the rights of the file and its directory'],
  [NOTADB, DAMAGED],
]);

/** Whether another process had the file, so that the next try may succeed. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === BUSY || code === LOCKED;
}

/** Whether the connection is of no more use: with a new one, a file that was mended or moved away is found. */
export function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return code === READONLY || code === IOERR || code === CORRUPT || code === CANTOPEN || code === NOTADB;
}

/** An error for people: which file, what is wrong, what to do. */
export function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const meaning = MEANINGS.get(code) ?? 'failed';
  return new Error(`'${path}' ${meaning} (SQLite: ${messageOf(error)})`, { cause: error });
}

/** Of errors of SQLite's alone. */
function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
