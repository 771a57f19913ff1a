import { FailureRecord } from '../../stores/failure.js';
import type { StateRecord } from '../../stores/record.js';
import { type DefineSpec, type Fixture, SHORT_MS, type Where } from './fixture.js';
import type { SpecApi } from './spec-api.js';

/** What the codec keeps: every one of them has to come back as it was. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  false,
  0,
  -0,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  '',
  'naïve 🐟 \0 \u2028',
  12345678901234567890n,
  new Date(1_767_268_800_123),
  /a+b\/c/giu,
  new Uint8Array([0, 1, 255]),
  new Float64Array([-0, 1.5, Number.NaN]),
  new Set(['a', 1, null]),
  new Map<unknown, unknown>([
    ['a', { deep: [undefined, new Date(0)] }],
    [1, new Map([['b', 2n]])],
  ]),
  [],
  {},
  { list: [1, 'two', [3]], nothing: null, nested: { when: new Date(5), big: -1n } },
  'x'.repeat(100_000),
];

/** Texts that SQL, Redis, JSON, file names, globs and prototypes take for something else. */
export const ODD: readonly string[] = [
  'plain',
  'Plain',
  ' plain',
  'plain ',
  '',
  ' ',
  ':',
  '1:a',
  'a:b',
  '{a}',
  '{}',
  '*',
  'a*',
  '?',
  '[a-z]',
  '%',
  '_',
  "'; DROP TABLE records; --",
  '"',
  '\\',
  '\n',
  '\r\n',
  '\t',
  '\0',
  'a\0b',
  'a\0c',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'null',
  'undefined',
  '0',
  '-',
  'é',
  'e\u0301',
  '🐟',
  '\u200b',
  '\uffff',
  'x'.repeat(200),
  `${'x'.repeat(200)}y`,
];

/** UTF-8 has no place for these; they are told apart in what is digested: texts, identities and versions. */
export const LONE_SURROGATES: readonly string[] = ['\ud800', '\ud801', '\udfff', 'a\ud800'];

/** What a record is made of, and how names are told apart. */
export function recordSpecs({ describe, expect }: SpecApi, it: DefineSpec, values: readonly unknown[] = VALUES): void {
  describe('a record', () => {
    it('comes back equal in every field', async (f) => {
      const key = f.key('a', { version: '7' });
      const { generation } = await f.put(f.key('another'), 0);
      const record = await f.put(
        key,
        { total: 1 },
        {
          message: 'as told by the task',
          storedAt: f.now() - 1_234,
          expiresAt: f.now() + 86_400_123,
          renewForMs: 1_000,
          errorForMs: 2_000,
          computeMs: 321,
          tags: ['one', 'two'],
          async: false,
          frozen: true,
          from: { origin: { taskRunId: 'id', taskRunName: 'task-7', flowRunName: 'brave-otter' } },
        },
      );
      const found = await f.get(key);
      // What was decoded is nobody's frozen copy.
      const frozen = found?.value === record.value;
      expect(plain(found)).toEqual(plain({ ...record, frozen }));
      expect(found?.generation).toBeGreaterThan(generation);
    });

    it('comes back equal where it has no message, no tags and no expiry', async (f) => {
      const key = f.key('a');
      const record = await f.put(key, 1);
      const found = await f.get(key);
      expect(plain(found)).toEqual(plain(record));
      expect([found?.expiresAt, found?.message, found?.tags]).toEqual([Number.POSITIVE_INFINITY, undefined, undefined]);
    });

    it('keeps its value, whatever kind of data that is', async (f) => {
      for (const [i, value] of [...values, values].entries()) {
        const key = f.key(`value ${i}`);
        await f.put(key, value);
        expect(await f.value(key)).toEqual(value);
      }
    });

    it('may be of a failure instead of a value, and gives an equal error', async (f) => {
      const key = f.key('a');
      const failure = FailureRecord.of(Object.assign(new RangeError('sold out'), { code: 'E_SOLD', status: 410 }));
      await f.put(key, failure);
      const found = await f.value(key);
      expect(FailureRecord.is(found) && found instanceof FailureRecord).toBe(true);
      expect(found).toEqual(failure);
      const error = (found as FailureRecord).toError();
      expect([error instanceof RangeError, error.message]).toEqual([true, 'sold out']);
    });

    it('is replaced by a later one', async (f) => {
      const key = f.key('a');
      await f.put(key, 'older', { tags: ['x'], message: 'older' });
      const record = await f.put(key, 'newer');
      expect(plain(await f.get(key))).toEqual(plain(record));
    });

    it('is found by another key object of the same names', async (f) => {
      await f.put(f.key('a', { version: '1' }), 1);
      expect(await f.value(f.key('a', { version: '1' }))).toBe(1);
    });

    it('belongs to its text, identity, version and namespace alone', async (f) => {
      const places: Where[] = [
        {},
        { identity: 'Suite.other' },
        { identity: '' },
        { version: '1' },
        { version: '' },
        { version: '2' },
        { namespace: f.name('n') },
      ];
      await tellApart(
        f,
        places.map((where) => ['a', where]),
      );
    });

    it('is told apart from every other by odd characters in the key', async (f) => {
      await tellApart(
        f,
        [...ODD, ...LONE_SURROGATES].map((text) => [text, {}]),
      );
    });

    it('is told apart by odd characters in identities, versions and namespaces', async (f) => {
      await tellApart(
        f,
        [...ODD, ...LONE_SURROGATES].map((identity) => ['a', { identity }]),
      );
      await tellApart(
        f,
        [...ODD, ...LONE_SURROGATES].map((version) => ['b', { version }]),
      );
      await tellApart(
        f,
        ODD.map((odd) => ['c', { namespace: f.name('').concat(odd) }]),
      );
    });

    it('is told apart by the last character of a very long key', async (f) => {
      const long = 'long key '.repeat(20_000);
      await tellApart(
        f,
        ['', 'a', 'b'].map((end) => [long + end, {}]),
      );
    });
  });

  describe('an expiry', () => {
    it('is strict: the value is there before it, and not from that moment on', async (f) => {
      const key = f.key('a');
      const expiresAt = f.now() + SHORT_MS;
      await f.put(key, 1, { expiresAt });
      if (f.exact) {
        await f.advance(SHORT_MS - 1);
        expect(await f.value(key)).toBe(1);
        await f.advance(1);
      } else await f.advance(SHORT_MS + 10);
      expect(await f.value(key)).toBe('none');
    });

    it('is not put off by reading', async (f) => {
      const key = f.key('a');
      await f.put(key, 1, { expiresAt: f.now() + SHORT_MS });
      for (let i = 0; i < 5; i++) {
        await f.get(key);
        await f.advance(SHORT_MS / 4);
      }
      expect(await f.value(key)).toBe('none');
    });

    it('may be further away than any timer reaches', async (f) => {
      const key = f.key('a');
      await f.put(key, 1, { expiresAt: f.now() + 100 * 365 * 86_400_000 });
      await f.advance(10);
      expect(await f.value(key)).toBe(1);
    });

    it('that has passed leaves the key to be computed anew, and says so', async (f) => {
      const key = f.key('a');
      await f.put(key, 1, { expiresAt: f.now() + SHORT_MS });
      await f.advance(SHORT_MS + 10);
      expect((await f.why(key)).reason).toBe('expired');
      await f.put(key, 2);
      expect(await f.value(key)).toBe(2);
    });
  });
}

/** A record as it can be compared: the key by what it stands for, and without what is not stored. */
function plain(record: StateRecord | undefined): object | undefined {
  if (record === undefined) return undefined;
  const { key, promise: _, from, ...rest } = record;
  return { ...rest, origin: from.origin, digest: key.digest, text: key.text, scope: key.scope.text };
}

/** Stores a value under each key, then looks for all of them, and forgets every other one. */
async function tellApart(f: Fixture, keys: readonly (readonly [string, Where])[]): Promise<void> {
  const all = keys.map(([text, where]) => f.key(text, where));
  for (const [i, key] of all.entries()) f.expect([keys[i], await f.value(key)]).toEqual([keys[i], 'none']);
  for (const [i, key] of all.entries()) await f.put(key, i);
  for (const [i, key] of all.entries()) f.expect([keys[i], await f.value(key)]).toEqual([keys[i], i]);
  for (const [i, key] of all.entries()) {
    if (i % 2 === 0) await f.invalidate({ namespace: key.scope.namespace, keys: [key] });
  }
  for (const [i, key] of all.entries()) {
    f.expect([keys[i], await f.value(key)]).toEqual([keys[i], i % 2 === 0 ? 'none' : i]);
  }
}
