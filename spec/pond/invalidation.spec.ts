// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Flow,
  hashObjects,
  type InvalidationTarget,
  InvalidOptionsError,
  memoryStore,
  returnState,
  StoreError,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { AsyncStore, deferred, flush, nothingIsLeft, pondUnderTest } from '../engine/pond-under-test.js';

class Base {
  runs = 0;
  begun = 0;
  gate: Promise<unknown> | undefined = undefined;

  @Task({ cacheKeyFn: taskInputHash, tags: ({ sku }: { sku: string }) => ['products', `sku:${sku}`] })
  async quote(sku: string) {
    this.begun++;
    await this.gate;
    return `${sku} ${++this.runs}`;
  }

  @Task({ cacheKeyFn: (_, { n }: { n: number }) => `n${n}`, version: 3, tags: ['numbers'] })
  double(n: number) {
    return n + ++this.runs;
  }

  @Flow({ cacheKeyFn: taskInputHash })
  async report(day: string) {
    return `${day} ${++this.runs}`;
  }

  @Task()
  async plain() {
    return 1;
  }
}
class Heir extends Base {}
class Statics {
  static runs = 0;
  @Task({ cacheKeyFn: taskInputHash })
  static async rate(currency: string) {
    return `${currency} ${++Statics.runs}`;
  }
}

const KEY_OF_A = hashObjects('A');

const set = (options: Parameters<typeof pondUnderTest>[0] = {}) => {
  const pond = pondUnderTest(options);
  return { pond, svc: pond.bind(new Base()), heir: pond.bind(new Heir()) };
};

const statusOf = async (
  state: PromiseLike<{ cache?: { status?: string } | undefined }> | { cache?: object | undefined },
) => ((await state).cache as { status?: string } | undefined)?.status;

describe('pond.invalidate', () => {
  nothingIsLeft();

  it('forgets by tag, given as a text or in a list', async () => {
    for (const tags of ['sku:A', ['nothing', 'sku:A']]) {
      const { pond, svc } = set();
      await svc.quote('A');
      await svc.quote('B');
      expect(await pond.invalidate({ tags })).toBeUndefined();
      const states = [await returnState(svc).quote('A'), await returnState(svc).quote('B')];
      expect(states.map(({ cache }) => cache?.status)).toEqual(['miss', 'hit']);
      expect(states[0]?.cache?.reason).toBe('invalidated');
    }
  });

  it('takes ten thousand tags at once', async () => {
    const { pond, svc } = set();
    await svc.quote('A');
    const events: string[] = [];
    pond.events.on('invalidation', ({ by }) => events.push(by));
    await pond.invalidate({ tags: Array.from({ length: 10_000 }, (_, i) => (i === 9_999 ? 'sku:A' : `tag ${i}`)) });
    expect(await statusOf(returnState(svc).quote('A'))).toBe('miss');
    expect(events).toEqual(["pond.invalidate({ tags: ['tag 0', 'tag 1', 'tag 2', and 9997 more] })"]);
  });

  it('forgets all of a task, by its method on an instance, on the prototype, and on heirs', async () => {
    for (const method of [new Base().quote, Base.prototype.quote, Heir.prototype.quote]) {
      const { pond, svc, heir } = set();
      await svc.quote('A');
      await svc.quote('B');
      await heir.quote('A');
      svc.double(1);
      await pond.invalidate({ task: method });
      const states = [
        await returnState(svc).quote('A'),
        await returnState(svc).quote('B'),
        await returnState(heir).quote('A'),
      ];
      expect(states.map(({ cache }) => cache?.reason)).toEqual(['invalidated', 'invalidated', 'invalidated']);
      expect(states[0]?.cache?.detail).toBe('invalidated by pond.invalidate({ task: Base.quote })');
      expect(await statusOf(returnState(svc).double(1))).toBe('hit');
    }
  });

  it('forgets what others have stored of a task that was never called here', async () => {
    const store = memoryStore();
    for (const task of [
      Base.prototype.quote,
      'Base.quote',
      Base.prototype.report,
      'Base.report',
      Statics.rate,
      'Statics::rate',
    ]) {
      const { svc } = set({ store });
      const other = pondUnderTest({ store });
      const call = async () => {
        const states = [await returnState(svc).quote('A'), await returnState(svc).report('mon')];
        return [...states, await other.run(() => returnState(Statics).rate('EUR'))].map(({ cache }) => cache?.status);
      };
      await call();
      expect(await call()).toEqual(['hit', 'hit', 'hit']);
      await pondUnderTest({ store }).invalidate({ task });
      expect((await call()).filter((status) => status === 'miss')).toHaveLength(1);
    }
  });

  it('forgets a task by its identity, on heirs that were called here too', async () => {
    const { pond, svc, heir } = set();
    const calls = () => Promise.all([svc, heir].map((one) => statusOf(returnState(one).quote('A'))));
    await calls();
    await pond.invalidate({ task: 'Base.quote@Heir' });
    expect(await calls()).toEqual(['hit', 'miss']);
    await pond.invalidate({ task: 'Base.quote' });
    expect(await calls()).toEqual(['miss', 'miss']);
    await pond.invalidate({ task: 'Base.quo' });
    expect(await calls()).toEqual(['hit', 'hit']);
  });

  it('does not take heirs for their base, in what it finds out about them', async () => {
    const { pond, svc, heir } = set();
    await heir.quote('A');
    await pond.invalidate({ task: svc.quote });
    const identities: string[] = [];
    pond.events.on('task:Completed', ({ task: { identity } }) => identities.push(identity));
    await svc.quote('B');
    await heir.quote('B');
    expect(identities).toEqual(['Base.quote', 'Base.quote@Heir']);
  });

  it('forgets twins, by function and by name, and those with an identity of their own', async () => {
    let runs = 0;
    const twin = task(async (_: number) => ++runs, { name: 'load', cacheKeyFn: taskInputHash });
    const named = task(async (_: number) => ++runs, { name: 'x', identity: 'my.own', cacheKeyFn: taskInputHash });
    const { pond } = set();
    for (const [fn, target] of [
      [twin, twin],
      [twin, 'load'],
      [named, named],
      [named, 'my.own'],
    ] as const) {
      const before = await pond.run(() => fn(1));
      await pond.invalidate({ task: target });
      expect(await pond.run(() => fn(1))).toBeGreaterThan(before);
    }
  });

  it('forgets one state of a task by the key that its key function returned, with its version', async () => {
    for (const task of [Base.prototype.double, 'Base.double']) {
      const { pond, svc, heir } = set();
      svc.double(1);
      svc.double(2);
      heir.double(1);
      await pond.invalidate({ task, key: 'n1' });
      expect([svc, heir].map((one) => returnState(one).double(1).cache?.reason)).toEqual([
        'invalidated',
        'invalidated',
      ]);
      expect(returnState(svc).double(2).cache?.status).toBe('hit');
    }
  });

  it('forgets a key of the shared scope also after ten thousand other versions', async () => {
    const pond = pondUnderTest({ store: memoryStore({ maxEntries: 20_000 }) }, false);
    let runs = 0;
    const cacheKeyFn = (): string => 'key';
    const shared = task(async () => ++runs, { name: 'shared', cacheKeyFn, cacheKeyScope: 'shared', version: 1 });
    const other = task(async () => 0, { name: 'other', cacheKeyFn });
    await pond.run(async () => {
      await shared();
      for (let version = 0; version <= 10_000; version++) await withOptions(other, { version })();
      await pond.invalidate({ key: 'key' });
      expect(await shared()).toBe(2);
    });
  });

  it('forgets a key of the shared scope, under each version that tasks of the pond have', async () => {
    const options = { cacheKeyFn: (_: unknown, { k }: { k: string }) => k, cacheKeyScope: 'shared' } as const;
    let runs = 0;
    const one = task(async (k: string) => `${k} ${++runs}`, { name: 'one', ...options });
    const two = task(async (k: string) => `${k} ${++runs}`, { name: 'two', ...options, version: 2 });
    const own = task(async (k: string) => `${k} ${++runs}`, { name: 'own', cacheKeyFn: options.cacheKeyFn });
    const { pond } = set();
    const calls = () =>
      pond.run(() => Promise.all([one, two, own].flatMap((fn) => ['a', 'b'].map((k) => statusOf(returnState(fn)(k))))));
    await calls();
    await pond.invalidate({ key: 'a' });
    expect(await calls()).toEqual(['miss', 'hit', 'miss', 'hit', 'hit', 'hit']);
    await pond.invalidate({ task: one, key: 'b' });
    expect(await calls()).toEqual(['hit', 'miss', 'hit', 'hit', 'hit', 'hit']);
  });

  it('asks every store: the default one, the named ones, and those given to tasks', async () => {
    const [standard, named, unused, given] = [memoryStore(), memoryStore(), memoryStore(), memoryStore()];
    const asked: number[] = [];
    [standard, named, unused, given].forEach((store, i) => {
      const invalidate = store.invalidate.bind(store);
      store.invalidate = (what) => {
        asked.push(i);
        return invalidate(what);
      };
    });
    const twin = task(async () => 1, { name: 'twin', cacheKeyFn: taskInputHash, store: given });
    const { pond } = set({ store: standard, stores: { named, unused } });
    await pond.invalidate({ tags: 'x' });
    expect(asked.splice(0).sort()).toEqual([0, 1, 2]);
    await pond.invalidate({ task: twin });
    expect(asked.splice(0).sort()).toEqual([0, 1, 2, 3]);
    await pond.clear();
    expect(asked.splice(0).sort()).toEqual([0, 1, 2, 3]);
  });

  it('leaves other namespaces of a store alone', async () => {
    const store = memoryStore();
    const ponds = ['a', 'b', ''].map((namespace) => set({ store, namespace }));
    const calls = () =>
      Promise.all(
        ponds.map(async ({ svc }) => [
          await statusOf(returnState(svc).quote('A')),
          returnState(svc).double(1).cache?.status,
        ]),
      );
    for (const act of [
      () => ponds[0]?.pond.clear(),
      () => ponds[0]?.pond.invalidate({ tags: ['products', 'numbers'] }),
      async () => {
        await ponds[0]?.pond.invalidate({ task: 'Base.quote' });
        await ponds[0]?.pond.invalidate({ task: 'Base.double', key: 'n1' });
      },
    ]) {
      await calls();
      await act();
      expect(await calls()).toEqual([
        ['miss', 'miss'],
        ['hit', 'hit'],
        ['hit', 'hit'],
      ]);
    }
  });

  it.each<[string, InvalidationTarget | undefined, number]>([
    ['a tag that is made of inputs', { tags: 'sku:A' }, 1], // its lease holds: later calls wait for the end, and run then
    ['its task', { task: Base.prototype.quote }, 2],
    ['its key', { task: Base.prototype.quote, key: KEY_OF_A }, 2],
    ['everything', undefined, 2],
  ])('has later calls join no run under way of %s, be its result stored or not', async (_, target, begun) => {
    for (const later of [false, true]) {
      for (const stored of [true, false]) {
        const { pond, svc } = set({ store: later ? new AsyncStore() : memoryStore() });
        const view = withOptions(svc, { cacheIf: () => stored });
        const gate = deferred();
        svc.gate = gate.promise;
        const older = view.quote('A');
        await flush();
        await (target === undefined ? pond.clear() : pond.invalidate(target));
        const newer = view.quote('A');
        await flush();
        expect(svc.begun).toBe(begun);
        gate.resolve();
        expect(await older).not.toBe(await newer);
      }
    }
  });

  it('has later calls join no run whose tags are not known yet', async () => {
    const store = new AsyncStore();
    const lead = store.lead.bind(store);
    const gate = deferred();
    store.lead = async (...given) => {
      await gate.promise;
      return lead(...given);
    };
    const { pond, svc } = set({ store });
    const view = withOptions(svc, { cacheIf: () => false });
    const older = view.quote('A');
    await flush();
    await pond.invalidate({ tags: 'sku:A' });
    const newer = view.quote('A');
    await flush();
    gate.resolve();
    expect(await older).not.toBe(await newer);
  });

  it('leaves runs of other tags, tasks and keys to be joined', async () => {
    const { pond, svc } = set();
    const gate = deferred();
    svc.gate = gate.promise;
    const first = svc.quote('A');
    await flush();
    await pond.invalidate({ tags: 'sku:B' });
    await pond.invalidate({ task: svc.report });
    await pond.invalidate({ task: svc.quote, key: 'another' });
    await pond.expire({ key: KEY_OF_A });
    const second = returnState(svc).quote('A');
    gate.resolve();
    expect(await statusOf(second)).toBe('joined');
    expect([await first, svc.begun]).toEqual(['A 1', 1]);
  });

  it('has done it when it returns, where the stores are synchronous', async () => {
    const { pond, svc } = set();
    svc.double(1);
    const answer = pond.invalidate({ tags: 'numbers' });
    expect(returnState(svc).double(1).cache?.status).toBe('miss');
    expect(answer).toBeInstanceOf(Promise);
    await answer;
  });

  it('asks all stores whatever one does, and rejects where one failed', async () => {
    const sync = memoryStore();
    sync.invalidate = () => {
      throw new Error('down');
    };
    const later = new AsyncStore();
    later.invalidate = async () => Promise.reject(new Error('down'));
    for (const broken of [sync, later]) {
      const { pond, svc } = set({ store: broken, stores: { good: memoryStore() } });
      const good = withOptions(svc, { store: 'good' });
      await svc.quote('A'); // so that the broken one is asked first
      await good.quote('A');
      const events: unknown[] = [];
      pond.events.on('invalidation', (event) => events.push(event));
      await expect(pond.invalidate({ tags: 'products' })).rejects.toThrow(StoreError);
      expect(await statusOf(returnState(good).quote('A'))).toBe('miss');
      expect([pond.stats().storeErrors, events]).toEqual([1, []]);
    }
  });

  it('is told of, and logged at debug', async () => {
    const lines: string[] = [];
    const logger = { debug: (line: string) => lines.push(line), info() {}, warn() {}, error() {} };
    const { pond, svc } = set({ logger, logLevel: 'debug' });
    const events: unknown[] = [];
    pond.events.on('invalidation', ({ what, by, expire }) => events.push([Object.keys(what), by, expire]));
    await pond.invalidate({ tags: ['a\n', 'b'] });
    await pond.expire({ task: svc.double, key: 'n1' });
    await pond.invalidate({ task: svc.quote });
    await pond.clear();
    const [tags, key, quote, all] = [
      "pond.invalidate({ tags: ['a\\n', 'b'] })",
      'pond.expire({ task: Base.double, key })',
      'pond.invalidate({ task: Base.quote })',
      'pond.clear()',
    ];
    expect(events).toEqual([
      [expect.arrayContaining(['tags']), tags, false],
      [expect.arrayContaining(['keys', 'expire']), key, true],
      [expect.arrayContaining(['identities']), quote, false],
      [expect.arrayContaining(['all']), all, false],
    ]);
    expect(lines.filter((line) => line.startsWith('flowpond'))).toEqual([
      `flowpond - 2 tags invalidated by ${tags}`,
      `flowpond - 1 key expired by ${key}`,
      `flowpond - 1 task invalidated by ${quote}`,
      `flowpond - everything invalidated by ${all}`,
    ]);
  });
});

describe('pond.clear', () => {
  it('forgets all states of the namespace', async () => {
    const { pond, svc } = set();
    await svc.quote('A');
    svc.double(1);
    expect(await pond.clear()).toBeUndefined();
    expect((await returnState(svc).quote('A')).cache?.detail).toBe('invalidated by pond.clear()');
    expect(returnState(svc).double(1).cache?.reason).toBe('invalidated');
  });
});

describe('pond.expire', () => {
  it('makes states stale, of the same shapes', async () => {
    for (const target of [{ tags: 'products' }, { task: Base.prototype.quote }, { task: 'Base.quote' }]) {
      const { pond, svc } = set();
      await svc.quote('A');
      await pond.expire(target);
      expect((await returnState(svc).quote('A')).cache).toMatchObject({ status: 'miss', reason: 'expired' });
      expect(await statusOf(returnState(svc).quote('A'))).toBe('hit');
    }
  });

  it('has later calls join no run that began before', async () => {
    const { pond, svc } = set();
    const gate = deferred();
    svc.gate = gate.promise;
    const older = svc.quote('A');
    await flush();
    await pond.expire({ tags: 'products' });
    const newer = svc.quote('A');
    await flush();
    gate.resolve();
    expect([await older, await newer]).toEqual(['A 1', 'A 2']);
  });
});

describe('pond.invalidate refuses', () => {
  const secret = task(async () => 1, {
    name: 'perInstance',
    cacheKeyFn: taskInputHash,
    instanceKey: (_: unknown) => 'a',
  });
  const varied = task(async () => 1, { name: 'varied', cacheKeyFn: taskInputHash, varyBy: ['tenant'] });
  const shared = task(async () => 1, { name: 'shared', cacheKeyFn: taskInputHash, cacheKeyScope: 'shared' });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'pond.invalidate: is not told what to forget. Give { tags: [...] }'],
    ['an empty object', {}, 'pond.invalidate: is not told what to forget (got {}). Give { tags: [...] }'],
    ['null', null, 'pond.invalidate: takes an options object (got null). Give { tags: [...] }'],
    ['a text', 'products', "pond.invalidate: takes an options object (got 'products'). Give { tags: [...] }"],
    ['an unknown property', { tag: 'x' }, 'pond.invalidate: option `tag` is unknown. Did you mean `tags`?'],
    [
      'two things at once',
      { tags: 'x', key: 'y' },
      'pond.invalidate: option `tags` cannot be given beside `task` or `key`. Each forgets by itself: call it twice.',
    ],
    ['tags and a task', { tags: 'x', task: 'y' }, 'option `tags` cannot be given beside `task` or `key`'],
    [
      'an empty list of tags',
      { tags: [] },
      'pond.invalidate: option `tags` names no tag (got []). Give { tags: [...] }',
    ],
    [
      'an empty tag',
      { tags: ['a', ''] },
      "pond.invalidate: option `tags[1]` must be a text that is not empty (got ''). Give 'products' or ['sku:1', 'sku:2'].",
    ],
    [
      'a number for a tag',
      { tags: ['a', 5] },
      'pond.invalidate: option `tags[1]` must be a text that is not empty (got 5)',
    ],
    [
      'a hole among the tags',
      { tags: ['a', , 'b'] },
      'option `tags[1]` must be a text that is not empty (got undefined)',
    ],
    ['a set of tags', { tags: new Set(['a']) }, 'option `tags` must be a text that is not empty (got Set'],
    [
      'a function that is no task',
      { task: () => 1 },
      'pond.invalidate: option `task` is no task (got [Function: task]). Give a method with @Task() or @Flow(), or what task(fn) or flow(fn) gave.',
    ],
    ['a service for a task', { task: new Base() }, 'pond.invalidate: option `task` is no task'],
    [
      'an empty text for a task',
      { task: '' },
      "pond.invalidate: option `task` must be a text that is not empty (got '')",
    ],
    [
      'an empty key',
      { task: Base.prototype.double, key: '' },
      "pond.invalidate: option `key` must be a text that is not empty (got '')",
    ],
    ['a key that is none', { key: 5 }, 'pond.invalidate: option `key` must be a text that is not empty (got 5)'],
    [
      'a task without a key function',
      { task: Base.prototype.plain },
      'pond.invalidate: option `task` names Base.plain, which has no key: nothing is stored. Give it a cacheKeyFn or a cachePolicy.',
    ],
    [
      'all of a task that shares its states',
      { task: shared },
      "pond.invalidate: option `task` names shared, which shares its states with other tasks (cacheKeyScope: 'shared'). Give their key, { key }, or their tags.",
    ],
    [
      'the key of a task with instanceKey',
      { task: secret, key: 'k' },
      'pond.invalidate: option `key` is not all of a key of perInstance, which has instanceKey too. Call invalidate(service).method(…) where a call would be made.',
    ],
    [
      'the key of a task with varyBy',
      { task: varied, key: 'k' },
      'pond.invalidate: option `key` is not all of a key of varied, which has varyBy too.',
    ],
    [
      'the key of a task that it does not know',
      { task: 'Unheard.of', key: 'k' },
      'pond.invalidate: option `task` names what was not called in this pond: its version is not known. Give the method itself, or leave out `key` to forget all its states.',
    ],
  ])('%s', (_, given, sentence) => {
    const { pond } = set();
    const act = () => pond.invalidate(given as InvalidationTarget);
    expect(act).toThrow(InvalidOptionsError);
    expect(act).toThrow(sentence);
  });

  it('whatever is none of these, by an InvalidOptionsError at once; nothing else ever comes of it', async () => {
    const part = fc.oneof(
      fc.anything({ withNullPrototype: true, withSparseArray: true, withMap: true }),
      fc.array(fc.string({ unit: 'binary' })),
      fc.constantFrom(Base.prototype.double, Base.prototype.plain, 'Base.double', () => 1, undefined),
      fc.string({ unit: 'binary' }),
    );
    const targets = fc.oneof(fc.anything(), fc.record({ tags: part, task: part, key: part }, { requiredKeys: [] }));
    const { pond } = set();
    await fc.assert(
      fc.asyncProperty(targets, fc.constantFrom('invalidate', 'expire'), async (target, verb) => {
        let answer: unknown;
        try {
          answer = pond[verb as 'expire'](target as InvalidationTarget);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionsError);
          return;
        }
        expect(await answer).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('reads own properties alone', () => {
    const { pond } = set();
    expect(() => pond.invalidate(Object.create({ tags: 'x' }) as InvalidationTarget)).toThrow(InvalidOptionsError);
  });

  it('names the verb that was called', () => {
    expect(() => set().pond.expire({} as never)).toThrow(/^pond\.expire: is not told/);
  });

  it('nothing of what instanceKey or varyBy tell apart, as a whole', async () => {
    const { pond } = set();
    const call = () => pond.run({ tenant: 'a' }, () => statusOf(returnState(varied)()));
    await call();
    await pond.invalidate({ task: varied });
    expect(await call()).toBe('miss');
  });

  it('nothing of options that a call was given: they have their own identity and version', async () => {
    const { pond, svc } = set();
    const newer = withOptions(svc, { version: 4 });
    newer.double(1);
    await pond.invalidate({ task: svc.double });
    expect(returnState(newer).double(1).cache?.reason).toBe('invalidated');
  });
});
