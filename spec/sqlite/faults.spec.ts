import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createPond, type Lead, returnState, type StateStore, Task, taskInputHash } from '../../lib/index.js';
import { findDriver, type SqliteDriver } from '../../lib/sqlite/driver.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { closing, keyOf, onDisk, rawDatabase, recordOf, temporaryDirectory, temporaryPath } from './on-disk.js';

/** How many times the rounds of the short form; `FAULTS=10` for the long one. */
const TIMES = Number(process.env.FAULTS ?? 1);

const key = keyOf('a');

/** Numbers that look random and are the same each time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A driver whose connections begin with a pragma. */
function driverWith(pragma: string, when = (): boolean => true): SqliteDriver {
  const { DatabaseSync } = findDriver();
  return {
    DatabaseSync: class extends DatabaseSync {
      constructor(path: string) {
        super(path);
        if (when()) this.exec(`PRAGMA ${pragma}`);
      }
    },
  };
}

async function lead(store: StateStore, token: string): Promise<Lead> {
  return store.lead(key, { mode: 'normal', token, leaseMs: 5_000 });
}

describe('a damaged record', () => {
  it(`is a miss, and never another value: ${TIMES * 1_000} random changes`, () => {
    const { put, value, why, path } = onDisk();
    const pick = random(1);
    const keys = Array.from({ length: 10 }, (_, i) => keyOf(`key ${i}`));
    const good = (i: number): object => ({
      of: i,
      list: Array.from({ length: i * 10 }, (_, j) => `${i}:${j}`),
      at: new Date(i),
    });
    for (const [i, one] of keys.entries()) put(one, good(i), { tags: ['x'], expiresAt: Number.MAX_SAFE_INTEGER });
    const database = rawDatabase(path);
    const read = database.prepare('SELECT record FROM records WHERE digest = ?');
    const write = database.prepare('UPDATE records SET record = ? WHERE digest = ?');
    for (let round = 0; round < TIMES * 1_000; round++) {
      const i = pick(keys.length);
      const one = keys[i] as typeof key;
      const { record } = read.get(one.digest) as { record: Uint8Array };
      const bytes = Buffer.from(record);
      const kind = pick(4);
      const at = pick(bytes.length);
      if (kind < 2) bytes[at] = (bytes[at] as number) ^ (1 + pick(255));
      const other = (read.get((keys[(i + 1) % 10] as typeof key).digest) as { record: Uint8Array }).record;
      const damaged = [bytes, bytes, bytes.subarray(0, at), other][kind] as Uint8Array;
      write.run(damaged, one.digest);
      expect([round, value(one)]).toEqual([round, undefined]);
      if (round % 100 === 0) expect(why(one).reason).toBe('undecodable');
      write.run(record, one.digest);
      if (round % 100 === 0) expect(value(one)).toEqual(good(i));
    }
  });
});

describe('damaged tags of a record', () => {
  const other = keyOf('other');

  /** A value whose tags are no JSON any more, after another tag was invalidated. */
  function damaged(): ReturnType<typeof onDisk> {
    const disk = onDisk();
    disk.put(key, 1, { tags: ['x'] });
    rawDatabase(disk.path).exec(`UPDATE records SET tags = '["x'`);
    void disk.store.invalidate({ tags: ['y'], by: 'a spec' });
    return disk;
  }

  it('make a miss that says so, and a value that is written anew', () => {
    const { put, value, why } = damaged();
    const miss = { reason: 'undecodable', detail: 'its tags cannot be read' };
    expect([value(key), why(key)]).toEqual([undefined, miss]);
    expect(put(key, 2)).toBe(true);
    expect(value(key)).toBe(2);
  });

  it('are swept like what was invalidated', () => {
    const { put, path, why } = damaged();
    for (let i = 0; i < 16; i++) expect(put(other, i)).toBe(true);
    expect(rawDatabase(path).prepare('SELECT count(*) AS left FROM records').get()).toEqual({ left: 1 });
    expect(why(key).reason).toBe('undecodable');
  });
});

describe('a damaged file', () => {
  const KEYS = Array.from({ length: 40 }, (_, i) => keyOf(`key ${i}`));

  /** A file with a value for each of the keys, closed and whole. */
  function whole(): string {
    const { put, store, path } = onDisk();
    for (const [i, one] of KEYS.entries()) put(one, { of: i, fill: 'x'.repeat(i * 50) }, { tags: ['x'] });
    void store.close();
    return path;
  }

  /** Every answer is the value, nothing, or an error that names the file. */
  function expectNoWrongValue(path: string, round: number): void {
    const { store, put, value } = onDisk({ path });
    KEYS.forEach((one, i) => {
      try {
        const found = value(one);
        if (found !== undefined) expect([round, found]).toEqual([round, { of: i, fill: 'x'.repeat(i * 50) }]);
        if (i % 10 === 0) put(one, { of: i, fill: 'x'.repeat(i * 50) }, { tags: ['x'] });
      } catch (error) {
        expect((error as Error).message).toContain(`'${path}' `);
      }
    });
    void store.close();
  }

  it(`gives no wrong value, whichever bytes are changed: ${TIMES * 150} rounds`, () => {
    const original = whole();
    const pick = random(2);
    const bytes = readFileSync(original);
    for (let round = 0; round < TIMES * 150; round++) {
      const path = join(temporaryDirectory(), 'states.db');
      const changed = Buffer.from(bytes);
      for (let i = 0; i <= pick(8); i++) changed[pick(changed.length)] = pick(256);
      writeFileSync(path, changed);
      expectNoWrongValue(path, round);
    }
  });

  it(`gives no wrong value, wherever it is cut off: ${TIMES * 60} rounds`, () => {
    const original = whole();
    const pick = random(3);
    for (let round = 0; round < TIMES * 60; round++) {
      const path = join(temporaryDirectory(), 'states.db');
      copyFileSync(original, path);
      truncateSync(path, pick(statSync(original).size));
      expectNoWrongValue(path, round);
    }
  });

  it('is found mended, or moved away, without a restart', () => {
    const path = temporaryPath();
    writeFileSync(path, 'this is no database'.repeat(100));
    const { store, put, value } = onDisk({ path });
    expect(() => store.get(key)).toThrow('is damaged, or no SQLite database');
    renameSync(path, `${path}.away`);
    expect(put(key, 1)).toBe(true);
    expect(value(key)).toBe(1);
  });
});

describe('a file that is deleted while it is open', () => {
  it('is noticed within a second, and made anew', async () => {
    const { put, value, clock, path } = onDisk();
    put(key, 'old');
    for (const end of ['', '-wal', '-shm']) rmSync(path + end);
    await clock.advance(1_000);
    expect(value(key)).toBeUndefined();
    expect(existsSync(path)).toBe(true);
    put(key, 'new');
    expect(onDisk({ path, clock }).value(key)).toBe('new');
  });
});

describe('a full disk', () => {
  it('fails the write alone, loses nothing that was there, and is over when there is room again', () => {
    const { put, store, path } = onDisk();
    put(key, 'small');
    void store.close();
    let full = true;
    const driver = driverWith('max_page_count = 20', () => full);
    const tight = onDisk({ path, driver });
    expect(tight.value(key)).toBe('small');
    const big = 'x'.repeat(1_000_000);
    expect(() => tight.put(keyOf('big'), big)).toThrow(
      `'${path}' cannot grow: the disk is full (SQLite: database or disk is full)`,
    );
    expect(tight.value(key)).toBe('small');
    expect(tight.value(keyOf('big'))).toBeUndefined();
    expect(tight.put(key, 'smaller')).toBe(true);
    void tight.store.close();
    full = false;
    expect(onDisk({ path, driver }).put(keyOf('big'), big)).toBe(true);
  });

  it('fails only the write that is too large of those in one transaction', async () => {
    const { store, path, value } = onDisk({ driver: driverWith('max_page_count = 60') });
    const keys = ['small', 'big', 'other'].map((text) => keyOf(text));
    const leads = await Promise.all(
      keys.map((one) => store.lead(one, { mode: 'normal', token: one.text, leaseMs: 5_000 })),
    );
    const commits = await Promise.allSettled(
      keys.map((one, i) => {
        const { generation } = leads[i] as { generation: number };
        const size = one.text === 'big' ? 1_000_000 : 10;
        return store.commit(one, one.text, recordOf(one, 'x'.repeat(size), { generation }));
      }),
    );
    expect(commits.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((commits[1] as PromiseRejectedResult).reason).toMatchObject({
      message: expect.stringContaining(`'${path}' cannot grow`),
    });
    expect(keys.map((one) => (value(one) as string | undefined)?.length)).toEqual([10, undefined, 10]);
  });
});

describe('a file that another process is writing', () => {
  function locked() {
    const fixture = onDisk({ busyTimeout: 5 });
    fixture.put(keyOf('there'), 1);
    const other = rawDatabase(fixture.path);
    other.exec('BEGIN IMMEDIATE');
    return { ...fixture, release: () => other.exec('ROLLBACK') };
  }
  const flush = () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });

  it('is read all the same', () => {
    expect(locked().value(keyOf('there'))).toBe(1);
  });

  it('is an error for a synchronous task, in a bounded time', () => {
    const { put, path, release } = locked();
    const began = performance.now();
    expect(() => put(key, 1)).toThrow(`'${path}' is locked: another process has been writing for too long`);
    expect(performance.now() - began).toBeLessThan(5_000);
    release();
    expect(put(key, 1)).toBe(true);
  });

  it('is tried again by timer for an asynchronous one', async () => {
    const { store, clock, release, value } = locked();
    const leading = lead(store, 'holder');
    await flush();
    expect(clock.timers).toBe(1);
    await clock.advance(10);
    release();
    await clock.advance(25);
    const { generation } = (await leading) as { generation: number };
    await store.commit(key, 'holder', recordOf(key, 1, { generation }));
    expect(value(key)).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it('is an error for an asynchronous one too, if it lasts', async () => {
    const { store, clock, path } = locked();
    const leading = lead(store, 'holder').catch((error: Error) => error.message);
    await flush();
    for (let i = 0; i < 40; i++) await clock.advance(25);
    expect(await leading).toContain(`'${path}' is locked`);
    expect(clock.timers).toBe(0);
  });

  it('is invalidated late rather than never', async () => {
    const { store, clock, value, release } = locked();
    const invalidating = store.invalidate({ keys: [keyOf('there')] });
    await flush();
    release();
    await clock.advance(25);
    await invalidating;
    expect(value(keyOf('there'))).toBeUndefined();
  });

  it('leaves no timer behind when the store closes', async () => {
    const { store, clock } = locked();
    const leading = lead(store, 'holder').catch((error: Error) => error.message);
    await flush();
    void store.close();
    expect(clock.timers).toBe(0);
    expect(await leading).toBe('store closed');
  });
});

describe('a broken SQLite store', () => {
  class Service {
    bodies = 0;
    @Task({ cacheKeyFn: taskInputHash }) quick(x: number) {
      this.bodies++;
      return x;
    }
    @Task({ cacheKeyFn: taskInputHash }) async slow(x: number) {
      this.bodies++;
      return x;
    }
  }

  const CASES: readonly (readonly [string, () => StateStore, string])[] = [
    [
      'a path below a file',
      () => {
        const directory = temporaryDirectory();
        writeFileSync(join(directory, 'file'), '');
        return sqliteStore({ path: join(directory, 'file', 'states.db') });
      },
      'cannot be made: EEXIST',
    ],
    [
      'a directory in its place',
      () => {
        const directory = temporaryDirectory();
        mkdirSync(join(directory, 'states.db'));
        return sqliteStore({ path: join(directory, 'states.db') });
      },
      'is not a file',
    ],
    [
      'a file that cannot be written',
      () => {
        const { put, path } = onDisk();
        put(key, 1);
        return sqliteStore({ path, driver: driverWith('query_only = ON') });
      },
      'cannot be written: the file or its directory is read-only',
    ],
    [
      'a file that is damaged',
      () => {
        const path = temporaryPath();
        writeFileSync(path, 'nonsense'.repeat(1_000));
        return sqliteStore({ path });
      },
      'is damaged, or no SQLite database',
    ],
  ];

  it.each(CASES)('(%s) fails no task, and is told of', async (_, make, message) => {
    const pond = createPond({ store: closing(make()), logLevel: 'silent' });
    const troubles: string[] = [];
    pond.events.on('trouble', (trouble) => troubles.push(trouble.message));
    const service = pond.bind(new Service());
    expect(service.quick(1)).toBe(1);
    expect(await service.slow(2)).toBe(2);
    const state = await returnState(service).slow(3);
    expect([state.name, state.cache?.status, state.cache?.reason]).toEqual(['Completed', 'error', 'store-error']);
    expect(troubles[0]).toContain(message);
    expect(pond.stats().storeErrors).toBeGreaterThan(0);
  });
});
