import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Commit,
  type Invalidation,
  InvalidOptionsError,
  type Lead,
  type MemoryStoreOptions,
  memoryStore,
  type StateRecord,
  type StateStore,
  type StoreKey,
} from '../../lib/index.js';
import { type FakeClock, fakeClock } from '../../lib/testing/index.js';
import { keyOf, leading, recordOf } from './records.js';

interface Fixture {
  readonly store: StateStore;
  readonly clock: FakeClock;
  put(key: StoreKey, value: unknown, more?: Partial<StateRecord>): Commit;
  value(key: StoreKey): unknown;
  lead(key: StoreKey, token: string, mode?: 'normal' | 'refresh', leaseMs?: number): Lead;
  why(key: StoreKey): string;
}

let tokens = 0;

function fixture(options: MemoryStoreOptions = {}): Fixture {
  const store = memoryStore(options);
  const clock = fakeClock();
  store.attach?.({ clock });
  const lead: Fixture['lead'] = (key, token, mode = 'normal', leaseMs = 5_000) =>
    store.lead(key, { mode, token, leaseMs }) as Lead;
  return {
    store,
    clock,
    lead,
    put(key, value, more = {}) {
      const token = `put ${tokens++}`;
      const { generation } = leading(lead(key, token, 'refresh'));
      return store.commit(key, token, recordOf(key, value, { generation, ...more })) as Commit;
    },
    value: (key) => (store.get(key) as StateRecord | undefined)?.value,
    why(key) {
      const token = `why ${tokens++}`;
      const { miss } = leading(lead(key, token));
      void store.abandon(key, token);
      return miss.reason;
    },
  };
}

describe('the memory store', () => {
  it('gives what was committed, and nothing for any other key', () => {
    const { put, value } = fixture();
    put(keyOf('a'), 1);
    expect(value(keyOf('a'))).toBe(1);
    expect(value(keyOf('b'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.other'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.quote', '2'))).toBeUndefined();
    expect(value(keyOf('a', 'Pricing.quote', undefined, 'test'))).toBeUndefined();
  });

  it('gives the very object that was stored', () => {
    const { put, value } = fixture();
    const object = { deep: [1] };
    put(keyOf('a'), object);
    expect(value(keyOf('a'))).toBe(object);
  });

  it('tells a stored undefined from nothing', () => {
    const { put, store } = fixture();
    put(keyOf('a'), undefined);
    expect(store.get(keyOf('a'))).toBeDefined();
    expect(store.get(keyOf('b'))).toBeUndefined();
  });

  it('keeps a value until, and not at, the moment of its expiry', async () => {
    const { put, value, clock } = fixture();
    put(keyOf('a'), 1, { expiresAt: clock.now() + 1_000 });
    await clock.advance(999);
    expect(value(keyOf('a'))).toBe(1);
    await clock.advance(1);
    expect(value(keyOf('a'))).toBeUndefined();
  });

  it('does not extend an expiry by reading', async () => {
    const { put, value, clock } = fixture();
    put(keyOf('a'), 1, { expiresAt: clock.now() + 1_000 });
    for (let i = 0; i < 9; i++) {
      await clock.advance(100);
      expect(value(keyOf('a'))).toBe(1);
    }
    await clock.advance(100);
    expect(value(keyOf('a'))).toBeUndefined();
  });

  it('takes the clock of the first pond that it is attached to', () => {
    const store = memoryStore();
    const [first, second] = [fakeClock(1_000), fakeClock(1_000_000)];
    store.attach?.({ clock: first });
    store.attach?.({ clock: second });
    const key = keyOf('a');
    const { generation } = leading(store.lead(key, { mode: 'normal', token: 't', leaseMs: 1 }));
    void store.commit(key, 't', recordOf(key, 1, { generation, expiresAt: 5_000 }));
    expect(store.get(key)).toBeDefined();
  });
});

describe('the bounds of the memory store', () => {
  it('drop the least recently used entry first, and say so', () => {
    const { put, value, why, store } = fixture({ maxEntries: 2 });
    put(keyOf('a'), 1);
    put(keyOf('b'), 2);
    expect(value(keyOf('a'))).toBe(1); // now b is the older one
    put(keyOf('c'), 3);
    expect(value(keyOf('b'))).toBeUndefined();
    expect([value(keyOf('a')), value(keyOf('c'))]).toEqual([1, 3]);
    expect(why(keyOf('b'))).toBe('evicted');
    expect(store.stats?.()).toEqual({ entries: 2 });
  });

  it('hold across tasks', () => {
    const { put, value, store } = fixture({ maxEntries: 3 });
    for (let i = 0; i < 10; i++) put(keyOf('a', `Task.${i}`), i);
    expect(store.stats?.().entries).toBe(3);
    expect([6, 7, 8, 9].map((i) => value(keyOf('a', `Task.${i}`)))).toEqual([undefined, 7, 8, 9]);
  });

  it('count an overwritten key once', () => {
    const { put, value, store } = fixture({ maxEntries: 2, maxBytes: 100_000 });
    put(keyOf('a'), 'x'.repeat(100));
    const { bytes } = store.stats?.() ?? {};
    for (let i = 0; i < 10; i++) put(keyOf('a'), 'x'.repeat(100));
    expect(store.stats?.()).toEqual({ entries: 1, bytes });
    expect(value(keyOf('a'))).toBe('x'.repeat(100));
  });

  it('count what an entry costs beside its value', () => {
    const { put, store } = fixture({ maxBytes: 100_000 });
    for (let i = 0; i < 1_000; i++) put(keyOf(`key ${i}`), 0);
    const { entries, bytes } = store.stats?.() ?? { entries: 0 };
    expect(bytes).toBeLessThanOrEqual(100_000);
    expect(entries).toBeLessThan(300); // 8 bytes of value each would be 12,500 of them
    expect(entries).toBeGreaterThan(100);
  });

  it('count the bytes of values', () => {
    const { put, store } = fixture({ maxBytes: 1_000_000 });
    for (let i = 0; i < 100; i++) put(keyOf(`key ${i}`), 'x'.repeat(50_000));
    expect(store.stats?.().entries).toBe(9);
  });

  it('take the word of sizeOf', () => {
    const { put, store } = fixture({ maxBytes: 10_000, sizeOf: () => 4_000 });
    for (let i = 0; i < 10; i++) put(keyOf(`key ${i}`), 'x');
    expect(store.stats?.().entries).toBe(2);
  });

  it('refuse a value that is larger than the whole, keep the others, and say why', () => {
    const { put, value, why, store } = fixture({ maxBytes: 10_000 });
    put(keyOf('small'), 1);
    expect(put(keyOf('large'), 'x'.repeat(10_000))).toEqual({
      committed: false,
      refused: 'the value is larger than the store may grow',
    });
    expect(value(keyOf('large'))).toBeUndefined();
    expect(value(keyOf('small'))).toBe(1);
    expect(why(keyOf('large'))).toBe('not-stored');
    expect(store.stats?.().entries).toBe(1);
  });

  it('forget an older value where the newer one is too large', () => {
    const { put, value, store } = fixture({ maxBytes: 10_000 });
    put(keyOf('a'), 1);
    put(keyOf('a'), 'x'.repeat(10_000));
    expect(value(keyOf('a'))).toBeUndefined();
    expect(store.stats?.()).toEqual({ entries: 0, bytes: 0 });
  });

  it.each([
    ['throws', () => JSON.parse('{')],
    ['gives no number', () => Number.NaN],
    ['gives a text', () => 'big' as never],
  ])('give up the lease where sizeOf %s', (_, sizeOf) => {
    const { store, lead, value } = fixture({ maxBytes: 10_000, sizeOf });
    const key = keyOf('a');
    const { generation } = leading(lead(key, 'first'));
    expect(() => store.commit(key, 'first', recordOf(key, 1, { generation }))).toThrow();
    expect(value(key)).toBeUndefined();
    expect(lead(key, 'second').status).toBe('lead');
  });

  it.each<[keyof MemoryStoreOptions, unknown]>([
    ['maxEntries', 0],
    ['maxEntries', -1],
    ['maxEntries', 1.5],
    ['maxEntries', Number.NaN],
    ['maxEntries', Number.POSITIVE_INFINITY],
    ['maxEntries', 2 ** 30],
    ['maxEntries', '100'],
    ['maxBytes', 0],
    ['maxBytes', -5],
    ['maxBytes', '1MB'],
    ['sizeOf', 100],
  ])('cannot be a %s of %p', (option, value) => {
    expect(() => memoryStore({ [option]: value })).toThrow(InvalidOptionsError);
    expect(() => memoryStore({ [option]: value })).toThrow(new RegExp(`memoryStore: option \`${option}\``));
  });

  it('name the option that was probably meant', () => {
    expect(() => memoryStore({ maxEntires: 5 } as object)).toThrow('Did you mean `maxEntries`?');
  });
});

describe('a lease of the memory store', () => {
  it('rises in generation with every computation and invalidation', () => {
    const { lead, store } = fixture();
    const first = leading(lead(keyOf('a'), '1')).generation;
    const second = leading(lead(keyOf('b'), '2')).generation;
    void store.invalidate({ namespace: '', tags: ['x'] });
    const third = leading(lead(keyOf('c'), '3')).generation;
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second + 1);
  });

  it('has others wait, and wakes them with its commit', async () => {
    const { lead, store, put } = fixture();
    const key = keyOf('a');
    put(keyOf('other'), 0);
    const { generation } = leading(lead(key, 'holder'));
    const waiting = lead(key, 'waiter') as Extract<Lead, { status: 'wait' }>;
    expect(waiting.status).toBe('wait');
    let woken = false;
    void waiting.woken?.then(() => {
      woken = true;
    });
    await Promise.resolve();
    expect(woken).toBe(false);
    void store.commit(key, 'holder', recordOf(key, 1, { generation }));
    await waiting.woken;
    expect(lead(key, 'waiter')).toMatchObject({ status: 'hit', record: { value: 1 } });
  });

  it.each<[string, (store: StateStore, key: StoreKey) => unknown]>([
    ['it is abandoned', (store, key) => store.abandon(key, 'holder')],
    ['its key is invalidated', (store, key) => store.invalidate({ namespace: '', keys: [key] })],
    ['its task is invalidated', (store) => store.invalidate({ namespace: '', identities: ['Pricing.quote'] })],
    ['everything is invalidated', (store) => store.invalidate({ namespace: '', all: true })],
    ['the store closes', (store) => store.close()],
    ['a refresh takes over', (store, key) => store.lead(key, { mode: 'refresh', token: 'newer', leaseMs: 1 })],
  ])('wakes those who wait when %s', async (_, end) => {
    const { lead, store } = fixture();
    lead(keyOf('a'), 'holder');
    const waiting = lead(keyOf('a'), 'waiter') as Extract<Lead, { status: 'wait' }>;
    end(store, keyOf('a'));
    await expect(waiting.woken).resolves.toBeUndefined();
  });

  it('is overtaken by a refresh, and by a run that cannot wait', () => {
    const { lead, store, value } = fixture();
    const key = keyOf('a');
    const old = leading(lead(key, 'old')).generation;
    const { generation } = leading(lead(key, 'refreshing', 'refresh'));
    expect(store.commit(key, 'refreshing', recordOf(key, 'new', { generation }))).toEqual({ committed: true });
    expect(store.commit(key, 'old', recordOf(key, 'old', { generation: old }))).toMatchObject({
      committed: false,
      current: { value: 'new' },
    });
    expect(value(key)).toBe('new');
    expect(lead(keyOf('b'), 'holder').status).toBe('lead');
    expect(lead(keyOf('b'), 'synchronous', 'normal', 0).status).toBe('lead');
  });

  it('of the fence alone has nobody wait', () => {
    const { lead } = fixture();
    lead(keyOf('a'), 'synchronous', 'normal', 0);
    expect(lead(keyOf('a'), 'asynchronous').status).toBe('lead');
  });

  it('is renewed by its holder alone', () => {
    const { lead, store } = fixture();
    lead(keyOf('a'), 'holder');
    expect(store.renew(keyOf('a'), 'holder', 1)).toBe(true);
    expect(store.renew(keyOf('a'), 'other', 1)).toBe(false);
    expect(store.renew(keyOf('b'), 'holder', 1)).toBe(false);
    void store.abandon(keyOf('a'), 'other');
    expect(store.renew(keyOf('a'), 'holder', 1)).toBe(true);
    void store.abandon(keyOf('a'), 'holder');
    expect(store.renew(keyOf('a'), 'holder', 1)).toBe(false);
  });

  it('cannot be committed twice, nor without having led', () => {
    const { lead, store, value } = fixture();
    const key = keyOf('a');
    const { generation } = leading(lead(key, 'holder'));
    expect(store.commit(key, 'stranger', recordOf(key, 'stranger', { generation }))).toEqual({ committed: false });
    expect(store.commit(key, 'holder', recordOf(key, 1, { generation }))).toEqual({ committed: true });
    expect(store.commit(key, 'holder', recordOf(key, 2, { generation }))).toMatchObject({ committed: false });
    expect(value(key)).toBe(1);
  });

  it('leaves the reason that its abandonment gives', () => {
    const { lead, store } = fixture();
    lead(keyOf('a'), 'holder');
    void store.abandon(keyOf('a'), 'holder', undefined, { reason: 'cache-if', detail: 'unwanted' });
    expect(leading(lead(keyOf('a'), 'next')).miss).toEqual({ reason: 'cache-if', detail: 'unwanted' });
  });

  it('leaves no reason where a stranger abandons', () => {
    const { lead, store } = fixture();
    lead(keyOf('a'), 'holder', 'normal', 0);
    void store.abandon(keyOf('a'), 'stranger', undefined, { reason: 'cache-if' });
    expect(leading(lead(keyOf('a'), 'next')).miss.reason).toBe('first-seen');
  });
});

describe('an invalidation of the memory store', () => {
  const tagged = { tags: ['prices'] };

  it.each<[string, Partial<Invalidation>]>([
    ['by key', { keys: [keyOf('a')] }],
    ['by identity', { identities: ['Pricing.quote'] }],
    ['by tag', { tags: ['prices'] }],
    ['of everything', { all: true }],
  ])('%s forgets what is stored, and refuses what was begun before it', (_, what) => {
    const { put, lead, store, value, why } = fixture();
    const key = keyOf('a');
    put(key, 'old', tagged);
    const { generation } = leading(lead(key, 'running', 'refresh'));
    void store.invalidate({ namespace: '', ...what, by: 'a spec' });
    expect(value(key)).toBeUndefined();
    expect(store.commit(key, 'running', recordOf(key, 'older', { generation, ...tagged }))).toEqual({
      committed: false,
    });
    expect(value(key)).toBeUndefined();
    expect(why(key)).toBe('invalidated');
    put(key, 'new', tagged);
    expect(value(key)).toBe('new');
  });

  it.each<[string, Partial<Invalidation>]>([
    ['another key', { keys: [keyOf('b')] }],
    ['another version of the key', { keys: [keyOf('a', 'Pricing.quote', '2')] }],
    ['another task', { identities: ['Pricing.other'] }],
    ['a task whose name begins alike', { identities: ['Pricing'] }],
    ['another tag', { tags: ['price', 'pricess', 'Prices'] }],
    ['nothing', {}],
    ['empty lists', { keys: [], identities: [], tags: [] }],
  ])('of %s leaves a value where it is', (_, what) => {
    const { put, store, value } = fixture();
    put(keyOf('a'), 1, tagged);
    void store.invalidate({ namespace: '', ...what });
    expect(value(keyOf('a'))).toBe(1);
  });

  it('by identity reaches every version of the task', () => {
    const { put, store, value } = fixture();
    const keys = [keyOf('a'), keyOf('a', 'Pricing.quote', '2')];
    for (const key of keys) put(key, 1);
    void store.invalidate({ namespace: '', identities: ['Pricing.quote'] });
    expect(keys.map(value)).toEqual([undefined, undefined]);
  });

  it.each<[string, Partial<Invalidation>]>([
    ['by identity', { identities: ['Pricing.quote'] }],
    ['by tag', { tags: ['prices'] }],
    ['of everything', { all: true }],
  ])('%s stays in its namespace', (_, what) => {
    const { put, store, value } = fixture();
    const keys = ['', 'x', '1:x'].map((namespace) => keyOf('a', 'Pricing.quote', undefined, namespace));
    for (const key of keys) put(key, 1, tagged);
    void store.invalidate({ ...what, namespace: 'x' });
    expect(keys.map(value)).toEqual([1, undefined, 1]);
  });

  it('by tag reaches every entry that has it among its tags', () => {
    const { put, store, value } = fixture();
    put(keyOf('a'), 1, { tags: ['x', 'y'] });
    put(keyOf('b', 'Other.task'), 2, { tags: ['y'] });
    put(keyOf('c'), 3, { tags: ['x'] });
    void store.invalidate({ namespace: '', tags: ['y'] });
    expect([value(keyOf('a')), value(keyOf('b', 'Other.task')), value(keyOf('c'))]).toEqual([undefined, undefined, 3]);
  });

  it('says who asked', () => {
    const { put, store, lead } = fixture();
    put(keyOf('a'), 1);
    put(keyOf('b'), 1);
    void store.invalidate({ namespace: '', keys: [keyOf('a')], by: 'PriceFeed.onChange' });
    void store.invalidate({ namespace: '', all: true, by: 'a deployment' });
    expect(leading(lead(keyOf('a'), '1')).miss.detail).toBe('invalidated by PriceFeed.onChange');
    expect(leading(lead(keyOf('b'), '2')).miss.detail).toBe('invalidated by a deployment');
  });

  it('leaves no trace of a key that was never there', () => {
    const { store, why } = fixture();
    void store.invalidate({ namespace: '', keys: [keyOf('a')] });
    expect(why(keyOf('a'))).toBe('first-seen');
  });

  it('holds for tags whose single invalidation is no longer remembered', () => {
    const { put, store, value, lead } = fixture();
    put(keyOf('a'), 1, { tags: ['the first'] });
    const { generation } = leading(lead(keyOf('b'), 'running'));
    void store.invalidate({ namespace: '', tags: ['the first'] });
    for (let i = 0; i < 10_100; i++) void store.invalidate({ namespace: '', tags: [`tag ${i}`] });
    expect(value(keyOf('a'))).toBeUndefined();
    const late = recordOf(keyOf('b'), 1, { generation, tags: ['the first'] });
    expect(store.commit(keyOf('b'), 'running', late)).toEqual({ committed: false });
    put(keyOf('a'), 2, { tags: ['the first'] });
    expect(value(keyOf('a'))).toBe(2);
  });

  const odd = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', ':', '1:a', '\0', '__proto__', 'constructor', '{x}', '*', '\n', '\ud800', '🐟', '-'),
  );

  it('never reaches an entry of other names, whatever characters are in them', () => {
    fc.assert(
      fc.property(fc.tuple(odd, odd, odd), fc.tuple(odd, odd, odd), (one, two) => {
        fc.pre(one.some((part, i) => part !== two[i]));
        const [a, b] = [one, two].map(([text, identity, version]) => keyOf(`k${text}`, identity, version));
        const { put, store, value } = fixture();
        put(a as StoreKey, 'a', { tags: [one[0]] });
        put(b as StoreKey, 'b', { tags: [two[0]] });
        expect([value(a as StoreKey), value(b as StoreKey)]).toEqual(['a', 'b']);
        void store.invalidate({ namespace: '', keys: [a as StoreKey] });
        expect([value(a as StoreKey), value(b as StoreKey)]).toEqual([undefined, 'b']);
        void store.invalidate({ namespace: '', identities: [two[1]] });
        expect(value(b as StoreKey)).toBeUndefined();
        put(b as StoreKey, 'b', { tags: [two[0]] });
        void store.invalidate({ namespace: '', tags: [one[0]] });
        expect(value(b as StoreKey)).toBe(one[0] === two[0] ? undefined : 'b');
      }),
    );
  });
});

describe('why the memory store has no value', () => {
  it('is that the key is new', () => {
    expect(fixture().why(keyOf('a'))).toBe('first-seen');
  });

  it('is that it expired, and how long ago', async () => {
    const { put, lead, clock } = fixture();
    put(keyOf('a'), 1, { expiresAt: clock.now() + 1_000 });
    await clock.advance('4.2s');
    expect(leading(lead(keyOf('a'), 't')).miss).toEqual({ reason: 'expired', detail: 'expired 3.20s ago' });
  });

  it('is another version, and which', () => {
    const { put, lead } = fixture();
    put(keyOf('a'), 1);
    put(keyOf('a', 'Pricing.quote', '1'), 1);
    const miss = (version?: string) => leading(lead(keyOf('a', 'Pricing.quote', version), `${tokens++}`)).miss;
    expect(miss('2')).toEqual({ reason: 'version-changed', detail: "stored under version '1'" });
    put(keyOf('b'), 1);
    expect(leading(lead(keyOf('b', 'Pricing.quote', '2'), 't')).miss.detail).toBe('stored under no version');
  });

  it('is another version even when much else was forgotten', () => {
    const { put, why } = fixture({ maxEntries: 100 });
    for (let i = 0; i < 3_000; i++) put(keyOf(`key ${i}`), i);
    expect(why(keyOf('key 2999', 'Pricing.quote', '2'))).toBe('version-changed');
  });

  it('is not a version of another key', () => {
    const { put, why } = fixture();
    put(keyOf('a'), 1);
    expect(why(keyOf('b', 'Pricing.quote', '2'))).toBe('first-seen');
  });

  it('remembers the last eight versions of a task', () => {
    const { put, why } = fixture();
    for (let version = 0; version < 20; version++) put(keyOf(`key ${version}`, 'Pricing.quote', `${version}`), 1);
    const reasons = Array.from({ length: 20 }, (_, version) => why(keyOf(`key ${version}`, 'Pricing.quote', 'new')));
    expect(reasons.filter((reason) => reason === 'version-changed')).toHaveLength(8);
    expect(reasons.at(-1)).toBe('version-changed');
  });

  it('is forgotten, and no more than that, once the ring of tombstones has wrapped', () => {
    const { put, why } = fixture({ maxEntries: 1 });
    for (let i = 0; i < 2_100; i++) put(keyOf(`key ${i}`), i);
    expect(why(keyOf('key 0'))).toBe('not-stored');
    expect(why(keyOf('key 2098'))).toBe('evicted');
    expect(why(keyOf('never stored'))).toBe('not-stored');
  });

  it('is told anew after the key had a value again', async () => {
    const { put, why, store, clock } = fixture();
    put(keyOf('a'), 1);
    void store.invalidate({ namespace: '', keys: [keyOf('a')] });
    put(keyOf('a'), 2, { expiresAt: clock.now() + 1 });
    await clock.advance(1);
    expect(why(keyOf('a'))).toBe('expired');
  });
});

describe('what the memory store leaves behind', () => {
  function drawerOf(key: StoreKey): {
    readonly gone: boolean;
    readonly records: Map<string, unknown>;
    readonly leases: Map<string, unknown>;
  } {
    return key.scope.home as never;
  }

  it('is bounded after a flood of 100,000 keys of one task', () => {
    const { put, store } = fixture({ maxEntries: 100 });
    const { scope } = keyOf('a');
    let last = keyOf('a');
    for (let i = 0; i < 100_000; i++) {
      last = Object.assign(keyOf(`key ${i}`), { scope });
      put(last, i);
    }
    expect(store.stats?.().entries).toBe(100);
    expect(drawerOf(last).records.size).toBe(100);
    expect(drawerOf(last).leases.size).toBe(0);
  });

  it('is nothing of tasks, versions and namespaces whose entries are gone', () => {
    const { put } = fixture({ maxEntries: 10 });
    const keys = Array.from({ length: 1_000 }, (_, i) => keyOf('a', `Task.${i}`, `${i}`, `space ${i}`));
    for (const key of keys) put(key, 1);
    expect(keys.filter((key) => !drawerOf(key).gone)).toHaveLength(10);
  });

  it.each<[string, (f: Fixture, key: StoreKey) => unknown]>([
    ['an abandoned run', (f, key) => [f.lead(key, 't'), f.store.abandon(key, 't')]],
    ['a value too large', (f, key) => f.put(key, 'x'.repeat(20_000))],
    [
      'a run whose task was invalidated',
      (f, key) => [f.lead(key, 't'), f.store.invalidate({ namespace: '', all: true })],
    ],
    ['an invalidated value', (f, key) => [f.put(key, 1), f.store.invalidate({ namespace: '', keys: [key] })]],
    [
      'a run whose tag was invalidated',
      (f, key) => {
        const { generation } = leading(f.lead(key, 't'));
        void f.store.invalidate({ namespace: '', tags: ['x'] });
        return f.store.commit(key, 't', recordOf(key, 1, { generation, tags: ['x'] }));
      },
    ],
    ['a closed store', (f, key) => [f.put(key, 1), f.store.close()]],
  ])('is no drawer after %s', (_, act) => {
    const f = fixture({ maxBytes: 10_000 });
    const key = keyOf('a', 'Some.task');
    act(f, key);
    expect(drawerOf(key).gone).toBe(true);
  });

  it('is nothing after it was closed, and it can be used again', () => {
    const { put, value, store } = fixture();
    put(keyOf('a'), 1);
    void store.close();
    expect(store.stats?.()).toEqual({ entries: 0 });
    expect(value(keyOf('a'))).toBeUndefined();
    put(keyOf('a'), 2);
    expect(value(keyOf('a'))).toBe(2);
  });
});

describe('the fence of the memory store', () => {
  /** What happens, in any order: a run begins, ends, gives up; something is invalidated; time passes. */
  const step = fc.oneof(
    fc.record({ kind: fc.constant('begin' as const), refresh: fc.boolean(), run: fc.nat(5) }),
    fc.record({ kind: fc.constant('end' as const), run: fc.nat(5) }),
    fc.record({ kind: fc.constant('abandon' as const), run: fc.nat(5) }),
    fc.record({ kind: fc.constant('invalidate' as const), by: fc.constantFrom('keys', 'identities', 'tags', 'all') }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(30) }),
  );

  it('never shows a value that was begun before an invalidation or before the value that is shown', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { lead, store, clock } = fixture();
        const key = keyOf('a');
        const begun = new Map<number, { token: string; generation: number; order: number }>();
        let order = 0;
        let invalidatedAt = 0;
        let shown = 0;
        for (const one of steps) {
          order++;
          if (one.kind === 'begin') {
            const token = `t${order}`;
            const answer = lead(key, token, one.refresh ? 'refresh' : 'normal');
            if (answer.status === 'lead') begun.set(one.run, { token, generation: answer.generation, order });
          } else if (one.kind === 'end') {
            const run = begun.get(one.run);
            if (run === undefined) continue;
            const record = { generation: run.generation, tags: ['tag'], expiresAt: clock.now() + 50 };
            void store.commit(key, run.token, recordOf(key, run.order, record));
          } else if (one.kind === 'abandon') {
            void store.abandon(key, begun.get(one.run)?.token ?? '', undefined, { reason: 'not-stored' });
          } else if (one.kind === 'invalidate') {
            invalidatedAt = order;
            const what = { keys: [key], identities: ['Pricing.quote'], tags: ['tag'], all: true as const };
            void store.invalidate({ namespace: '', [one.by]: what[one.by as keyof typeof what] });
          } else void clock.advance(one.ms);
          const record = store.get(key) as StateRecord | undefined;
          if (record === undefined) continue;
          expect(record.value as number).toBeGreaterThan(invalidatedAt);
          expect(record.value as number).toBeGreaterThanOrEqual(shown);
          shown = record.value as number;
        }
      }),
      { numRuns: 500 },
    );
  });
});
