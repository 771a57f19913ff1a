import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Invalidation, memoryStore, type StateStore, type StoreKey, tieredStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { keyOf, recordOf } from './records.js';
import { Model } from './staleness-model.js';

const TAGS: readonly (readonly string[] | undefined)[] = [['t'], undefined, ['t', 'u']];
/** A store tells so many expiries of one thing apart; with more, it may call a value expired earlier than it was. */
const MARKS = 16;

const key = fc.constantFrom(0, 0, 0, 1, 2);
/** Of the runs under way, counted from the last. */
const run = fc.constantFrom(0, 0, 0, 1, 2, 5);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lead' as const), key, refresh: chance(4), fence: chance(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      run,
      ms: fc.constantFrom(50, 100, 300, Number.POSITIVE_INFINITY),
      windows: fc.constantFrom([0, 0], [200, 0], [0, 200], [1_000, 300], [300, 1_000]),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('abandon' as const), run, ms: fc.constantFrom(0, 250, 250) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('invalidate' as const),
      by: fc.constantFrom('keys' as const, 'identities' as const, 'tags' as const, 'all' as const),
      key,
      expire: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 50, 120, 300) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function chance(of: number): fc.Arbitrary<boolean> {
  return fc.nat(of - 1).map((at) => at === 0);
}

interface Run {
  readonly key: StoreKey;
  readonly token: string;
  readonly generation: number;
}

/** A store and its model, side by side. */
class Bench {
  static #spaces = 0;
  readonly #namespace = `space ${Bench.#spaces++}`;
  readonly keys: readonly StoreKey[] = [
    keyOf('x', 'Task.a', undefined, this.#namespace),
    keyOf('y', 'Task.a', undefined, this.#namespace),
    keyOf('x', 'Task.b', undefined, this.#namespace),
  ];
  readonly #runs: Run[] = [];
  #expiries = 0;
  #tokens = 0;

  constructor(
    readonly store: StateStore,
    readonly clock: ReturnType<typeof fakeClock>,
    readonly model: Model,
    readonly seen: Record<string, number>,
  ) {}

  async take(one: Step): Promise<void> {
    if (one.do === 'advance') await this.clock.advance(one.ms);
    if (one.do === 'lead') await this.#lead(this.keys[one.key] as StoreKey, one.refresh, one.fence ? 0 : 500);
    if (one.do === 'fail') {
      const key = this.keys[one.key] as StoreKey;
      if (await this.#lead(key, false, 500)) await this.#abandon(0, 250);
      await this.#lead(key, false, 500);
    }
    if (one.do === 'commit') await this.#commit(one);
    if (one.do === 'abandon') await this.#abandon(one.run, one.ms);
    if (one.do === 'invalidate') await this.#invalidate(one);
    for (const key of this.keys) await this.#look(key);
  }

  async #look(key: StoreKey): Promise<void> {
    const found = await this.store.get(key);
    const there = this.model.record(key);
    const fresh = there !== undefined && there.expiresAt > this.clock.now();
    const wanted = fresh ? there.record.value : undefined;
    if (found?.value !== wanted) expect(found?.value).toBe(wanted); // asked too often to be asserted each time
  }

  async #lead(key: StoreKey, refresh: boolean, leaseMs: number): Promise<boolean> {
    const mode = refresh ? 'refresh' : 'normal';
    const token = `${this.#namespace} ${this.#tokens++}`;
    const expected = this.model.answer(key, mode, leaseMs, this.clock.now());
    const lead = await this.store.lead(key, { mode, token, leaseMs });
    this.#count(lead.status);
    if (this.#expiries <= MARKS || lead.status !== 'lead') expect(lead.status).toBe(expected);
    const there = this.model.record(key);
    if (lead.status === 'hit') expect(lead.record.value).toBe(there?.record.value);
    else {
      const stale = lead.status === 'stale' ? lead.record : lead.stale;
      expect(stale?.value).toEqual(refresh ? undefined : there?.record.value);
      if (stale !== undefined) {
        this.#count(`stale on ${lead.status}`);
        if (this.#expiries <= MARKS) expect(stale.expiresAt).toBe(there?.expiresAt);
        else expect(stale.expiresAt).toBeLessThanOrEqual(there?.expiresAt as number);
        expect(stale.expiresAt).toBeLessThanOrEqual(this.clock.now());
      }
    }
    if (lead.status !== 'lead') return false;
    this.model.lead(key, token, leaseMs, this.clock.now());
    this.#runs.push({ key, token, generation: lead.generation });
    return true;
  }

  async #commit({ run, ms, windows }: Extract<Step, { do: 'commit' }>): Promise<void> {
    const at = this.#taken(run);
    if (at === undefined) return;
    const { key, token, generation } = at;
    const [renewForMs = 0, errorForMs = 0] = windows;
    const tags = TAGS[this.keys.indexOf(key)];
    const expiresAt = this.clock.now() + ms;
    const record = recordOf(key, token, { generation, expiresAt, renewForMs, errorForMs, tags });
    const answer = await this.store.commit(key, token, record);
    const expected = this.model.commit(key, token, record);
    expect(answer.committed).toBe(expected !== undefined);
    const expired = expected !== undefined && expected < expiresAt;
    this.#count(answer.committed ? (expired ? 'stored expired' : 'stored') : 'refused');
    if (this.#expiries <= MARKS) expect(answer.expiredAt).toBe(expired ? expected : undefined);
  }

  async #abandon(run: number, notBeforeMs: number): Promise<void> {
    const at = this.#taken(run);
    if (at === undefined) return;
    await this.store.abandon(at.key, at.token, notBeforeMs);
    this.model.abandon(at.key, at.token, notBeforeMs, this.clock.now());
  }

  async #invalidate({ by, key: index, expire }: Extract<Step, { do: 'invalidate' }>): Promise<void> {
    const key = this.keys[index] as StoreKey;
    const kinds = {
      keys: { keys: [key] },
      identities: { identities: [key.scope.identity] },
      tags: { tags: ['t'] },
      all: { all: true },
    };
    const what: Invalidation = { namespace: this.#namespace, ...(kinds[by] as object), ...(expire && { expire }) };
    if (expire) this.#expiries++;
    await this.store.invalidate(what);
    this.model.invalidate(what, this.clock.now());
  }

  #taken(run: number): Run | undefined {
    return this.#runs.splice(-1 - (run % Math.max(1, this.#runs.length)), 1)[0];
  }

  #count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'flowpond-staleness-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('Whatever is led, written, given up, expired and invalidated, in any order', () => {
  it.each<[string, number, boolean, () => StateStore]>([
    ['the memory store', 250, false, () => memoryStore()],
    ['a tiered store', 150, false, () => tieredStore(memoryStore(), memoryStore())],
    ['the SQLite store', 150, true, () => sqliteStore({ path: join(directory, 'one.db') })],
    [
      'a tiered store over SQLite',
      150,
      true,
      () => tieredStore(memoryStore(), sqliteStore({ path: join(directory, 'tiers.db') })),
    ],
  ])(
    '%s never gives what was invalidated, nor stale what is none',
    async (_, numRuns, losesLeases, make) => {
      const clock = fakeClock();
      const store = make();
      store.attach?.({ clock });
      const seen: Record<string, number> = {};
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 70, size: 'max' }),
        async (steps) => {
          const bench = new Bench(store, clock, new Model(losesLeases), seen);
          for (const one of steps) await bench.take(one);
        },
      );
      await fc.assert(property, { numRuns });
      await store.close();
      const all = [
        'hit',
        'stale',
        'wait',
        'lead',
        'stale on wait',
        'stale on lead',
        'stored',
        'stored expired',
        'refused',
      ];
      expect(all.filter((what) => (seen[what] ?? 0) < 5)).toEqual([]); // all of it was tried
    },
    120_000,
  );
});
