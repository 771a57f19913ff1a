import { afterEach, describe, expect, it } from '@jest/globals';
import { memoryStore, type StateRecord, type StateStore, tieredStore } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { temporaryPath } from '../sqlite/on-disk.js';
import { keyOf, leading, recordOf } from './records.js';

const STORES: readonly (readonly [string, () => StateStore])[] = [
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore({ path: temporaryPath() })],
  ['memory before SQLite', () => tieredStore(memoryStore(), sqliteStore({ path: temporaryPath() }))],
];

describe.each(STORES)('a miss over %s', (_, open) => {
  let store: StateStore;
  afterEach(() => store.close());

  const key = keyOf('a');
  const tags = ['sku:1', 'prices', 'all'];

  async function lead(token: string): Promise<{ generation: number; why: unknown }> {
    const { generation, miss } = leading(await store.lead(key, { mode: 'normal', leaseMs: 5_000, token }));
    return { generation, why: miss };
  }
  async function commit(token: string, generation: number, more: Partial<StateRecord> = {}): Promise<boolean> {
    return (await store.commit(key, token, recordOf(key, 1, { generation, tags, ...more }))).committed;
  }

  it('names the tag that was invalidated after the value was stored, and who did it', async () => {
    store = open();
    const { generation } = await lead('one');
    expect(await commit('one', generation)).toBe(true);
    await store.invalidate({ tags: ['unused', 'prices'], by: 'the nightly import' });
    const { why } = await lead('two');
    expect(why).toEqual({ reason: 'invalidated', detail: "invalidated by the nightly import, tag 'prices'" });
  });

  it('does not name a tag twice', async () => {
    store = open();
    const { generation } = await lead('one');
    expect(await commit('one', generation)).toBe(true);
    await store.invalidate({ tags: ['prices'], by: "pond.invalidate({ tags: ['prices'] })" });
    const { why } = await lead('two');
    expect(why).toEqual({ reason: 'invalidated', detail: "invalidated by pond.invalidate({ tags: ['prices'] })" });
  });

  it('names the tag that was invalidated while the value was computed, and who did it', async () => {
    store = open();
    const { generation } = await lead('one');
    await store.invalidate({ tags: ['all'], by: '@Invalidates on Shop.raise' });
    expect(await commit('one', generation)).toBe(false);
    const { why } = await lead('two');
    expect(why).toEqual({ reason: 'invalidated', detail: "invalidated by @Invalidates on Shop.raise, tag 'all'" });
  });

  it('goes on naming who invalidated a tag that was expired after that', async () => {
    store = open();
    const { generation } = await lead('one');
    expect(await commit('one', generation)).toBe(true);
    await store.invalidate({ tags: ['prices'], by: 'one' });
    await store.invalidate({ tags: ['prices'], by: 'other', expire: true });
    expect((await lead('two')).why).toEqual({ reason: 'invalidated', detail: "invalidated by one, tag 'prices'" });
  });

  it('shows a tag within bounds, and nothing that moves a terminal', async () => {
    store = open();
    const long = `\u001b[2J${'x'.repeat(1_000)}`;
    const { generation } = await lead('one');
    expect(await commit('one', generation, { tags: [long] })).toBe(true);
    await store.invalidate({ tags: [long], by: 'a spec' });
    const { why } = await lead('two');
    expect(why).toEqual({ reason: 'invalidated', detail: `invalidated by a spec, tag '\\u001b[2J${'x'.repeat(36)}…'` });
  });

  it('says that it does not know any more after very many other tags', async () => {
    store = open();
    const { generation } = await lead('one');
    expect(await commit('one', generation)).toBe(true);
    await store.invalidate({ tags: ['prices'], by: 'a spec' });
    await store.invalidate({ tags: Array.from({ length: 10_000 }, (_unused, i) => `other ${i}`), by: 'a spec' });
    const detail = 'older than what is remembered of invalidations by tag';
    expect((await lead('two')).why).toEqual({ reason: 'invalidated', detail });
  });
});
