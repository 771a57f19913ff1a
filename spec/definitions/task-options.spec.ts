// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
import { describe, expect, it } from '@jest/globals';
import {
  CachePolicy,
  createPond,
  exponentialBackoff,
  Flow,
  flow,
  getTaskRunContext,
  INPUTS,
  InvalidOptionsError,
  memoryStore,
  NO_CACHE,
  RUN_ID,
  returnState,
  SyncTaskError,
  staticKey,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

type LooseDecorator = (
  ...options: unknown[]
) => (target: object, key: string | symbol, descriptor: PropertyDescriptor) => void;
const LooseTask = Task as unknown as LooseDecorator;
const LooseFlow = Flow as unknown as LooseDecorator;

function decorateTask(options: unknown): void {
  class Pricing {
    @LooseTask(options)
    async quote(sku: string): Promise<string> {
      return sku;
    }
  }
  void Pricing;
}

function decorateFlow(options: unknown): void {
  class Report {
    @LooseFlow(options)
    async make(day: string): Promise<string> {
      return day;
    }
  }
  void Report;
}

function thrown(act: () => unknown): InvalidOptionsError {
  try {
    act();
  } catch (error) {
    return error as InvalidOptionsError;
  }
  throw new Error('nothing was thrown');
}

const key = { cacheKeyFn: taskInputHash };
const notText = [5, '', {}, [], true, null, Symbol('x')];
const notFlag = [0, 1, 'true', null, {}];
const notFunction = [5, 'x', {}, null, true];
const notShare = [-0.1, 1.1, Number.NaN, '0.5', null, Number.POSITIVE_INFINITY];
const notPositive = [
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '20',
  '20 s',
  '-5s',
  '0s',
  'soon',
  {},
  { minute: 1 },
  null,
  true,
  [],
  5n,
];
const notPolicy = [5, 'INPUTS', taskInputHash, {}, null];
const notStore = [5, '', {}, null, [], { name: 'x', sync: true }];
const notDelay = [-1, Number.NaN, '1x', {}, null, true, [], ['1s', 'x'], [[1]]];
const notHooks = [5, 'x', {}, [5], [null], null];
const notRetries = [-1, 1.5, Number.NaN, '3', null, Number.POSITIVE_INFINITY, 1e9];

/** For every option: what else it needs, and values that it cannot have. */
const OF_TASKS: Record<string, readonly [object, readonly unknown[]]> = {
  name: [{}, notText],
  identity: [{}, notText],
  version: [{}, ['', Number.NaN, Number.POSITIVE_INFINITY, {}, null, true]],
  parameters: [{}, ['sku', [5], [''], [null], {}, null, ['a', 'a']]],
  async: [{}, [false, 1, 'true', null]],
  cacheKeyFn: [{}, notFunction],
  cachePolicy: [{}, notPolicy],
  cacheKeyScope: [key, ['global', '', 5, null, 'Task']],
  instanceKey: [key, notFunction],
  cacheExpiration: [key, notPositive],
  expirationJitter: [{ ...key, cacheExpiration: '1m' }, notShare],
  cacheIf: [key, notFunction],
  refreshCache: [key, notFlag],
  tags: [{}, ['x', [5], [''], {}, null]],
  store: [key, notStore],
  resultCopy: [key, ['copy', '', 5, null, true]],
  retries: [{}, notRetries],
  retryDelay: [{ retries: 1 }, notDelay],
  retryJitter: [{ retries: 1 }, notShare],
  retryIf: [{ retries: 1 }, notFunction],
  timeout: [{}, notPositive],
  concurrency: [{}, [0, -1, 1.5, Number.NaN, '2', null, Number.POSITIVE_INFINITY]],
  taskRunName: [{}, [5, '', {}, null, '{nothing}', 'quote {sku.name} {day}']],
  logPrints: [{}, notFlag],
  onRunning: [{}, notHooks],
  onCompletion: [{}, notHooks],
  onFailure: [{}, notHooks],
};

const OF_FLOWS: Record<string, readonly [object, readonly unknown[]]> = {
  ...Object.fromEntries(
    [
      ...[
        'name',
        'identity',
        'version',
        'parameters',
        'cacheKeyFn',
        'cachePolicy',
        'cacheExpiration',
        'cacheIf',
        'refreshCache',
      ],
      ...[
        'store',
        'retries',
        'retryDelay',
        'retryJitter',
        'retryIf',
        'timeout',
        'logPrints',
        'onRunning',
        'onCompletion',
        'onFailure',
      ],
    ].map((name) => [name, OF_TASKS[name] as readonly [object, readonly unknown[]]]),
  ),
  flowRunName: [{}, [5, '', {}, null, '{nothing}']],
};

const cases = (table: typeof OF_TASKS): [string, object, unknown][] =>
  Object.entries(table).flatMap(([option, [needs, values]]) =>
    values.map((value): [string, object, unknown] => [option, needs, value]),
  );

describe('an option of a task', () => {
  it.each(cases(OF_TASKS))('%s (beside %j) cannot be %p', (option, needs, value) => {
    const error = thrown(() => decorateTask({ ...needs, [option]: value }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.where).toBe('Pricing.quote');
    expect(error.option?.replace(/\[\d+\]$/, '')).toBe(option);
    expect(error.message).toMatch(new RegExp(`^Pricing\\.quote: option \`${option}\\b.*[^.]\\. \\S.*[.\\]}'…)]$`, 's'));
  });

  it('given as undefined is as if it were not given', () => {
    for (const option of Object.keys(OF_TASKS)) decorateTask({ [option]: undefined });
    for (const option of Object.keys(OF_FLOWS)) decorateFlow({ [option]: undefined });
  });

  it('that is unknown is refused, with the one that was probably meant', () => {
    expect(() => decorateTask({ cacheKeyFm: taskInputHash })).toThrow(
      'Pricing.quote: option `cacheKeyFm` is unknown. Did you mean `cacheKeyFn`?',
    );
    expect(() => decorateTask({ CACHEEXPIRATION: '1m' })).toThrow('Did you mean `cacheExpiration`?');
    expect(() => decorateTask({ retrys: 3 })).toThrow('Did you mean `retries`?');
    expect(() => decorateTask({ ttl: 5 })).toThrow(/option `ttl` is unknown\. Known options: .*cacheExpiration/);
    expect(() => decorateTask({ x: 5 })).toThrow('is unknown');
    expect(() => decorateTask({ ['q'.repeat(10_000)]: 5 })).toThrow('is unknown');
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(() => decorateTask(Object.defineProperty({}, name, { value: 5, enumerable: true }))).toThrow(
        `\`${name}\` is unknown`,
      );
    }
  });

  it.each<[object, string, RegExp]>([
    [{ cacheKeyFn: taskInputHash, cachePolicy: INPUTS }, 'cachePolicy', /contradicts `cacheKeyFn`/],
    [{ cacheExpiration: '1m' }, 'cacheExpiration', /no effect without a `cacheKeyFn` or `cachePolicy`/],
    [{ cacheIf: () => true }, 'cacheIf', /no effect without/],
    [{ refreshCache: true }, 'refreshCache', /no effect without/],
    [{ refreshCache: false }, 'refreshCache', /no effect without/],
    [{ cacheKeyScope: 'shared' }, 'cacheKeyScope', /no effect without/],
    [{ instanceKey: () => 'x' }, 'instanceKey', /no effect without/],
    [{ store: memoryStore() }, 'store', /no effect without/],
    [{ resultCopy: 'clone' }, 'resultCopy', /no effect without/],
    [{ expirationJitter: 0.1 }, 'expirationJitter', /no effect without/],
    [{ ...key, expirationJitter: 0.1 }, 'expirationJitter', /no effect without `cacheExpiration`/],
    [{ retryDelay: '1s' }, 'retryDelay', /no effect without `retries`/],
    [{ retries: 0, retryDelay: '1s' }, 'retryDelay', /no effect without `retries`/],
    [{ retryJitter: 0.1 }, 'retryJitter', /no effect without `retries`/],
    [{ retryIf: () => true }, 'retryIf', /no effect without `retries`/],
  ])('in %p is refused for the others', (options, option, message) => {
    const error = thrown(() => decorateTask(options));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.option).toBe(option);
    expect(error.message).toMatch(message);
  });

  it.each([
    [5],
    ['x'],
    [null],
    [[]],
    [[taskInputHash]],
    [new Map()],
    [new Date()],
    [INPUTS],
    [NO_CACHE],
    [Object.create({ retries: 3 })],
    [Promise.resolve({})],
  ])('is not read from %p', (options) => {
    expect(() => decorateTask(options)).toThrow(InvalidOptionsError);
    expect(() => decorateFlow(options)).toThrow(InvalidOptionsError);
    if (options !== null) expect(() => task(async () => 1, options as never)).toThrow(InvalidOptionsError);
  });

  it('may come from an instance of a class of the user’s own', async () => {
    class Config {
      readonly cacheKeyFn = staticKey('x');
      readonly cacheExpiration = '1m';
    }
    expect(() => decorateTask(new Config())).not.toThrow();
  });

  it('is read once: changing the object later changes nothing', async () => {
    const options = { cacheKeyFn: staticKey('x'), tags: ['a'] };
    const twin = task(async () => getTaskRunContext().taskRun.tags, { name: 'x', ...options, tags: options.tags });
    options.tags.push('b');
    expect(await createTestPond().run(() => twin())).toEqual(['a']);
  });

  it('can hold what is right', () => {
    decorateTask({
      name: 'quote',
      identity: 'Pricing.quote',
      version: 0,
      parameters: ['sku'],
      async: true,
      cacheKeyFn: taskInputHash,
      cacheKeyScope: 'shared',
      instanceKey: () => '',
      cacheExpiration: { minutes: 1 },
      expirationJitter: 1,
      cacheIf: () => true,
      refreshCache: false,
      tags: [],
      store: 'reports',
      resultCopy: 'freeze',
      retries: 3,
      retryDelay: ['1s', 0, '5s'],
      retryJitter: 0.5,
      retryIf: () => true,
      timeout: 1e15,
      concurrency: 1,
      taskRunName: 'quote {sku} {sku.name}',
      logPrints: false,
      onRunning: () => 1,
      onCompletion: [],
      onFailure: [() => 1, () => 2],
    });
  });
});

describe('an option of a flow', () => {
  it.each(cases(OF_FLOWS))('%s (beside %j) cannot be %p', (option, needs, value) => {
    const error = thrown(() => decorateFlow({ ...needs, [option]: value }));
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.where).toBe('Report.make');
    expect(error.option?.replace(/\[\d+\]$/, '')).toBe(option);
  });

  it.each([
    'taskRunName',
    'concurrency',
    'instanceKey',
    'tags',
    'async',
    'cacheKeyScope',
    'resultCopy',
    'expirationJitter',
  ])('is not %s, which belongs to tasks', (option) => {
    expect(() => decorateFlow({ [option]: 'x' })).toThrow(`option \`${option}\` is unknown`);
  });

  it('in contradiction is refused', () => {
    expect(() => decorateFlow({ cacheExpiration: '1m' })).toThrow('no effect without');
    expect(() => decorateFlow({ ...key, cachePolicy: INPUTS })).toThrow('contradicts');
    expect(() => decorateFlow({ retryDelay: 1 })).toThrow('no effect without');
  });
});

describe('a key function that is a task or flow', () => {
  const keyTask = task(() => 'x', { name: 'key' });
  const keyFlow = flow(() => 'x', { name: 'key' });

  it.each([
    ['a task', keyTask],
    ['a flow', keyFlow],
  ])('(%s) is refused', (_, fn) => {
    for (const act of [
      () => decorateTask({ cacheKeyFn: fn }),
      () => decorateFlow({ cacheKeyFn: fn }),
      () => decorateTask(fn),
    ]) {
      expect(act).toThrow(InvalidOptionsError);
      expect(act).toThrow(
        'is itself a task or flow. Give the undecorated function; a cache key function is not a task.',
      );
    }
  });

  it('is refused as a method too', () => {
    class Keys {
      @Task()
      static make(): string {
        return 'x';
      }
    }
    expect(() => decorateTask({ cacheKeyFn: Keys.make })).toThrow('is itself a task or flow');
  });

  it('is refused when it is a policy', () => {
    expect(() => decorateTask({ cacheKeyFn: INPUTS })).toThrow(
      'is a cache policy, not a function. Give it as cachePolicy.',
    );
  });
});

describe('an option of one call', () => {
  const quote = task(async (sku: string) => sku, { name: 'quote', cacheKeyFn: taskInputHash });
  const plain = task(async (sku: string) => sku, { name: 'plain' });

  it.each<[object, string]>([
    [{ name: 'x' }, 'name'],
    [{ identity: 'x' }, 'identity'],
    [{ parameters: [] }, 'parameters'],
    [{ async: true }, 'async'],
  ])('cannot be %p, which belongs to the task', (options, option) => {
    expect(() => withOptions(quote, options as never)('x')).toThrow(
      `withOptions(quote): option \`${option}\` belongs to the task`,
    );
  });

  it('is checked as at decoration', () => {
    expect(() => withOptions(quote, { cacheExpiration: 'soon' } as never)('x')).toThrow(InvalidOptionsError);
    expect(() => withOptions(quote, { refreshcache: true } as never)('x')).toThrow('Did you mean `refreshCache`?');
    expect(() => withOptions(plain, { cacheExpiration: '1m' })('x')).toThrow('no effect without');
    expect(() => withOptions(quote, { signal: 5 } as never)('x')).toThrow(InvalidOptionsError);
    expect(() => withOptions(quote, null as never)).toThrow(InvalidOptionsError);
  });

  it('can put a policy in the place of a key function, and the other way about', async () => {
    const pond = createTestPond();
    const byPolicy = task(async (sku: string) => sku, { name: 'byPolicy', cachePolicy: INPUTS });
    const states = await pond.run(async () => [
      await returnState(withOptions(quote, { cachePolicy: NO_CACHE }))('x'),
      await returnState(withOptions(byPolicy, { cacheKeyFn: staticKey('one') }))('x'),
      await returnState(withOptions(quote, { cacheKeyFn: undefined }))('x'),
    ]);
    expect(states.map((state) => [state.cache?.reason, state.cacheKey])).toEqual([
      ['no-key', undefined],
      ['first-seen', 'one'],
      ['no-key', undefined],
    ]);
  });
});

describe('the options of a pond’s tasks', () => {
  it('hold where a task says nothing, and give way where it does', async () => {
    const pond = createTestPond({
      taskDefaults: { cacheKeyFn: staticKey('default'), cacheExpiration: '1m', retries: 2 },
    });
    const plain = task(async () => 1, { name: 'plain' });
    const own = task(async () => 1, { name: 'own', cachePolicy: INPUTS });
    const none = task(async () => 1, { name: 'none', cachePolicy: NO_CACHE });
    const states = await pond.run(async () => [
      await returnState(plain)(),
      await returnState(own)(),
      await returnState(none)(),
    ]);
    expect(states.map((state) => state.cacheKey)).toEqual(['default', '0()', undefined]);
    expect(states[0]?.cacheExpiration?.getTime()).toBe(pond.clock.now() + 60_000);
  });

  it('are left out where they would have no effect', async () => {
    const pond = createTestPond({
      taskDefaults: { cacheExpiration: '1m', resultCopy: 'clone', expirationJitter: 0.5, retryDelay: '1s' },
    });
    const plain = task(async () => 1, { name: 'plain' });
    expect(await pond.run(() => plain())).toBe(1);
  });

  it.each(['name', 'identity', 'parameters', 'async'])('cannot be %s', (option) => {
    const value = { name: 'x', identity: 'x', parameters: ['x'], async: true }[option];
    expect(() => createPond({ taskDefaults: { [option]: value } as never })).toThrow(
      `option \`taskDefaults.${option}\` belongs to one task`,
    );
  });

  it('are checked', () => {
    expect(() => createPond({ taskDefaults: { retries: -1 } })).toThrow(/createPond, taskDefaults: option `retries`/);
  });
});

describe('a synchronous task', () => {
  it.each([{ timeout: '1s' }, { concurrency: 2 }, { retries: 1, retryDelay: '1s' }])(
    'that is typed so cannot have %j',
    (options) => {
      const define = (): void => {
        class Maths {
          @LooseTask(options)
          double(n: number): number {
            return n * 2;
          }
        }
        void Maths;
      };
      expect(define).toThrow(SyncTaskError);
      expect(define).toThrow(
        /^Maths\.double is synchronous, but its option `(timeout|concurrency|retryDelay)` needs a promise/,
      );
    },
  );

  it('may wait for nothing between retries', () => {
    class Maths {
      @Task({ retries: 2, retryDelay: 0 })
      double(n: number): number {
        return n * 2;
      }
    }
    expect(createTestPond().bind(new Maths()).double(2)).toBe(4);
  });
});

describe('exponentialBackoff', () => {
  it('doubles from its base', () => {
    const delay = exponentialBackoff('1s');
    expect([1, 2, 3, 4].map(delay)).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it.each([0, -1, 'x', Number.NaN, null])('refuses %p', (base) => {
    expect(() => exponentialBackoff(base as never)).toThrow(InvalidOptionsError);
  });
});

describe('Object.prototype', () => {
  /** One value per option that would be seen if it were read. */
  const pollution: Record<string, unknown> = {
    ttl: 0,
    retries: 5,
    retryDelay: 1_000,
    retryIf: () => true,
    cacheKeyFn: () => 'polluted',
    cachePolicy: CachePolicy.fromKeyFn(() => 'polluted'),
    cacheExpiration: 1,
    cacheIf: () => false,
    cacheKeyScope: 'shared',
    instanceKey: () => 'polluted',
    expirationJitter: 1,
    refreshCache: true,
    resultCopy: 'clone',
    tags: ['polluted'],
    timeout: 1,
    concurrency: 1,
    version: 'polluted',
    identity: 'polluted',
    parameters: ['polluted'],
    taskRunName: 'polluted',
    flowRunName: 'polluted',
    logPrints: true,
    async: true,
    maxEntries: 1,
    maxBytes: 1,
    sizeOf: () => 1e9,
    caching: 'off',
    onStoreError: 'fail',
    storeTimeout: 1,
    taskDefaults: { retries: 5 },
    namespace: 'polluted',
    signal: 'polluted',
    onRunning: [
      () => {
        throw new Error('polluted');
      },
    ],
  };

  /** Everything that options decide, told as data. */
  async function behaviour(): Promise<unknown> {
    const pond = createTestPond({ store: memoryStore({}) });
    let runs = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash })
      async load(_id: number): Promise<object> {
        runs++;
        return { runs };
      }
      @Task()
      async fail(): Promise<never> {
        runs++;
        throw new Error('no');
      }
      @Task({})
      double(n: number): number {
        return n * 2;
      }
      @Flow()
      async all(): Promise<unknown> {
        const view = returnState(this as Service);
        const states = [await view.load(1), await view.load(1), await view.load(2), await view.fail(), view.double(2)];
        states.push(await returnState(withOptions(this as Service, { refreshCache: false })).load(1));
        const [, hit] = states;
        return [
          states.map((state) => [
            String(state),
            state.cache?.status,
            state.cache?.reason,
            state.cacheKey,
            state.cacheExpiration,
          ]),
          hit?.result() === states[0]?.result(),
          runs,
          getRunName(states[0]?.cache?.origin ?? hit?.cache?.origin),
        ];
      }
    }
    return pond.run({}, () => new Service().all());
  }

  it.each(Object.keys(pollution))('with %s on it changes nothing', async (name) => {
    const before = await behaviour();
    Object.defineProperty(Object.prototype, name, {
      value: pollution[name],
      configurable: true,
      writable: true,
      enumerable: true,
    });
    let after: unknown;
    try {
      after = await behaviour();
    } finally {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
    expect(after).toEqual(before);
  });
});

function getRunName(origin: { readonly taskRunName: string } | undefined): string | undefined {
  return origin?.taskRunName;
}

describe('a policy of one task', () => {
  it('is taken as an option', async () => {
    const state = await createTestPond().run(() =>
      returnState(task(async () => 1, { name: 'x', cachePolicy: RUN_ID }))(),
    );
    expect(state.cache?.reason).toBe('no-flow-run');
  });
});
