import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { migrate } from '../../lib/sqlite/schema.js';
import { count, keyOf, onDisk, rawDatabase, temporaryPath } from './on-disk.js';

const key = keyOf('a');

describe('the schema', () => {
  it('is made in an empty file, with a write-ahead log and a mark of whose it is', () => {
    const { put, path } = onDisk();
    put(key, 1);
    const database = rawDatabase(path);
    expect(count(database, 'PRAGMA user_version')).toBe(3);
    expect(count(database, 'PRAGMA application_id')).toBe(0x466c6f77);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(count(database, 'SELECT count(*) FROM records')).toBe(1);
  });

  it('of a Flowpond that did not note who invalidated a tag is read all the same', () => {
    const { put, store, why, path } = onDisk();
    put(key, 1, { tags: ['prices'] });
    void store.invalidate({ tags: ['prices'], by: 'a spec' });
    rawDatabase(path).exec('UPDATE tag_voids SET void_by = NULL');
    expect(why(key)).toEqual({ reason: 'invalidated', detail: "invalidated by invalidate(), tag 'prices'" });
  });

  it('of a newer Flowpond is refused, and left as it is', () => {
    const { put, store, path } = onDisk();
    put(key, 1);
    void store.close();
    const database = rawDatabase(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const later = onDisk({ path });
    expect(() => later.store.get(key)).toThrow(
      `'${path}' was written by a newer Flowpond (schema 99, known here: 3): update flowpond, or give another path`,
    );
    expect(count(rawDatabase(path), 'SELECT count(*) FROM records')).toBe(1);
  });

  it('is looked at in one transaction: what another process makes between two questions is not taken for another program', () => {
    const path = temporaryPath();
    const [one, other] = [rawDatabase(path), rawDatabase(path)];
    let met = 0;
    const meeting: typeof one = Object.create(one, {
      exec: { value: (sql: string) => one.exec(sql) },
      prepare: {
        value: (sql: string) => {
          if (sql.includes('sqlite_schema') && met++ === 0) attempt(() => migrate(other, path));
          return one.prepare(sql);
        },
      },
    });
    migrate(meeting, path);
    expect(met).toBeGreaterThan(0);
    expect(count(one, 'PRAGMA user_version')).toBe(3);
  });

  it.each([
    ['tables', 'CREATE TABLE precious (x); INSERT INTO precious VALUES (1)'],
    ['a version', 'PRAGMA user_version = 1'],
  ])('of another program, told by its %s, is refused, and left as it is', (_, sql) => {
    const path = temporaryPath();
    const database = rawDatabase(path);
    database.exec(sql);
    const { store } = onDisk({ path });
    expect(() => store.get(key)).toThrow(`'${path}' is a database of another program: give another path`);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    expect(count(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'records'")).toBe(0);
  });

  it('goes step by step from an older one to the newest', () => {
    const database = rawDatabase(temporaryPath());
    const steps = ['CREATE TABLE one (x)', 'INSERT INTO one VALUES (2)', 'INSERT INTO one VALUES (3)'];
    migrate(database, 'the file', steps.slice(0, 1));
    migrate(database, 'the file', steps);
    migrate(database, 'the file', steps);
    expect(database.prepare('SELECT x FROM one').all()).toEqual([{ x: 2 }, { x: 3 }]);
    expect(count(database, 'PRAGMA user_version')).toBe(3);
  });

  it('stays where it was when a step fails', () => {
    const database = rawDatabase(temporaryPath());
    migrate(database, 'the file', ['CREATE TABLE one (x)']);
    const steps = ['CREATE TABLE one (x)', 'INSERT INTO one VALUES (2)', 'nonsense'];
    expect(() => migrate(database, 'the file', steps)).toThrow('nonsense');
    expect(count(database, 'SELECT count(*) FROM one')).toBe(0);
    expect(count(database, 'PRAGMA user_version')).toBe(1);
  });
});

describe('a file that is no database', () => {
  it.each<[string, Buffer]>([
    ['text', Buffer.from('this is a text, not a database, and it goes on for a while. '.repeat(50))],
    ['random bytes', Buffer.from(Array.from({ length: 8_192 }, (_, i) => (i * 7919) % 251))],
  ])('of %s is refused with the remedy, and left as it is', (_, bytes) => {
    const path = temporaryPath();
    writeFileSync(path, bytes);
    const { store } = onDisk({ path });
    expect(() => store.get(key)).toThrow(
      `'${path}' is damaged, or no SQLite database. Move it away together with its -wal and -shm; an empty one is made then`,
    );
  });

  it('but is empty becomes one', () => {
    const path = temporaryPath();
    writeFileSync(path, '');
    const { put, value } = onDisk({ path });
    put(key, 1);
    expect(value(key)).toBe(1);
  });
});

/** The other process: it may be locked out. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    expect(String(error)).toMatch(/locked|busy/);
  }
}
