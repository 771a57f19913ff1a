import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Invalidation, Lead, StateRecord, StateStore, StoreKey } from '../../lib/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { count, keyOf, onDisk, rawDatabase, recordOf, temporaryPath } from './on-disk.js';

const key = keyOf('a');

async function leased(store: StateStore, one: StoreKey, token: string, leaseMs = 5_000): Promise<Lead> {
  return store.lead(one, { mode: 'normal', token, leaseMs });
}

async function leading(store: StateStore, one: StoreKey, token: string, leaseMs?: number) {
  const lead = await leased(store, one, token, leaseMs);
  if (lead.status !== 'lead') throw new Error(`expected to lead, but it is a ${lead.status}`);
  return lead;
}

describe('the SQLite store', () => {
  it('gives what was committed, and nothing for any other key', () => {
    const { put, value } = onDisk();
    put(key, { deep: [1, new Date(0)] });
    expect(value(key)).toEqual({ deep: [1, new Date(0)] });
    expect(value(keyOf('b'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.other'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.quote', '2'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.quote', undefined, 'test'))).toBeUndefined();
  });

  it('gives everybody a value of their own', () => {
    const { put, value } = onDisk();
    const given = { list: [1] };
    put(key, given);
    given.list.push(2);
    const first = value(key) as typeof given;
    first.list.push(3);
    expect(value(key)).toEqual({ list: [1] });
  });

  it('keeps what it has when it is opened again', () => {
    const { put, store, path, clock } = onDisk();
    put(key, 'kept', { tags: ['x'], message: 'done', computeMs: 7 });
    void store.close();
    const again = onDisk({ path, clock });
    expect(again.store.get(key)).toMatchObject({ value: 'kept', tags: ['x'], message: 'done', computeMs: 7 });
  });

  it('shares its file with another store at once', () => {
    const one = onDisk();
    const two = onDisk({ path: one.path, clock: one.clock });
    one.put(key, 1);
    expect(two.value(key)).toBe(1);
    two.put(key, 2);
    expect(one.value(key)).toBe(2);
    void one.store.invalidate({ keys: [key] });
    expect(two.value(key)).toBeUndefined();
  });

  it('keeps a value until, and not at, the moment of its expiry, and then says since when it is over', async () => {
    const { put, value, why, clock } = onDisk();
    put(key, 1, { expiresAt: clock.now() + 1_000 });
    await clock.advance(999);
    expect(value(key)).toBe(1);
    await clock.advance(1);
    expect(value(key)).toBeUndefined();
    await clock.advance(2_000);
    expect(why(key)).toEqual({ reason: 'expired', detail: 'expired 2.00s ago' });
  });

  it('says under which version a value was stored, among the last eight', () => {
    const { put, why } = onDisk();
    const version = (n: number): StoreKey => keyOf('a', 'Pricing.quote', n === 0 ? undefined : `v${n}`);
    put(version(0), 0);
    expect(why(version(1))).toEqual({ reason: 'version-changed', detail: 'stored under no version' });
    put(version(1), 1);
    expect(why(version(2))).toEqual({ reason: 'version-changed', detail: "stored under version 'v1'" });
    expect(why(keyOf('b', 'Pricing.quote', 'v1')).reason).toBe('first-seen');
    for (let n = 2; n < 10; n++) put(keyOf('b', 'Pricing.quote', `v${n}`), n);
    expect(why(version(10)).reason).toBe('first-seen');
  });

  it('says why a value is gone also to the next process', () => {
    const { put, store, path, clock } = onDisk();
    put(key, 1);
    void store.invalidate({ keys: [key], by: 'PriceFeed.onChange' });
    void store.close();
    expect(onDisk({ path, clock }).why(key)).toEqual({
      reason: 'invalidated',
      detail: 'invalidated by PriceFeed.onChange',
    });
  });

  it('replaces a record that cannot be read, and says why it could not', () => {
    const { put, value, why, path } = onDisk();
    put(key, 'good');
    rawDatabase(path).exec('UPDATE records SET record = zeroblob(40)');
    expect(value(key)).toBeUndefined();
    expect(why(key)).toMatchObject({ reason: 'undecodable', detail: expect.stringContaining('record') });
    put(key, 'new');
    expect(value(key)).toBe('new');
  });

  it('believes no column that does not fit its record', () => {
    for (const [column, other] of [
      ['generation', '999'],
      ['tags', `'["x"]'`],
      ['expires_at', '9e999'],
    ]) {
      const { put, value, clock, path } = onDisk();
      put(key, 1, { expiresAt: clock.now() + 1 });
      rawDatabase(path).exec(`UPDATE records SET ${column} = ${other}`);
      void clock.advance(column === 'expires_at' ? 2 : 0);
      expect([column, value(key)]).toEqual([column, undefined]);
    }
  });

  it('refuses what cannot be written, drops what was there, names the path, and says so to who asks next', async () => {
    const { put, store, value, why } = onDisk();
    put(key, 'old');
    const { generation } = (await store.lead(key, { mode: 'refresh', token: 't', leaseMs: 5_000 })) as {
      generation: number;
    };
    const commit = await store.commit(key, 't', recordOf(key, { deep: { fn: () => 1 } }, { generation }));
    expect(commit).toEqual({ committed: false, refused: expect.stringContaining('deep.fn') });
    expect(value(key)).toBeUndefined();
    expect(why(key)).toEqual({ reason: 'not-stored', detail: expect.stringContaining('deep.fn') });
  });

  it('answers nothing once it is closed, and may be closed twice', async () => {
    const { store, put } = onDisk();
    put(key, 1);
    await leading(store, keyOf('b'), 'holder');
    const waiting = (await leased(store, keyOf('b'), 'waiter')) as Extract<Lead, { status: 'wait' }>;
    void store.close();
    void store.close();
    await expect(waiting.woken).resolves.toBeUndefined();
    expect(() => store.get(key)).toThrow('store closed');
    for (const leaseMs of [0, 5])
      expect(() => store.lead(key, { mode: 'normal', token: 't', leaseMs })).toThrow('store closed');
    expect(() => store.commit(key, 't', recordOf(key, 1))).toThrow('store closed');
    expect(() => store.renew(key, 't', 1)).toThrow('store closed');
    expect(() => store.abandon(key, 't')).toThrow('store closed');
    expect(() => store.invalidate({ all: true })).toThrow('store closed');
  });

  it('writes what was given to it before it is closed', async () => {
    const { store, path, clock } = onDisk();
    const { generation } = await leading(store, key, 'holder');
    const commit = store.commit(key, 'holder', recordOf(key, 'last', { generation }));
    void store.close();
    expect(await commit).toEqual({ committed: true });
    expect(onDisk({ path, clock }).value(key)).toBe('last');
  });

  it('takes the clock of the first pond that it is attached to', () => {
    const { store, put, value, clock } = onDisk();
    put(key, 1, { expiresAt: clock.now() + 5 });
    store.attach?.({ clock: fakeClock(clock.now() + 1_000_000) });
    expect(value(key)).toBe(1);
  });
});

describe('a lease of the SQLite store', () => {
  it('has others wait, in this process woken by its commit, in others by looking again', async () => {
    const { store, path, clock } = onDisk();
    const other = onDisk({ path, clock }).store;
    const { generation, renewEveryMs } = await leading(store, key, 'holder', 3_000);
    expect(renewEveryMs).toBe(1_000);
    const here = (await leased(store, key, 'here')) as Extract<Lead, { status: 'wait' }>;
    const there = (await leased(other, key, 'there')) as Extract<Lead, { status: 'wait' }>;
    expect([here.status, there.status]).toEqual(['wait', 'wait']);
    expect(there.woken).toBeUndefined();
    let woken = false;
    void here.woken?.then(() => {
      woken = true;
    });
    await Promise.resolve();
    expect(woken).toBe(false);
    await store.commit(key, 'holder', recordOf(key, 1, { generation }));
    await here.woken;
    expect(await leased(store, key, 'here')).toMatchObject({ status: 'hit', record: { value: 1 } });
    expect(await leased(other, key, 'there')).toMatchObject({ status: 'hit', record: { value: 1 } });
  });

  it('has waiters look again soon at first, then every 25 ms, and at its end', async () => {
    const { store, clock } = onDisk();
    await leading(store, key, 'holder', 1_000);
    const pauses: number[] = [];
    for (const ms of [0, 40, 40, 800, 110]) {
      await clock.advance(ms);
      pauses.push(((await leased(store, key, 'waiter')) as { leaseLeftMs: number }).leaseLeftMs);
    }
    expect(pauses).toEqual([5, 10, 20, 25, 10]);
  });

  it('gives waiters the expired value, if they want it', async () => {
    const { store, put, clock } = onDisk();
    put(key, 'old', { expiresAt: clock.now() + 1 });
    await clock.advance(1);
    await leading(store, key, 'holder');
    expect(await leased(store, key, 'waiter')).toMatchObject({ status: 'wait', stale: { value: 'old' } });
    void store.invalidate({ tags: ['x'] });
    expect(await leased(store, key, 'waiter')).toMatchObject({ status: 'wait', stale: { value: 'old' } });
    void store.invalidate({ identities: ['Pricing.quote'] });
    await leading(store, key, 'second');
    expect(((await leased(store, key, 'waiter')) as { stale?: unknown }).stale).toBeUndefined();
  });

  it('lasts while it is renewed, by its holder alone, and is taken over once it has ended', async () => {
    const { store, path, clock } = onDisk();
    const other = onDisk({ path, clock }).store;
    const { generation } = await leading(store, key, 'holder', 1_000);
    await clock.advance(900);
    expect(await store.renew(key, 'holder', 1_000)).toBe(true);
    expect(await store.renew(key, 'stranger', 1_000)).toBe(false);
    expect(await store.renew(keyOf('b'), 'holder', 1_000)).toBe(false);
    await clock.advance(999);
    expect((await leased(other, key, 'heir')).status).toBe('wait');
    await clock.advance(1);
    const heir = await leading(other, key, 'heir', 1_000);
    expect(heir.generation).toBeGreaterThan(generation);
    expect(await store.renew(key, 'holder', 1_000)).toBe(false);
    expect(await store.commit(key, 'holder', recordOf(key, 'late', { generation }))).toEqual({ committed: false });
    expect(await other.commit(key, 'heir', recordOf(key, 'new', { generation: heir.generation }))).toEqual({
      committed: true,
    });
    expect(await store.commit(key, 'holder', recordOf(key, 'late', { generation }))).toMatchObject({
      committed: false,
      current: { value: 'new' },
    });
  });

  it('that has ended still writes while nobody has taken over', async () => {
    const { store, clock, value } = onDisk();
    const { generation } = await leading(store, key, 'holder', 1_000);
    await clock.advance(5_000);
    expect(await store.commit(key, 'holder', recordOf(key, 1, { generation }))).toEqual({ committed: true });
    expect(value(key)).toBe(1);
  });

  it('is overtaken by a refresh, and by a run that cannot wait', async () => {
    const { store, put, value } = onDisk();
    const { generation } = await leading(store, key, 'old');
    expect(put(key, 'new')).toBe(true);
    expect(await store.commit(key, 'old', recordOf(key, 'old', { generation }))).toMatchObject({
      current: { value: 'new' },
    });
    expect(value(key)).toBe('new');
    await leading(store, keyOf('b'), 'holder');
    expect(((await store.lead(keyOf('b'), { mode: 'normal', token: 's', leaseMs: 0 })) as Lead).status).toBe('lead');
    expect((await leased(store, keyOf('b'), 'after a fence')).status).toBe('lead');
  });

  it('leaves the reason that its abandonment gives', async () => {
    const { store, why } = onDisk();
    await leading(store, key, 'holder');
    await store.abandon(key, 'stranger', undefined, { reason: 'cache-if' });
    expect((await leased(store, key, 'waiter')).status).toBe('wait');
    await store.abandon(key, 'holder', undefined, { reason: 'cache-if', detail: 'unwanted' });
    expect(why(key)).toEqual({ reason: 'cache-if', detail: 'unwanted' });
  });

  it.each<[string, (store: StateStore) => unknown]>([
    ['it is abandoned', (store) => store.abandon(key, 'holder')],
    ['its key is invalidated', (store) => store.invalidate({ keys: [key] })],
    ['its task is invalidated', (store) => store.invalidate({ identities: ['Pricing.quote'] })],
    ['everything is invalidated', (store) => store.invalidate({ all: true })],
    ['the store closes', (store) => store.close()],
    ['a refresh takes over', (store) => store.lead(key, { mode: 'refresh', token: 'newer', leaseMs: 1 })],
  ])('wakes those who wait here when %s', async (_, end) => {
    const { store } = onDisk();
    await leading(store, key, 'holder');
    const waiting = (await leased(store, key, 'waiter')) as Extract<Lead, { status: 'wait' }>;
    await end(store);
    await expect(waiting.woken).resolves.toBeUndefined();
  });

  it('of the fence alone is answered at once, and leaves nothing behind', () => {
    const { store, path } = onDisk();
    const lead = store.lead(key, { mode: 'normal', token: 't', leaseMs: 0 }) as Extract<Lead, { status: 'lead' }>;
    expect(lead.renewEveryMs).toBeUndefined();
    expect(store.commit(key, 't', recordOf(key, 1, { generation: lead.generation }))).toEqual({ committed: true });
    expect(count(rawDatabase(path), 'SELECT count(*) FROM leases')).toBe(0);
  });

  it('of one turn of the event loop share a transaction', async () => {
    const { store, path } = onDisk();
    store.get(key);
    const database = rawDatabase(path);
    const changes = (): number => count(database, 'PRAGMA data_version');
    let before = changes();
    const keys = Array.from({ length: 100 }, (_, i) => keyOf(`key ${i}`));
    const leads = await Promise.all(keys.map((one) => leading(store, one, one.text)));
    expect(changes()).toBe(before + 1);
    before = changes();
    const commits = keys.map((one, i) =>
      store.commit(one, one.text, recordOf(one, i, { generation: leads[i]?.generation ?? 0 })),
    );
    expect(new Set((await Promise.all(commits)).map(({ committed }) => committed))).toEqual(new Set([true]));
    expect(changes()).toBe(before + 1);
    expect(new Set(leads.map(({ generation }) => generation)).size).toBe(100);
  });
});

describe('an invalidation of the SQLite store', () => {
  const tagged = { tags: ['prices'] };

  it.each<[string, Invalidation]>([
    ['by key', { keys: [key] }],
    ['by identity', { identities: ['Pricing.quote'] }],
    ['by tag', { tags: ['prices'] }],
    ['of everything', { all: true }],
  ])('%s forgets what is stored, and refuses what was begun before it, here and elsewhere', async (_, what) => {
    const { put, store, value, why, path, clock } = onDisk();
    const other = onDisk({ path, clock });
    put(key, 'old', tagged);
    const lead = (await store.lead(key, { mode: 'refresh', token: 'running', leaseMs: 5_000 })) as {
      generation: number;
    };
    void other.store.invalidate({ ...what, by: 'a spec' });
    expect([value(key), other.value(key)]).toEqual([undefined, undefined]);
    if (what.tags === undefined) expect(await store.renew(key, 'running', 5_000)).toBe(false);
    const commit = await store.commit(
      key,
      'running',
      recordOf(key, 'older', { generation: lead.generation, ...tagged }),
    );
    expect(commit).toEqual({ committed: false });
    expect([value(key), other.value(key)]).toEqual([undefined, undefined]);
    expect(why(key).reason).toBe('invalidated');
    if (what.tags === undefined) expect(why(key).detail).toBe('invalidated by a spec');
    put(key, 'new', tagged);
    expect([value(key), other.value(key)]).toEqual(['new', 'new']);
  });

  it.each<[string, Invalidation]>([
    ['another key', { keys: [keyOf('b')] }],
    ['another version of the key', { keys: [keyOf('a', 'Pricing.quote', '2')] }],
    ['another task', { identities: ['Pricing.other'] }],
    ['a task whose name begins alike', { identities: ['Pricing', 'Pricing.quot', 'pricing.quote'] }],
    ['another tag', { tags: ['price', 'pricess', 'Prices', '["prices"]', 'prices"'] }],
    ['another namespace', { namespace: 'x', all: true, tags: ['prices'], identities: ['Pricing.quote'] }],
    ['nothing', {}],
    ['empty lists', { keys: [], identities: [], tags: [] }],
  ])('of %s leaves a value where it is', (_, what) => {
    const { put, store, value } = onDisk();
    put(key, 1, tagged);
    void store.invalidate(what);
    expect(value(key)).toBe(1);
  });

  it.each<[string, Invalidation]>([
    ['by identity', { identities: ['Pricing.quote'] }],
    ['by tag', { tags: ['prices'] }],
    ['of everything', { all: true }],
  ])('%s stays in its namespace, and reaches every version there', (_, what) => {
    const { put, store, value } = onDisk();
    const keys = ['', 'x', '1:x'].flatMap((namespace) => [
      keyOf('a', 'Pricing.quote', undefined, namespace),
      keyOf('a', 'Pricing.quote', '2', namespace),
    ]);
    for (const one of keys) put(one, 1, tagged);
    void store.invalidate({ ...what, namespace: 'x' });
    expect(keys.map(value)).toEqual([1, 1, undefined, undefined, 1, 1]);
  });

  it('by tag reaches every entry that has it among its tags', () => {
    const { put, store, value } = onDisk();
    put(keyOf('a'), 1, { tags: ['x', 'y'] });
    put(keyOf('b', 'Other.task'), 2, { tags: ['y'] });
    put(keyOf('c'), 3, { tags: ['x'] });
    put(keyOf('d'), 4);
    void store.invalidate({ tags: ['y'] });
    expect(['a', 'c', 'd'].map((text) => value(keyOf(text)))).toEqual([undefined, 3, 4]);
    expect(value(keyOf('b', 'Other.task'))).toBeUndefined();
  });

  it('holds for tags whose single invalidation is no longer remembered, in their namespace alone', () => {
    const { put, store, value, path } = onDisk();
    const far = keyOf('a', 'Pricing.quote', undefined, 'far');
    put(key, 1, { tags: ['the first'] });
    put(far, 1, { tags: ['the first'] });
    void store.invalidate({ tags: ['the first'] });
    const others = Array.from({ length: 10_100 }, (_, i) => `tag ${i}`);
    void store.invalidate({ tags: others });
    expect(count(rawDatabase(path), 'SELECT count(*) FROM tag_voids')).toBe(10_000);
    expect(count(rawDatabase(path), "SELECT count(*) FROM tag_voids WHERE tag = 'the first'")).toBe(0);
    expect([value(key), value(far)]).toEqual([undefined, 1]);
    put(key, 2, { tags: ['the first'] });
    expect(value(key)).toBe(2);
  });

  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom(
      '',
      ':',
      '1:a',
      '\0',
      'a\0',
      'a\0b',
      '"',
      '"\\u0000"',
      '__proto__',
      '{x}',
      '%',
      '\n',
      '\ud800',
      '\ufffd',
      '🐟',
      '-',
    ),
  );

  it('never reaches an entry of other names, and always one of the same, whatever characters are in them', () => {
    const { put, store, value } = onDisk();
    fc.assert(
      fc.property(fc.tuple(odd, odd, odd), fc.tuple(odd, odd, odd), (one, two) => {
        const [namespace, identity, tag] = one;
        const mine = keyOf('k', identity, undefined, namespace);
        const same = (...parts: number[]): boolean => parts.every((i) => one[i] === two[i]);
        for (const [what, reached] of [
          [{ all: true }, same(0)],
          [{ identities: [two[1]] }, same(0, 1)],
          [{ tags: [two[2]] }, same(0, 2)],
        ] as const) {
          put(mine, 1, { tags: [tag] });
          void store.invalidate({ namespace: two[0], ...what });
          expect(value(mine)).toBe(reached ? undefined : 1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

type Step =
  | { readonly kind: 'lead'; readonly by: number; readonly refresh: boolean; readonly leaseMs: number }
  | { readonly kind: 'commit' | 'abandon'; readonly run: number }
  | { readonly kind: 'invalidate'; readonly by: 'keys' | 'identities' | 'tags' | 'all' }
  | { readonly kind: 'advance'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('lead' as const),
    by: fc.nat(1),
    refresh: fc.boolean(),
    leaseMs: fc.constantFrom(0, 20, 60),
  }),
  fc.record({ kind: fc.constantFrom('commit' as const, 'abandon' as const), run: fc.nat(7) }),
  fc.record({
    kind: fc.constant('invalidate' as const),
    by: fc.constantFrom('keys' as const, 'identities' as const, 'tags' as const, 'all' as const),
  }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(40) }),
);

describe('two SQLite stores over one file, whatever is done in whatever order', () => {
  it('never show a value older than one that was shown, or begun before an invalidation, and agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const clock = fakeClock();
        const path = temporaryPath();
        const stores = [onDisk({ path, clock }).store, onDisk({ path, clock }).store] as const;
        const runs: {
          readonly store: StateStore;
          readonly token: string;
          readonly generation: number;
          readonly order: number;
        }[] = [];
        let order = 0;
        let invalidatedAt = 0;
        let shown = 0;
        for (const one of steps) {
          order++;
          if (one.kind === 'lead') {
            const store = stores[one.by] as StateStore;
            const token = `run ${runs.length}`;
            const lead = await store.lead(key, {
              mode: one.refresh ? 'refresh' : 'normal',
              token,
              leaseMs: one.leaseMs,
            });
            if (lead.status === 'lead') runs.push({ store, token, generation: lead.generation, order });
          } else if (one.kind === 'advance') await clock.advance(one.ms);
          else if (one.kind === 'invalidate') {
            invalidatedAt = order;
            const what = { keys: [key], identities: ['Pricing.quote'], tags: ['tag'], all: true as const };
            await stores[0].invalidate({ [one.by]: what[one.by] });
          } else {
            const run = runs[one.run];
            if (run === undefined) continue;
            const { generation } = run;
            const record = recordOf(key, run.order, { generation, tags: ['tag'], expiresAt: clock.now() + 50 });
            if (one.kind === 'commit') await run.store.commit(key, run.token, record);
            else await run.store.abandon(key, run.token);
          }
          const [here, there] = stores.map((store) => store.get(key) as StateRecord | undefined);
          expect(here?.value).toBe(there?.value);
          if (here === undefined) continue;
          expect(here.value as number).toBeGreaterThan(invalidatedAt);
          expect(here.value as number).toBeGreaterThanOrEqual(shown);
          shown = here.value as number;
        }
        for (const store of stores) void store.close();
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
