import { memoryStore } from 'flowpond';
import { sqliteStore } from 'flowpond/sqlite';
import { caseOf } from '../harness/case-of.mjs';
import { shuffledVisits } from '../harness/inputs.mjs';
import { inTurns } from '../harness/measure.mjs';
import { counted, expectHits } from './quotes.mjs';
import { namesOf, recordsOf } from './records.mjs';
import { own, subjects } from './subjects.mjs';

const keyNames = namesOf(200);
const SQLITE_FLOOR = 'floor: a prepared SELECT, the same record decoded';
const MEMORY = 'flowpond, memory alone';

export const sqliteHits = {
  floor: SQLITE_FLOOR,
  title: 'Hits of SQLite: 200 keys',
  says: 'Nanoseconds per call. The floor reads the record by its digest, known beforehand, with one prepared SELECT over one table, and decodes it.',
  async run({ places, sources, rounds = 15 }) {
    const { body, count } = counted();
    const quote = own(({ path }) => sqliteStore({ path }))(body, places);
    const { DatabaseSync } = sources.findDriver();
    const database = new DatabaseSync(`${places.path}.floor`);
    database.exec(
      'PRAGMA journal_mode = WAL; CREATE TABLE records (digest TEXT PRIMARY KEY, record BLOB) WITHOUT ROWID',
    );
    const insert = database.prepare('INSERT INTO records VALUES (?, ?)');
    const records = new Map(recordsOf(sources, keyNames).map(({ key, bytes }, i) => [keyNames[i], { key, bytes }]));
    for (const { key, bytes } of records.values()) insert.run(key.digest, bytes);
    const select = database.prepare('SELECT record FROM records WHERE digest = ?');
    const floor = async (name) => {
      const { key } = records.get(name);
      return sources.decodeRecord(select.get(key.digest).record, key).value;
    };
    const rows = await measured(
      [
        { name: SQLITE_FLOOR, kind: 'floor', call: floor },
        { name: 'flowpond, an asynchronous method over SQLite', kind: 'flowpond', count, call: quote.call },
      ],
      rounds,
    );
    await quote.close();
    database.close();
    return rows;
  },
};

export const nearHits = {
  floor: MEMORY,
  title: 'Hits of the memory before Redis: 200 keys',
  says: 'Nanoseconds per call, in a loop that awaits; nothing is asked of Redis. The ratio is to a hit of `memoryStore` alone.',
  async run({ places, empty, rounds = 15 }) {
    await empty();
    const alone = { name: MEMORY, kind: 'flowpond', make: own(() => memoryStore({ maxEntries: 10_000 })) };
    const cases = [alone, ...subjects.filter(({ where }) => where === 'near')].map(({ name, kind, make }) => {
      const { body, count } = counted();
      return { name, kind, count, ...make(body, places) };
    });
    const rows = await measured(cases, rounds);
    for (const { close } of cases) await close();
    return rows;
  },
};

async function measured(cases, rounds) {
  const visits = shuffledVisits(keyNames);
  const rows = [];
  for (const { name, kind, call } of cases) {
    for (const key of keyNames) await call(key);
    rows.push({ name, kind, fn: await caseOf('withNext', call, visits) });
  }
  const found = await inTurns(rows, { rounds });
  for (const one of cases) expectHits(one, keyNames.length);
  return found;
}
