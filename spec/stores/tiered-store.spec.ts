import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Commit,
  type Invalidation,
  InvalidOptionsError,
  memoryStore,
  returnState,
  type StateRecord,
  type StateStore,
  type StoreKey,
  SyncTaskError,
  Task,
  taskInputHash,
} from '../../lib/index.js';
import { slotOf } from '../../lib/stores/invalidation-marks.js';
import { Plain } from '../../lib/stores/plain.js';
import { type TieredStoreOptions, tieredStore } from '../../lib/stores/tiered-store.js';
import type { StoreEvent } from '../../lib/stores/watchable-store.js';
import { createTestPond, type FakeClock, fakeClock } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush } from '../engine/pond-under-test.js';
import { keyOf, leading, recordOf } from './records.js';
import { type Watchable, watchable } from './watchable.js';

const clocks: FakeClock[] = [];
const opened: StateStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  expect(clocks.splice(0).filter(({ timers }) => timers > 0)).toEqual([]);
});

/** One process: a tiered store over its own handle on a shared store. */
interface Process {
  readonly tiers: StateStore;
  readonly near: StateStore;
  readonly far: Watchable;
  put(key: StoreKey, value: unknown, more?: Partial<StateRecord>): Promise<StateRecord>;
  value(key: StoreKey): Promise<unknown>;
  /** Whether a read of this key is answered at once, that is nearby. */
  isNear(key: StoreKey): boolean;
}

let tokens = 0;

async function put(store: StateStore, key: StoreKey, value: unknown, more: Partial<StateRecord> = {}) {
  const token = `put ${tokens++}`;
  const { generation } = leading(await store.lead(key, { mode: 'refresh', token, leaseMs: 1_000 }));
  const record = recordOf(key, value, { generation, ...more });
  expect(await store.commit(key, token, record)).toEqual({ committed: true });
  return record;
}

function fixture(options: TieredStoreOptions = {}, shared = memoryStore(), deaf = false) {
  const clock = fakeClock();
  clocks.push(clock);
  const start = (): Process => {
    const [near, far] = [memoryStore(), watchable(shared)];
    if (deaf) Object.defineProperty(far, 'watch', { value: undefined });
    const tiers = tieredStore(near, far, options);
    tiers.attach?.({ clock });
    opened.push(tiers);
    return {
      tiers,
      near,
      far,
      put: (key, value, more) => put(tiers, key, value, more),
      value: async (key) => (await tiers.get(key))?.value,
      isNear(key) {
        const found = tiers.get(key);
        if (!(found instanceof Promise)) return true;
        void found.catch(() => {});
        return false;
      },
    };
  };
  return { clock, shared, start, ...start() };
}

describe('a near hit of a tiered store', () => {
  it('comes at once, though the far store answers later, and asks nobody', async () => {
    const { tiers, far, put, isNear } = fixture();
    const key = keyOf('a');
    const record = await put(key, { v: 1 });
    expect(tiers.get(key)).toBe(record);
    expect(tiers.get(keyOf('a'))).toBe(record);
    expect(isNear(keyOf('b'))).toBe(false);
    await flush();
    expect(far.calls.get).toBe(1);
  });

  it('is there after the first read of what another process stored', async () => {
    const { start, put } = fixture();
    const other = start();
    await put(keyOf('a'), 1);
    expect(other.isNear(keyOf('a'))).toBe(false);
    expect(await other.value(keyOf('a'))).toBe(1);
    expect(other.isNear(keyOf('a'))).toBe(true);
  });

  it('is there after a lead that was answered with a hit, and after a write refused for a newer value', async () => {
    const { start, put } = fixture();
    const [two, three] = [start(), start()];
    const token = 'slow';
    const { generation } = leading(await two.tiers.lead(keyOf('b'), { mode: 'normal', token, leaseMs: 1_000 }));
    await put(keyOf('a'), 1);
    await put(keyOf('b'), 2);
    expect(await three.tiers.lead(keyOf('a'), { mode: 'normal', token, leaseMs: 1_000 })).toMatchObject({
      status: 'hit',
    });
    expect(three.isNear(keyOf('a'))).toBe(true);
    const refused = await two.tiers.commit(keyOf('b'), token, recordOf(keyOf('b'), 'late', { generation }));
    expect(refused).toMatchObject({ committed: false, current: { value: 2 } });
    expect(two.isNear(keyOf('b'))).toBe(true);
  });

  it('ends with the expiry of the value', async () => {
    const { put, clock, isNear, value } = fixture();
    await put(keyOf('a'), 1, { expiresAt: clock.now() + 1_000 });
    await clock.advance(999);
    expect(isNear(keyOf('a'))).toBe(true);
    await clock.advance(1);
    expect(isNear(keyOf('a'))).toBe(false);
    expect(await value(keyOf('a'))).toBeUndefined();
  });

  it('gives back every value as it is: undefined, null and NaN too', async () => {
    const { put, tiers } = fixture();
    for (const [i, value] of [undefined, null, Number.NaN, 0, '', false].entries()) {
      await put(keyOf(`${i}`), value);
      expect(tiers.get(keyOf(`${i}`))).toMatchObject({ value });
    }
  });
});

describe('what a far store makes of class instances', () => {
  it('is the far store’s matter; nearby they are kept as they are', async () => {
    const revival = { toPlain: () => new Plain('', {}), revive: () => ({ value: 1 }) };
    const far = Object.assign(memoryStore(), { revival });
    const tiers = tieredStore(memoryStore(), far);
    expect(tiers.revival).toBe(revival);
    expect(tieredStore(memoryStore(), memoryStore()).revival).toBeUndefined();
    const value = new Date(0);
    await put(tiers, keyOf('a'), value, { plain: new Plain('seal', { when: 0 }) });
    const found = tiers.get(keyOf('a')) as StateRecord;
    expect([found.value === value, found.plain]).toEqual([true, undefined]);
  });
});

describe('nearMaxAge', () => {
  it.each<[TieredStoreOptions, number]>([
    [{}, 30_000],
    [{ nearMaxAge: '2s' }, 2_000],
    [{ nearMaxAge: { minutes: 5 } }, 300_000],
  ])('of %j is how long the far store is not asked', async (options, ms) => {
    const { put, clock, isNear, far } = fixture(options);
    await put(keyOf('a'), 1);
    await clock.advance(ms * 0.89);
    expect(isNear(keyOf('a'))).toBe(true);
    await clock.advance(ms * 0.11);
    expect(isNear(keyOf('a'))).toBe(false);
    await flush();
    expect(far.calls.get).toBe(1);
    expect(isNear(keyOf('a'))).toBe(true);
  });

  it('is the bound of how long a far store that tells nothing may have something newer', async () => {
    const { put, start, clock, value } = fixture({}, memoryStore(), true);
    const other = start();
    const [a, b] = [keyOf('a'), keyOf('b')];
    for (const key of [a, b]) await put(key, 'old');
    await other.put(a, 'new');
    await other.tiers.invalidate({ keys: [b] });
    await clock.advance(26_000);
    expect([await value(a), await value(b)]).toEqual(['old', 'old']);
    await clock.advance(4_000);
    expect([await value(a), await value(b)]).toEqual(['new', undefined]);
  });

  it.each(['for the first time', 'again'])(
    'counts from when the far store was asked %s, not from its answer',
    async (when) => {
      const { far, start, clock, put } = fixture();
      await put(keyOf('a'), 1);
      const other = start();
      if (when === 'again') {
        await other.value(keyOf('a'));
        far.tell({ kind: 'distrust' });
      }
      const slow = deferred();
      const { inner } = far;
      other.far.get = async (key) => {
        const record = await inner.get(key);
        await slow.promise;
        return record;
      };
      const reading = other.value(keyOf('a'));
      await clock.advance(25_000);
      slow.resolve();
      expect(await reading).toBe(1);
      expect(other.isNear(keyOf('a'))).toBe(true);
      await clock.advance(5_000);
      expect(other.isNear(keyOf('a'))).toBe(false);
    },
  );

  it('keeps the very object where the far store still has the record, so that hits go on sharing it', async () => {
    const { clock, shared, tiers, far, put } = fixture();
    const record = await put(keyOf('a'), { v: 1 });
    far.get = async (key) => ({ ...((await shared.get(key)) as StateRecord), value: { v: 'decoded anew' } });
    await clock.advance('40s');
    expect(await tiers.get(keyOf('a'))).toBe(record);
    expect(tiers.get(keyOf('a'))).toBe(record);
  });

  it('ends also what was paused: time that a late timer missed is counted', async () => {
    let [now, fire] = [0, (): void => {}];
    const after = (_: number, then: () => void): (() => void) => {
      fire = then;
      return () => {};
    };
    const clock = { now: () => now, monotonic: () => now, after };
    const tiers = tieredStore(memoryStore(), new AsyncStore());
    tiers.attach?.({ clock });
    await put(tiers, keyOf('a'), 1);
    expect(tiers.get(keyOf('a'))).not.toBeInstanceOf(Promise);
    now = 3_600_000;
    fire();
    expect(tiers.get(keyOf('a'))).toBeInstanceOf(Promise);
  });

  it('needs a timer only while something may be believed', async () => {
    const { put, clock, tiers } = fixture();
    expect(clock.timers).toBe(0);
    await put(keyOf('a'), 1);
    expect(clock.timers).toBe(1);
    await clock.advance('1m');
    expect(clock.timers).toBe(0);
    await tiers.get(keyOf('a'));
    expect(clock.timers).toBe(1);
  });
});

describe('an invalidation that the far store tells of', () => {
  const a = keyOf('a');
  const told = { kind: 'invalidated', namespace: '' } as const;

  async function holding() {
    const all = fixture();
    const record = await all.put(a, 1, { tags: ['x'] });
    await all.put(keyOf('b', 'Other.task'), 2);
    expect([all.isNear(a), all.isNear(keyOf('b', 'Other.task'))]).toEqual([true, true]);
    return { ...all, generation: record.generation };
  }

  it.each<[string, Partial<StoreEvent>]>([
    ['of its key', { digests: [a.digest] }],
    ['of its task', { identities: ['Pricing.quote'] }],
    ['of a tag', { tags: ['y', 'x'] }],
  ])('%s has that entry asked for again, and no other', async (_, what) => {
    const { far, isNear } = await holding();
    far.tell({ ...told, ...what });
    expect([isNear(a), isNear(keyOf('b', 'Other.task'))]).toEqual([false, true]);
    await flush();
    expect(isNear(a)).toBe(true); // it was still there
  });

  it('of everything has everything asked for again', async () => {
    const { far, isNear } = await holding();
    far.tell({ ...told, all: true });
    expect([isNear(a), isNear(keyOf('b', 'Other.task'))]).toEqual([false, false]);
  });

  it.each<[string, Partial<StoreEvent>]>([
    ['another key', { digests: [keyOf('c').digest] }],
    ['another task', { identities: ['Pricing'] }],
    ['another tag', { tags: ['X'] }],
    ['another namespace', { namespace: 'n', all: true, tags: ['x'], identities: ['Pricing.quote'] }],
    ['nothing', { digests: [], identities: [], tags: [] }],
  ])('of %s leaves an entry', async (_, what) => {
    const { far, isNear } = await holding();
    far.tell({ ...told, ...what });
    expect(isNear(a)).toBe(true);
  });

  it('of an older generation leaves what is newer: it came late', async () => {
    const { far, isNear, generation } = await holding();
    far.tell({ ...told, digests: [a.digest], generation: generation - 1 });
    expect(isNear(a)).toBe(true);
    far.tell({ ...told, digests: [a.digest], generation });
    expect(isNear(a)).toBe(false);
  });

  it('reaches other processes at once: a write, and whatever is invalidated', async () => {
    const { start, put, isNear, value } = fixture();
    const other = start();
    await put(a, 'old', { tags: ['x'] });
    await other.value(a);
    await other.put(a, 'new', { tags: ['x'] });
    expect(isNear(a)).toBe(false);
    expect(await value(a)).toBe('new');
    for (const what of [{ keys: [a] }, { tags: ['x'] }, { identities: ['Pricing.quote'] }, { all: true as const }]) {
      await put(a, 'again', { tags: ['x'] });
      await other.value(a);
      expect(isNear(a)).toBe(true);
      await other.tiers.invalidate(what);
      expect(await value(a)).toBeUndefined();
    }
  });
});

describe('a subscription that was lost', () => {
  it('has everything asked for once more, and believed again where it is the same', async () => {
    const { far, start, put, isNear, value } = fixture();
    const other = start();
    const keys = ['a', 'b', 'c'].map((text) => keyOf(text));
    for (const key of keys) await put(key, 'old');
    const { shared } = { shared: far.inner };
    await put2(shared, keys[1] as StoreKey, 'new'); // nobody tells of these
    await shared.invalidate({ keys: [keys[2] as StoreKey] });
    expect(keys.map(isNear)).toEqual([true, true, true]);
    far.tell({ kind: 'distrust' });
    expect(keys.map(isNear)).toEqual([false, false, false]);
    await flush();
    expect(await Promise.all(keys.map(value))).toEqual(['old', 'new', undefined]);
    expect(keys.map(isNear)).toEqual([true, true, false]);
    expect(other.isNear(keys[0] as StoreKey)).toBe(false);
  });

  it('during a read has its answer not kept', async () => {
    const { far, start, put } = fixture();
    await put(keyOf('a'), 1);
    const other = start();
    const reading = other.value(keyOf('a'));
    far.tell({ kind: 'distrust' });
    expect(await reading).toBe(1);
    expect(other.isNear(keyOf('a'))).toBe(false);
  });

  it('again, while its entries are asked for, has them asked for once more', async () => {
    const { far, put, isNear, value } = fixture();
    await put(keyOf('a'), 1);
    far.tell({ kind: 'distrust' });
    const reading = value(keyOf('a'));
    far.tell({ kind: 'distrust' });
    await reading;
    expect(isNear(keyOf('a'))).toBe(false);
  });

  it('leaves nothing to serve where the far store is gone too', async () => {
    const { far, put, tiers } = fixture();
    await put(keyOf('a'), 1);
    far.tell({ kind: 'distrust' });
    far.get = async () => Promise.reject(new Error('gone'));
    await expect(tiers.get(keyOf('a'))).rejects.toThrow('gone');
  });
});

async function put2(store: StateStore, key: StoreKey, value: unknown): Promise<void> {
  await put(store, key, value);
}

describe('an answer of the far store', () => {
  /** A read that has left the far store, but has not arrived. */
  async function underWay(key: StoreKey, more: Partial<StateRecord> = {}, deaf = false) {
    const all = fixture({}, memoryStore(), deaf);
    await all.put(key, 'old', more);
    const other = all.start();
    const arrives = deferred();
    const { inner } = other.far;
    other.far.get = async (one) => {
      const record = await inner.get(one);
      await arrives.promise;
      return record;
    };
    const reading = other.value(key);
    await flush();
    return { ...all, other, reading, arrives };
  }

  it.each<[string, Partial<Invalidation>]>([
    ['its key', { keys: [keyOf('a')] }],
    ['its task', { identities: ['Pricing.quote'] }],
    ['a tag of it', { tags: ['x'] }],
    ['everything', { all: true }],
  ])('is not kept where %s was invalidated since it was asked, here or elsewhere', async (_, what) => {
    for (const here of [true, false]) {
      const { tiers, other, reading, arrives } = await underWay(keyOf('a'), { tags: ['x'] });
      await (here ? other.tiers : tiers).invalidate(what);
      arrives.resolve();
      expect(await reading).toBe('old'); // it began before
      expect(await other.value(keyOf('a'))).toBeUndefined();
    }
  });

  it('is kept where something else was invalidated meanwhile', async () => {
    const { tiers, other, reading, arrives } = await underWay(keyOf('a'), { tags: ['x'] });
    await tiers.invalidate({ keys: [keyOf('b')], tags: ['y'], identities: ['Other.task'] });
    arrives.resolve();
    await reading;
    expect(other.isNear(keyOf('a'))).toBe(true);
  });

  it('takes no room nearby once it was expired', async () => {
    const { tiers, near, put } = fixture();
    await put(keyOf('a'), 1);
    expect(near.stats?.().entries).toBe(1);
    await tiers.invalidate({ keys: [keyOf('a')], expire: true });
    expect(near.stats?.().entries).toBe(0);
  });

  it('never comes after a newer one of this process', async () => {
    const { other, reading, arrives } = await underWay(keyOf('a'), {}, true);
    await other.put(keyOf('a'), 'new');
    arrives.resolve();
    expect(await reading).toBe('new'); // generations never go back
    expect(await other.value(keyOf('a'))).toBe('new');
  });

  it.each(['written', 'read'])('never comes after a newer one %s here, though that is no more nearby', async (how) => {
    const { other, reading, arrives, put } = await underWay(keyOf('a'), {}, true);
    const slow = other.far.get;
    other.far.get = async (key) => other.far.inner.get(key);
    await (how === 'written' ? other.put : put)(keyOf('a'), 'new');
    expect(await other.value(keyOf('a'))).toBe('new');
    void other.near.invalidate({ keys: [keyOf('a')] }); // as an eviction would
    other.far.get = slow;
    arrives.resolve();
    await reading;
    expect(other.isNear(keyOf('a'))).toBe(false);
  });

  it('never comes after a newer one that had expired when it was written here', async () => {
    const { other, reading, arrives, shared } = await underWay(keyOf('a'), {}, true);
    const lead = await other.tiers.lead(keyOf('a'), { mode: 'refresh', token: 'late', leaseMs: 1_000 });
    const { generation } = leading(lead);
    void shared.invalidate({ keys: [keyOf('a')], expire: true }); // by a process that this one does not hear
    const late = recordOf(keyOf('a'), 'late', { generation });
    expect(await other.tiers.commit(keyOf('a'), 'late', late)).toMatchObject({ expiredAt: expect.any(Number) });
    arrives.resolve();
    await reading;
    expect(other.isNear(keyOf('a'))).toBe(false);
  });

  it('to a write is not kept where the key was invalidated on the way', async () => {
    const { tiers, far, isNear } = fixture();
    const key = keyOf('a');
    await put(tiers, key, 'older');
    const { generation } = leading(await tiers.lead(key, { mode: 'refresh', token: 't', leaseMs: 1_000 }));
    const { inner } = far;
    far.commit = async (...args): Promise<Commit> => {
      const answer = await inner.commit(...args);
      await inner.invalidate({ keys: [key] });
      far.tell({ kind: 'invalidated', namespace: '', digests: [key.digest] });
      return answer;
    };
    expect(await tiers.commit(key, 't', recordOf(key, 'new', { generation }))).toEqual({ committed: true });
    expect(isNear(key)).toBe(false);
    expect(await tiers.get(key)).toBeUndefined();
  });

  it('to a write that is not kept leaves no older value nearby either', async () => {
    const { tiers, far, isNear } = fixture();
    const [key, tag] = [keyOf('a'), 'x'];
    let collides = 'x1';
    for (let i = 2; slotOf(collides, 'tag') !== slotOf(tag, 'tag'); i++) collides = `x${i}`;
    await put(tiers, key, 'older', { tags: [tag] });
    const { inner } = far;
    far.commit = async (...args) => {
      far.tell({ kind: 'invalidated', namespace: '', tags: [collides] });
      return inner.commit(...args);
    };
    expect(isNear(key)).toBe(true);
    await put(tiers, key, 'new', { tags: [tag] });
    expect(isNear(key)).toBe(false);
    expect(await tiers.get(key)).toMatchObject({ value: 'new' });
  });

  it('to a write that was repeated does not put another value in the place of the first', async () => {
    for (const storedAt of [0, 1]) {
      const { tiers, far, put } = fixture();
      const { generation } = await put(keyOf('a'), 'first');
      far.commit = async () => ({ committed: true }); // as it was answered the first time
      await tiers.commit(keyOf('a'), 't', recordOf(keyOf('a'), 'second', { generation, storedAt }));
      expect(await tiers.get(keyOf('a'))).toMatchObject({ value: 'first' });
    }
  });

  it('that there is nothing drops what is kept nearby', async () => {
    const { tiers, shared, put, isNear } = fixture();
    await put(keyOf('a'), 1);
    void shared.invalidate({ keys: [keyOf('a')] }); // nobody tells
    const lead = await tiers.lead(keyOf('a'), { mode: 'normal', token: 't', leaseMs: 1_000 });
    expect(lead.status).toBe('lead');
    expect(isNear(keyOf('a'))).toBe(false);
  });

  it('of a far store that began anew is not taken for the record of the same generation before', async () => {
    let far = new AsyncStore();
    const replaced = new Proxy(far, { get: (_, name) => Reflect.get(far, name) });
    const tiers = tieredStore(memoryStore(), replaced);
    const clock = fakeClock();
    tiers.attach?.({ clock });
    const one = await put(tiers, keyOf('a'), 'before', { storedAt: 1 });
    far = new AsyncStore();
    const two = await put(far, keyOf('a'), 'after', { storedAt: 2 });
    expect(two.generation).toBe(one.generation);
    await clock.advance('1m');
    expect((await tiers.get(keyOf('a')))?.value).toBe('after');
  });
});

describe('a far store that fails', () => {
  const gone = async (): Promise<never> => Promise.reject(new Error('gone'));

  it('leaves near hits as they are, and its errors reach whoever asked', async () => {
    const { tiers, far, put, isNear } = fixture();
    await put(keyOf('a'), 1);
    Object.assign(far, { get: gone, lead: gone, renew: gone, commit: gone, abandon: gone });
    expect(isNear(keyOf('a'))).toBe(true);
    const b = keyOf('b');
    await expect(tiers.get(b)).rejects.toThrow('gone');
    await expect(tiers.lead(b, { mode: 'normal', token: 't', leaseMs: 1 })).rejects.toThrow('gone');
    await expect(tiers.renew(b, 't', 1)).rejects.toThrow('gone');
    await expect(tiers.commit(b, 't', recordOf(b, 1))).rejects.toThrow('gone');
    await expect(tiers.abandon(b, 't')).rejects.toThrow('gone');
    expect(isNear(b)).toBe(false);
  });

  it('to take an invalidation has it told again when it answers, and values never', async () => {
    const { tiers, far, put, start, clock, value } = fixture();
    const other = start();
    const key = keyOf('a');
    await put(key, 'old');
    await other.value(key);
    const { invalidate } = far;
    Object.assign(far, { invalidate: gone, commit: gone });
    await expect(tiers.invalidate({ keys: [key] })).rejects.toThrow('gone');
    const { generation } = leading(await tiers.lead(key, { mode: 'refresh', token: 't', leaseMs: 1 }));
    await expect(tiers.commit(key, 't', recordOf(key, 'new', { generation }))).rejects.toThrow('gone');
    expect(await other.value(key)).toBe('old');
    await clock.advance('2s');
    Object.assign(far, { invalidate });
    await tiers.get(keyOf('another'));
    await flush();
    expect(await other.value(key)).toBeUndefined();
    expect(await value(key)).toBeUndefined();
  });

  it('is told again at most once a second, and of a whole namespace where there is too much to tell', async () => {
    const { tiers, far, clock } = fixture();
    const told: Invalidation[] = [];
    far.invalidate = async (what) => {
      told.push(what);
      throw new Error('gone');
    };
    const keys = Array.from({ length: 6_000 }, (_, i) => keyOf(`key ${i}`));
    const failing = tiers.invalidate({ keys });
    await expect(failing).rejects.toThrow('gone');
    for (let i = 0; i < 20; i++) await tiers.get(keyOf('b'));
    expect(told).toHaveLength(2);
    await expect(tiers.invalidate({ keys })).rejects.toThrow('gone');
    told.length = 0;
    await clock.advance('1s');
    await tiers.get(keyOf('b'));
    await flush();
    expect(told).toEqual([{ namespace: '', all: true, by: 'an invalidation during an outage' }]);
  });

  it('that throws at once does no more harm than one that rejects', async () => {
    const throwing = memoryStore();
    const tiers = tieredStore(memoryStore(), throwing);
    await put(tiers, keyOf('a'), 1);
    const invalidate = throwing.invalidate.bind(throwing);
    throwing.invalidate = () => {
      throw new Error('busy');
    };
    expect(() => tiers.invalidate({ keys: [keyOf('a')] })).toThrow('busy');
    throwing.invalidate = invalidate;
    expect(tiers.get(keyOf('a'))).toMatchObject({ value: 1 }); // the far store has it still, and is told now
    expect(tiers.get(keyOf('a'))).toBeUndefined();
  });
});

describe('a near store that fails to keep a value', () => {
  const near = () => memoryStore({ maxBytes: 10_000, sizeOf: () => Number.NaN });

  it('has the write told of it, though the far store has the value; reads go on', async () => {
    const far = memoryStore();
    const tiers = tieredStore(near(), far);
    expect(() => void tiers.lead(keyOf('a'), { mode: 'normal', token: 't', leaseMs: 1 })).not.toThrow();
    expect(() => tiers.commit(keyOf('a'), 't', recordOf(keyOf('a'), 1, { generation: 1 }))).toThrow();
    expect(far.get(keyOf('a'))).toMatchObject({ value: 1 });
    expect(tiers.get(keyOf('a'))).toMatchObject({ value: 1 });
  });
});

describe('tieredStore', () => {
  it('is synchronous where the far store is, and is named by both', () => {
    expect(tieredStore(memoryStore(), memoryStore())).toMatchObject({ sync: true, name: 'memory+memory' });
    expect(tieredStore(memoryStore(), new AsyncStore())).toMatchObject({ sync: false, name: 'memory+later' });
  });

  it.each<[string, () => unknown, string]>([
    ['a near store that answers later', () => tieredStore(new AsyncStore(), memoryStore()), 'answers later'],
    ['no near store', () => tieredStore(undefined as never, memoryStore()), 'is no store'],
    ['no far store', () => tieredStore(memoryStore(), {} as never), 'is no store'],
    ['one store as both', () => ((store) => tieredStore(store, store))(memoryStore()), 'is the far store too'],
    ['no time at all', () => tieredStore(memoryStore(), memoryStore(), { nearMaxAge: 0 }), 'nearMaxAge'],
    ['an unknown option', () => tieredStore(memoryStore(), memoryStore(), { maxAge: 1 } as object), 'is unknown'],
  ])('refuses %s', (_, make, says) => {
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(says);
  });

  it('closes both stores, stops listening, and gives nothing afterwards', async () => {
    const { tiers, near, far, put, clock } = fixture();
    await put(keyOf('a'), 1);
    expect([far.listeners, clock.timers]).toEqual([1, 1]);
    const reading = tiers.get(keyOf('b'));
    await tiers.close();
    await tiers.close();
    await reading;
    expect([far.listeners, far.closed, near.stats?.(), clock.timers]).toEqual([0, true, { entries: 0 }, 0]);
    expect(() => tiers.get(keyOf('a'))).toThrow('store closed');
    far.tell({ kind: 'distrust' });
  });

  it('closes the far store though the near one fails to', async () => {
    const [near, far] = [memoryStore(), watchable(memoryStore())];
    const tiers = tieredStore(near, far);
    near.close = () => {
      throw new Error('no');
    };
    await expect((async () => tiers.close())()).rejects.toThrow('no');
    expect(far.closed).toBe(true);
  });

  it('keeps apart what two tiered stores put into one near store', async () => {
    const near = memoryStore();
    const [one, two] = [tieredStore(near, memoryStore()), tieredStore(near, memoryStore())];
    await put(one, keyOf('a'), 'of one');
    expect(two.get(keyOf('a'))).toBeUndefined();
    await put(two, keyOf('a'), 'of two');
    expect((one.get(keyOf('a')) as StateRecord).value).toBe('of one');
    expect((two.get(keyOf('a')) as StateRecord).value).toBe('of two');
  });

  it('counts the entries of the far store, or where that cannot, of the near one', async () => {
    const far = memoryStore();
    const tiers = tieredStore(memoryStore({ maxEntries: 1 }), far);
    for (const text of ['a', 'b', 'c']) await put(tiers, keyOf(text), 1);
    expect(tiers.stats?.()).toEqual({ entries: 3 });
    const blind = tieredStore(memoryStore(), new AsyncStore());
    await put(blind, keyOf('a'), 1);
    expect(blind.stats?.()).toEqual({ entries: 1 });
  });
});

describe('tasks over a tiered store', () => {
  it('run once in two processes, whose hits share the object', async () => {
    let runs = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash, tags: ['x'] }) async work(x: number) {
        runs++;
        return { x };
      }
    }
    const shared = memoryStore();
    const process = () => {
      const pond = createTestPond({ store: tieredStore(memoryStore(), watchable(shared)) });
      return { pond, service: pond.bind(new Service()) };
    };
    const [one, two] = [process(), process()];
    const all = await Promise.all([one.service.work(1), one.service.work(1), two.service.work(1)]);
    expect(new Set(all).size).toBe(1);
    expect(runs).toBe(1);
    expect(await one.service.work(1)).toBe(all[0]);
    expect((await returnState(two.service).work(1)).cache).toMatchObject({ status: 'hit', store: 'memory+shared' });
    await Promise.all([one.pond.close(), two.pond.close()]);
  });

  it('stay synchronous over a synchronous far store, and are refused over another', () => {
    class Service {
      @Task({ cacheKeyFn: taskInputHash }) work(x: number) {
        return { x };
      }
    }
    const service = createTestPond({ store: tieredStore(memoryStore(), memoryStore()) }).bind(new Service());
    expect(service.work(1)).toEqual({ x: 1 });
    expect(service.work(1)).toBe(service.work(1));
    const later = createTestPond({ store: tieredStore(memoryStore(), new AsyncStore()) }).bind(new Service());
    later.work; // known to be synchronous since its first run
    expect(() => later.work(1)).toThrow(SyncTaskError);
  });
});
