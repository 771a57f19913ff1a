import { describe, expect, it } from '@jest/globals';
import { type Lead, type MemoryStoreOptions, memoryStore, type StateRecord, StoreKey } from '../../lib/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { keyOf, leading, recordOf } from './records.js';

function fixture(options: MemoryStoreOptions = {}) {
  const store = memoryStore(options);
  const clock = fakeClock();
  store.attach?.({ clock });
  const ask = (key: StoreKey, token = 'asked'): Lead => {
    const lead = store.lead(key, { mode: 'normal', token, leaseMs: 0 }) as Lead;
    if (token === 'asked') void store.abandon(key, token);
    return lead;
  };
  return {
    store,
    clock,
    ask,
    staleOf(key: StoreKey): StateRecord | undefined {
      const lead = ask(key);
      return lead.status === 'lead' ? lead.stale : undefined;
    },
    put(key: StoreKey, value: unknown, more: Partial<StateRecord> = {}): StateRecord {
      const { generation } = leading(store.lead(key, { mode: 'refresh', token: 'put', leaseMs: 0 }));
      const record = recordOf(key, value, { generation, errorForMs: 60_000, ...more });
      void store.commit(key, 'put', record);
      return record;
    },
  };
}

const key = keyOf('a');

describe('a memory store whose values are expired', () => {
  it('leaves the record that hits were given as it was', () => {
    const { put, store } = fixture();
    put(key, 1);
    const hit = store.get(key) as StateRecord;
    void store.invalidate({ keys: [key], expire: true });
    expect([hit.expiresAt, store.get(key)]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });

  it('gives stale copies without the promise that hits share', () => {
    const { put, store, staleOf } = fixture();
    put(key, 1);
    (store.get(key) as StateRecord).promise = Promise.resolve(1);
    void store.invalidate({ all: true, expire: true });
    expect(staleOf(key)).toMatchObject({ value: 1, promise: undefined });
  });

  it('counts them among its entries and bytes once, and evicts them', () => {
    const { put, store, ask } = fixture({ maxEntries: 2, maxBytes: 100_000 });
    put(key, 'x'.repeat(1_000));
    const before = store.stats?.();
    void store.invalidate({ keys: [key], expire: true });
    expect(store.stats?.()).toEqual(before);
    void store.lead(key, { mode: 'normal', token: 'a', leaseMs: 0 });
    void store.abandon(key, 'a', 60_000);
    expect(ask(key).status).toBe('stale');
    const other = keyOf('other');
    for (const one of [other, keyOf('another')]) put(one, 1);
    expect(ask(key)).toMatchObject({ status: 'lead', miss: { reason: 'evicted' } });
    expect((other.scope.home as unknown as { heldBack: Map<string, number> }).heldBack.size).toBe(0);
  });

  it('keeps the one that has grown meanwhile, though all else of its task goes to make room', () => {
    let bytes = 500;
    const sizeOf = (value: unknown): number => (value === 'grows' ? bytes : 2_000);
    const { put, staleOf, store } = fixture({ maxBytes: 5_000, sizeOf });
    const grows = new StoreKey(key.scope, 'grows');
    put(grows, 'grows');
    put(key, 'else');
    bytes = 3_500;
    void store.invalidate({ keys: [grows], expire: true });
    expect(staleOf(grows)?.value).toBe('grows');
    expect([staleOf(key), store.stats?.().entries]).toEqual([undefined, 1]);
  });

  it('forgets one whose size cannot be told any more, and expires the others', () => {
    let broken = false;
    const sizeOf = (): number => {
      if (broken) throw new Error('sizeOf');
      return 1;
    };
    const { put, store, staleOf } = fixture({ maxBytes: 100_000, sizeOf });
    const keys = [key, keyOf('b')];
    for (const one of keys) put(one, 1);
    broken = true;
    void store.invalidate({ keys, expire: true });
    expect(keys.map((one) => [store.get(one), staleOf(one)])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(store.stats?.().entries).toBe(0);
  });

  it('holds for tags whose single expiry is no longer remembered: these count as invalidated', () => {
    const { put, store, staleOf } = fixture();
    put(key, 1, { tags: ['x'] });
    const { generation } = leading(store.lead(keyOf('b'), { mode: 'normal', token: 'running', leaseMs: 0 }));
    void store.invalidate({ tags: ['x'], expire: true });
    void store.invalidate({ tags: Array.from({ length: 9_999 }, (_, i) => `tag ${i}`), expire: true });
    expect(staleOf(key)).toMatchObject({ value: 1 });
    void store.invalidate({ tags: ['one more'], expire: true });
    expect([store.get(key), staleOf(key)]).toEqual([undefined, undefined]);
    const late = recordOf(keyOf('b'), 1, { generation, tags: ['x'] });
    expect(store.commit(keyOf('b'), 'running', late)).toEqual({ committed: false });
    put(key, 2, { tags: ['x'] });
    expect((store.get(key) as StateRecord).value).toBe(2);
  });

  it('remembers a tag from its last expiry on', () => {
    const { put, store } = fixture();
    const many = (text: string): string[] => Array.from({ length: 9_998 }, (_, i) => `${text} ${i}`);
    void store.invalidate({ tags: ['x', ...many('tag')], expire: true });
    put(key, 1, { tags: ['unrelated'] });
    void store.invalidate({ tags: ['x', 'one more'], expire: true });
    void store.invalidate({ tags: ['yet one more'], expire: true });
    expect((store.get(key) as StateRecord | undefined)?.value).toBe(1);
  });

  it('keeps nothing of keys, tasks and namespaces that were never there', () => {
    const { store, put } = fixture();
    const none = keyOf('none', 'None.task', undefined, 'none');
    void store.invalidate({ namespace: 'none', keys: [none], identities: ['None.task'], all: true, expire: true });
    expect((none.scope.home as { gone: boolean }).gone).toBe(true);
    put(key, 1);
    expect((store.get(key) as StateRecord).value).toBe(1);
  });

  it('forgets what held others back when the value goes, and when it is closed', () => {
    const { store, put, ask, clock } = fixture();
    put(key, 1, { expiresAt: clock.now() });
    ask(key, 'a');
    void store.abandon(key, 'a', 60_000);
    expect(ask(key).status).toBe('stale');
    void store.close();
    put(key, 1, { expiresAt: clock.now() });
    expect(ask(key).status).toBe('lead');
  });
});
