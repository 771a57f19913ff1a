import { describe, expect, it, jest } from '@jest/globals';
import {
  type Invalidation,
  InvalidOptionsError,
  KeyScope,
  type Lead,
  memoryStore,
  type StateRecord,
  type StateStore,
  StoreKey,
} from '../../lib/index.js';
import { describeStateStore, fakeClock, type MakeStore, type StateStoreSuiteOptions } from '../../lib/testing/index.js';

jest.setTimeout(120_000); // some seconds here, many more on a machine that others keep busy

/** Runs the suite, or the specs of one name, outside the runner; answers with the names of those that failed, and of all. */
async function runSuite(make: MakeStore, options: StateStoreSuiteOptions = {}, named = '') {
  const path: string[] = [];
  const specs: { name: string; body: () => Promise<void> }[] = [];
  const api: StateStoreSuiteOptions['api'] = {
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    it: (name, body) => specs.push({ name: [...path, name].join(' '), body }),
    expect,
  };
  describeStateStore('it', make, { reopens: true, ...options, api });
  const failed: string[] = [];
  for (const { name, body } of specs) {
    if (name.includes(named)) await body().catch(() => failed.push(name));
  }
  return { failed, names: specs.map(({ name }) => name) };
}

type Change = (store: StateStore) => Partial<StateStore>;

/** A memory store with something wrong about it. */
function wrong(change: Change): MakeStore {
  return () => {
    const store = memoryStore();
    const methods = ['attach', 'get', 'lead', 'renew', 'commit', 'abandon', 'invalidate', 'close'] as const;
    const whole = Object.fromEntries(methods.map((method) => [method, (store[method] as () => unknown).bind(store)]));
    return { name: 'wrong', sync: true, ...whole, ...change(store) } as unknown as StateStore;
  };
}

function mapped(record: StateRecord | undefined, change: (record: StateRecord) => object): StateRecord | undefined {
  return record === undefined ? undefined : ({ ...record, ...change(record) } as StateRecord);
}

const got = (store: StateStore, key: StoreKey): StateRecord | undefined => store.get(key) as StateRecord | undefined;

/** A key as a store sees it that changes names on the way. */
function renamed(key: StoreKey, change: (text: string) => string): StoreKey {
  const { identity, version, namespace } = key.scope;
  return new StoreKey(new KeyScope(identity, version, namespace), change(key.text));
}

const WRONG: readonly (readonly [string, Change, string])[] = [
  [
    'loses the message',
    (s) => ({ get: (k) => mapped(got(s, k), () => ({ message: undefined })) }),
    'equal in every field',
  ],
  [
    'forgets who computed it',
    (s) => ({ get: (k) => mapped(got(s, k), () => ({ from: { origin: {} } })) }),
    'equal in every field',
  ],
  [
    'turns no expiry into null',
    (s) => ({ get: (k) => mapped(got(s, k), (r) => ({ expiresAt: r.expiresAt === Infinity ? null : r.expiresAt })) }),
    'no tags and no expiry',
  ],
  [
    'keeps values as JSON',
    (s) => ({ get: (k) => mapped(got(s, k), (r) => ({ value: JSON.parse(JSON.stringify([r.value]))[0] })) }),
    'whatever kind of data',
  ],
  [
    'takes a stored undefined for nothing',
    (s) => ({ get: (k) => (got(s, k)?.value === undefined ? undefined : got(s, k)) }),
    'whatever kind of data',
  ],
  [
    'takes upper case for lower',
    (s) => through(s, (k) => renamed(k, (text) => text.toLowerCase())),
    'odd characters in the key',
  ],
  ['trims keys', (s) => through(s, (k) => renamed(k, (text) => text.trim())), 'odd characters in the key'],
  [
    'ends keys at a null character',
    (s) => through(s, (k) => renamed(k, (text) => text.split('\0')[0] as string)),
    'odd characters in the key',
  ],
  ['normalises keys', (s) => through(s, (k) => renamed(k, (text) => text.normalize())), 'odd characters in the key'],
  [
    'replaces lone surrogates',
    (s) => through(s, (k) => renamed(k, (text) => Buffer.from(text).toString())),
    'odd characters in the key',
  ],
  [
    'serves at the moment of expiry',
    (s) => ({ attach: ({ clock }) => s.attach?.({ clock: { ...clock, now: () => clock.now() - 1 } }) }),
    'is strict',
  ],
  [
    'keeps timers of 32 bits',
    (s) => ({
      get: (k) =>
        mapped(got(s, k), (r) => r) && (got(s, k)?.expiresAt as number) - Date.now() < 2 ** 31 ? got(s, k) : undefined,
    }),
    'further away than any timer',
  ],
  [
    'gives generations that do not rise',
    (s) => ({ lead: (k, r) => ({ ...(s.lead(k, r) as Lead), generation: 1 }) as Lead }),
    'rise with every computation',
  ],
  [
    'leads whoever asks',
    (s) => ({ lead: (k, r) => s.lead(k, { ...r, mode: r.mode === 'normal' && got(s, k) ? 'normal' : 'refresh' }) }),
    'one among 50',
  ],
  [
    'answers a refresh with the stored value',
    (s) => ({ lead: (k, r) => s.lead(k, { ...r, mode: 'normal' }) }),
    'of a refresh takes no stored value',
  ],
  [
    'has the fence wait',
    (s) => ({ lead: (k, r) => s.lead(k, { ...r, leaseMs: r.leaseMs || 1_000 }) }),
    'has nobody wait',
  ],
  [
    'takes any write',
    (s) => ({
      commit(k, _token, r) {
        const token = `${Math.random()}`;
        const { generation } = s.lead(k, { mode: 'refresh', token, leaseMs: 0 }) as Extract<Lead, { status: 'lead' }>;
        return s.commit(k, token, { ...r, generation });
      },
    }),
    'its write is refused',
  ],
  [
    'does not say what is there instead',
    (s) => ({ commit: (k, t, r) => ({ committed: (s.commit(k, t, r) as { committed: boolean }).committed }) }),
    'takes no stored value',
  ],
  [
    'never wakes',
    (s) => ({
      lead(k, r) {
        const lead = s.lead(k, r) as Lead;
        return lead.status === 'wait' ? { ...lead, woken: new Promise(() => {}) } : lead;
      },
    }),
    'wakes them where it can',
  ],
  ['renews for anybody', () => ({ renew: () => true }), 'by its holder alone'],
  [
    'lets strangers give up',
    (s) => ({ abandon: (k) => void s.invalidate({ namespace: k.scope.namespace, keys: [k] }) }),
    'by a stranger',
  ],
  ['forgets the reason', (s) => ({ abandon: (k, t) => s.abandon(k, t) }), 'leaves the reason'],
  ['answers later than it says', (s) => ({ get: async (k) => s.get(k) }), 'come at once'],
  [
    'heeds no invalidation of tags',
    (s) => ({ invalidate: ({ tags: _, ...what }) => s.invalidate(what) }),
    'by key, task, tag',
  ],
  [
    'forgets tasks whose name begins alike',
    (s) => ({
      invalidate: (what) =>
        s.invalidate(what.identities?.includes('Suite') ? { ...what, identities: ['Suite.task'] } : what),
    }),
    'leaves everything else',
  ],
  [
    'forgets one version only',
    (s) => ({ invalidate: (what) => (what.identities ? undefined : s.invalidate(what)) }),
    'every version of a task',
  ],
  ['clears the neighbours', (s) => neighbourly(s), 'stays in its namespace'],
  [
    'mixes up odd tags',
    (s) => ({
      invalidate: (what) =>
        s.invalidate(what.tags ? { ...what, tags: what.tags.flatMap((tag) => [tag, tag.trim(), `${tag} `]) } : what),
    }),
    'odd characters',
  ],
  [
    'never knows why',
    (s) => ({
      lead(k, r) {
        const lead = s.lead(k, r) as Lead;
        return lead.status === 'lead' ? { ...lead, miss: { reason: 'first-seen' } } : lead;
      },
    }),
    'under another version',
  ],
  [
    'does not say who invalidated',
    (s) => ({ invalidate: ({ by: _, ...what }: Invalidation) => s.invalidate(what) }),
    'and says so',
  ],
  [
    'cannot be closed twice',
    (s) => {
      let closed = 0;
      return {
        close: () => {
          if (closed++ > 0) throw new Error('closed before');
          return s.close();
        },
      };
    },
    'may be done twice',
  ],
];

/** Every method with another key. */
function through(s: StateStore, key: (k: StoreKey) => StoreKey): Partial<StateStore> {
  return {
    get: (k) => s.get(key(k)),
    lead: (k, r) => s.lead(key(k), r),
    commit: (k, t, r) => s.commit(key(k), t, r),
    abandon: (k, ...rest) => s.abandon(key(k), ...rest),
    invalidate: (what) => s.invalidate(what.keys ? { ...what, keys: what.keys.map(key) } : what),
  };
}

/** Forgets in every namespace that it has seen. */
function neighbourly(s: StateStore): Partial<StateStore> {
  const seen = new Set<string>();
  return {
    lead: (k, r) => (seen.add(k.scope.namespace), s.lead(k, r)),
    invalidate: (what) => [...seen].forEach((namespace) => void s.invalidate({ ...what, namespace })),
  };
}

describe('describeStateStore', () => {
  it('finds nothing wrong with the memory store', async () => {
    expect((await runSuite(() => memoryStore())).failed).toEqual([]);
  });

  it.each(WRONG)('finds out a store that %s', async (_, change, says) => {
    const { failed } = await runSuite(wrong(change), {}, says);
    expect(failed.join('\n')).toContain(says);
  });

  it('wants a closed store to refuse every call, unless it may be used again', async () => {
    const { failed } = await runSuite(() => memoryStore(), { reopens: false });
    expect(failed).toEqual(['it keeps the contract of stores: closing has every later call refused with an error']);
  });

  it('closes the stores that it was given, each once more than its spec did', async () => {
    let open = 0;
    const counting: MakeStore = () => {
      open++;
      const store = memoryStore();
      let closed = false;
      return Object.assign(Object.create(store), {
        attach: (host: never) => store.attach?.(host),
        get: (k: never) => store.get(k),
        lead: (k: never, r: never) => store.lead(k, r),
        renew: (k: never, t: never, ms: never) => store.renew(k, t, ms),
        commit: (k: never, t: never, r: never) => store.commit(k, t, r),
        abandon: (k: never, t: never, n: never, m: never) => store.abandon(k, t, n, m),
        invalidate: (w: never) => store.invalidate(w),
        close() {
          if (!closed) open--;
          closed = true;
          return store.close();
        },
      }) as StateStore;
    };
    const { names, failed } = await runSuite(counting);
    expect([failed, open]).toEqual([[], 0]);
    expect(names.length).toBeGreaterThan(30);
  });

  it('has specs of damage and of sharing only where it is told how', async () => {
    const { names: few } = await runSuite(() => memoryStore());
    const { names: more } = await runSuite(() => memoryStore(), {
      corrupt: () => {},
      another: () => memoryStore(),
    });
    expect(few.some((name) => /cannot be read|two handles/.test(name))).toBe(false);
    expect(more.filter((name) => /cannot be read/.test(name))).toHaveLength(1);
    expect(more.filter((name) => /two handles/.test(name)).length).toBeGreaterThan(4);
  });

  it('finds out two handles that share nothing, and damage that is served', async () => {
    const { failed } = await runSuite(() => memoryStore(), { corrupt: () => {}, another: () => memoryStore() });
    expect(failed.filter((name) => /two handles/.test(name)).length).toBeGreaterThan(4);
    expect(failed.filter((name) => /cannot be read/.test(name))).toHaveLength(1);
  });

  it('lets time pass as it is told, for a store that has its own', async () => {
    let passed = 0;
    const own = (): number => 1_000_000 + passed;
    const make: MakeStore = () => {
      const store = memoryStore();
      store.attach?.({ clock: { now: own, monotonic: own, after: () => () => {} } });
      return store;
    };
    const advance = (ms: number): void => {
      passed += ms;
    };
    const { failed } = await runSuite(make, { advance, now: own });
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(1_000);
  });

  /** A store whose time is its own, and the machine loses some of it now and then. */
  function losing(ms: () => number, change: Change = () => ({})) {
    let passed = 0;
    let tries = 0;
    const now = (): number => 1_000_000 + passed;
    const make: MakeStore = () => {
      tries++;
      const store = wrong(change)({ clock: fakeClock() }) as StateStore;
      store.attach?.({ clock: { now, monotonic: now, after: () => () => {} } });
      const abandon = store.abandon.bind(store);
      return Object.assign(store, {
        attach() {},
        abandon(...given: Parameters<StateStore['abandon']>) {
          passed += abandon(...given) === undefined ? ms() : 0; // after it was done
        },
      });
    };
    const advance = (more: number): void => {
      passed += more;
    };
    return { make, options: { advance, now }, tries: () => tries };
  }

  it('tries a spec again that failed where the machine lost time, and no other', async () => {
    const name = 'asynchronous or not, until its time is over';
    let lost = 2;
    const stalls = losing(() => (lost-- > 0 ? 2_000 : 0));
    expect((await runSuite(stalls.make, stalls.options, name)).failed).toEqual([]);
    expect(stalls.tries()).toBe(3);
    const steady = losing(() => 0);
    expect((await runSuite(steady.make, steady.options, name)).failed).toEqual([]);
    expect(steady.tries()).toBe(1);
  });

  it('tries no spec again that let time pass itself, and then failed', async () => {
    const everlasting: Change = (whole) => {
      let kept: StateRecord | undefined;
      return {
        get(key) {
          kept = got(whole, key) ?? kept;
          return kept;
        },
      };
    };
    const { make, options, tries } = losing(() => 0, everlasting);
    const { failed } = await runSuite(make, options, 'is not put off by reading');
    expect(failed).toHaveLength(1);
    expect(tries()).toBe(1);
  });

  it('finds out what is wrong with a store, however much time the machine loses', async () => {
    const anybody: Change = () => ({ renew: () => true });
    for (const ms of [0, 2_000]) {
      const { make, options, tries } = losing(() => ms, anybody);
      expect((await runSuite(make, options, 'by its holder alone')).failed).toHaveLength(1);
      expect(tries() > 1).toBe(false); // it had failed before any time was lost
    }
    const always = losing(() => 2_000);
    expect((await runSuite(always.make, always.options, 'until its time is over')).failed).toHaveLength(1);
    expect(always.tries()).toBe(3);
  });

  it('says so where it finds no test runner', () => {
    const api = { describe: undefined } as unknown as StateStoreSuiteOptions['api'] & object;
    expect(() => describeStateStore('x', () => memoryStore(), { api })).toThrow(InvalidOptionsError);
    expect(() => describeStateStore('x', () => memoryStore(), { api })).toThrow(
      'Give { api: { describe, it, expect } }',
    );
  });
});
