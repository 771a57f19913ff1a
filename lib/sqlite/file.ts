import { closeSync, constants, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../base/errors.js';

/** Absent on Windows. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const OWNER_ONLY = 0o600;
const DIRECTORY_OWNER_ONLY = 0o700;
const ROOT = 0;

/**
 * Sees to it that the database file is there and is a file: made 0600 in a directory made 0700. SQLite gives its own files
 * beside it the same mode. Links are refused: whoever can plant one would choose what is written over.
 */
export function prepareFile(path: string): void {
  const directory = dirname(path);
  attempt(path, () => mkdirSync(directory, { recursive: true, mode: DIRECTORY_OWNER_ONLY }));
  const there = lstatSync(directory);
  // Those of the system itself are no trap: /tmp is one on macOS.
  if (there.isSymbolicLink() && there.uid !== ROOT) throw refusal(directory, 'is a symbolic link');
  for (const file of [path, `${path}-wal`, `${path}-shm`]) refuseOddity(file);
  attempt(path, () => create(path));
}

/** Tells one file from another that has taken its path; undefined where there is none. */
export function identityOf(path: string): string | undefined {
  const there = lstat(path);
  return there === undefined ? undefined : `${there.dev}:${there.ino}`;
}

function create(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, OWNER_ONLY));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    refuseOddity(path);
  }
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Error(`'${path}' cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

function refuseOddity(path: string): void {
  const there = lstat(path);
  if (there?.isSymbolicLink()) throw refusal(path, 'is a symbolic link');
  if (there !== undefined && !there.isFile()) throw refusal(path, 'is not a file');
}

function refusal(path: string, problem: string): Error {
  return new Error(`'${path}' ${problem}, which is refused for safety: give the real path of a file`);
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
