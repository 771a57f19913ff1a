import { describe, expect, it } from '@jest/globals';
import {
  configure,
  createPond,
  InvalidOptionsError,
  memoryStore,
  type PondOptions,
  returnState,
  task,
} from '../../lib/index.js';
import { fromEnvironment } from '../../lib/pond/options.js';
import { PondRuntime } from '../../lib/pond/pond-runtime.js';
import { createTestPond, fakeClock } from '../../lib/testing/index.js';

describe('createPond', () => {
  it.each<[string, unknown]>([
    ['store', {}],
    ['store', 'memory'],
    ['store', null],
    ['stores', null],
    ['stores', 5],
    ['stores', [memoryStore()]],
    ['caching', 'On'],
    ['caching', true],
    ['onStoreError', 'ignore'],
    ['storeTimeout', 0],
    ['storeTimeout', -1],
    ['storeTimeout', Number.NaN],
    ['storeTimeout', '1 second'],
    ['storeTimeout', Number.POSITIVE_INFINITY],
    ['logger', null],
    ['logger', 'console'],
    ['logger', {}],
    ['logger', { debug() {}, info() {}, warn() {} }],
    ['logLevel', 'verbose'],
    ['logLevel', 3],
    ['logFormat', 'xml'],
    ['logPrints', 'yes'],
    ['clock', {}],
    ['clock', Date],
    ['clock', null],
    ['namespace', 5],
    ['taskDefaults', 5],
  ])('refuses %s: %p and names it', (option, value) => {
    const given = { [option]: value } as PondOptions;
    for (const make of [() => createPond(given), () => configure(given)]) {
      expect(make).toThrow(InvalidOptionsError);
      expect(make).toThrow(new RegExp(`^(createPond|configure).*${option}`));
    }
  });

  it.each([null, 5, 'x', [], () => 1])('refuses %p for its options', (given) => {
    expect(() => createPond(given as never)).toThrow(/createPond: takes an options object/);
  });

  it('names the nearest option where one is misspelt', () => {
    expect(() => createPond({ loglevel: 'info' } as never)).toThrow(
      /option `loglevel` is unknown\. Did you mean `logLevel`\?/,
    );
  });

  it('names a bad store among several, and a bad task default', () => {
    expect(() => createPond({ stores: { good: memoryStore(), bad: {} as never } })).toThrow(
      /option `stores\.bad` is no store/,
    );
    expect(() => createPond({ taskDefaults: { retries: -1 } })).toThrow(/createPond, taskDefaults: option `retries`/);
    for (const own of ['name', 'identity'] as const) {
      expect(() => createPond({ taskDefaults: { [own]: 'x' } as never })).toThrow(/belongs to one task/);
    }
  });

  it('reads own properties only', () => {
    const prototype = Object.prototype as { caching?: string; logLevel?: string };
    try {
      prototype.caching = 'off';
      prototype.logLevel = 'nonsense';
      expect(createPond({}).runtime.caching).toBe('on');
      expect(createPond().runtime.log.enabled('warn')).toBe(true);
    } finally {
      delete prototype.caching;
      delete prototype.logLevel;
    }
  });

  it('leaves a pond as it was when new options are refused', () => {
    const pond = configure({ namespace: 'kept' });
    expect(() => configure({ namespace: 'other', logger: {} })).toThrow(InvalidOptionsError);
    expect(() => configure({ namespace: 'other', caching: 'no' as never })).toThrow(InvalidOptionsError);
    expect(pond.runtime.namespace).toBe('kept');
    configure({ namespace: undefined });
  });
});

describe('options that change', () => {
  const setUp = () => {
    let runs = 0;
    const counted = task(async () => ++runs, { name: 'counted', cacheKeyFn: () => 'k', cacheExpiration: '10s' });
    return { counted };
  };

  it('caching: nothing is looked up, everything is renewed, or all is as ever', async () => {
    const { counted } = setUp();
    const pond = createTestPond();
    const call = () => pond.run(() => returnState(counted)());
    const { runtime } = pond;
    expect((await call()).result()).toBe(1);
    runtime.apply({ caching: 'off' });
    expect((await call()).cache).toMatchObject({ status: 'bypass', reason: 'off' });
    runtime.apply({ caching: 'refresh' });
    expect((await call()).cache).toMatchObject({ status: 'refresh', reason: 'refresh' });
    runtime.apply({ caching: 'on' });
    const last = await call();
    expect([last.name, last.result()]).toEqual(['Cached', 3]);
  });

  it('clock: the store goes by the new one', async () => {
    const { counted } = setUp();
    const pond = createTestPond();
    await pond.run(() => counted());
    const other = fakeClock(pond.clock.now());
    pond.runtime.apply({ clock: other });
    await pond.run(() => counted());
    await other.advance('10s');
    expect(await pond.run(() => counted())).toBe(2);
  });

  it('store, namespace and task defaults', async () => {
    const { counted } = setUp();
    const pond = createTestPond();
    const { runtime } = pond;
    const call = () => pond.run(() => counted());
    await call();
    runtime.apply({ namespace: 'other' });
    expect(await call()).toBe(2);
    runtime.apply({ namespace: undefined });
    expect(await call()).toBe(1);
    runtime.apply({ store: memoryStore() });
    expect(await call()).toBe(3);
    runtime.apply({ taskDefaults: { refreshCache: true } });
    expect(await call()).toBe(4);
    runtime.apply({ taskDefaults: {} });
    expect(await call()).toBe(4);
  });

  it('logger and level, for runs from then on, each line once', async () => {
    const lines: string[] = [];
    const add = (message: string): void => void lines.push(message);
    const logger = { debug: add, info: add, warn: add, error: add };
    const { counted } = setUp();
    const pond = createTestPond({ logger });
    await pond.run(() => counted());
    expect(lines).toEqual([]);
    pond.runtime.apply({ logLevel: 'info' });
    pond.runtime.apply({ logLevel: 'info' });
    await pond.run(() => counted());
    expect(lines).toEqual([expect.stringContaining('Cached(type=COMPLETED)')]);
    pond.runtime.apply({ logLevel: 'silent' });
    await pond.run(() => counted());
    expect(lines).toHaveLength(1);
  });

  it('a store that no pond has is an error naming those it has', async () => {
    const pond = createTestPond({ stores: { reports: memoryStore() } });
    const good = task(async () => 1, { name: 'good', cacheKeyFn: () => 'k', store: 'reports' });
    const bad = task(async () => 1, { name: 'bad', cacheKeyFn: () => 'k', store: 'repotrs' });
    expect((await pond.run(() => returnState(good)())).name).toBe('Completed');
    const call = pond.run(() => bad()); // an asynchronous task never throws at once
    await expect(call).rejects.toThrow(/bad: option `store` names no store of the pond.*'repotrs'.*It has 'reports'/);
  });
});

describe('the environment', () => {
  it('is read without regard to case, and an empty variable is none', () => {
    expect(fromEnvironment({ FLOWPOND_LOG: 'INFO', FLOWPOND_LOG_FORMAT: 'Json', FLOWPOND_CACHING: '' })).toEqual({
      options: { logLevel: 'info', logFormat: 'json' },
      faults: [],
    });
  });

  it('with values that nobody knows gives sentences, and the good ones count', () => {
    const { options, faults } = fromEnvironment({
      FLOWPOND_LOG: 'loud',
      FLOWPOND_LOG_FORMAT: 'xml',
      FLOWPOND_CACHING: 'off',
    });
    expect(options).toEqual({ caching: 'off' });
    expect(faults).toEqual([
      expect.stringMatching(/`FLOWPOND_LOG` must be 'silent' or .*got 'loud'/),
      expect.stringMatching(/`FLOWPOND_LOG_FORMAT` must be/),
    ]);
  });

  it('yields to options, and holds again where an option is undefined', () => {
    const environment = { caching: 'off', logLevel: 'error' } as const;
    expect(new PondRuntime({ caching: 'on' }, environment, 'x').caching).toBe('on');
    const runtime = new PondRuntime({ caching: undefined, logLevel: undefined }, environment, 'x');
    expect(runtime.caching).toBe('off');
    expect(runtime.log.enabled('warn')).toBe(false);
    runtime.apply({ caching: 'refresh' });
    expect(runtime.caching).toBe('refresh');
    runtime.apply({ caching: undefined });
    expect(runtime.caching).toBe('off');
  });
});
