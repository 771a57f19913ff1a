import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  flow,
  getTaskRunContext,
  MissingContextError,
  memoryStore,
  returnState,
  submit,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { AsyncStore, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

class Reports {
  runs = 0;
  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
  async monthly(_month: string): Promise<string> {
    this.runs++;
    return `report of ${String(getTaskRunContext().values.tenant)}`;
  }
  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant', 'roles'] })
  total(_month: string): number {
    return ++this.runs;
  }
}

describe('varyBy', () => {
  it('keeps two tenants apart, same task and same inputs', async () => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const as = (tenant: unknown) => pond.run({ tenant }, () => reports.monthly('may'));
    expect(await Promise.all([as('a'), as('b'), as('a'), as('b')])).toEqual([
      'report of a',
      'report of b',
      'report of a',
      'report of b',
    ]);
    expect(reports.runs).toBe(2);
    expect(await as('a')).toBe('report of a');
    expect(reports.runs).toBe(2);
  });

  it.each([
    ['nothing set', undefined],
    ['undefined', { tenant: undefined }],
    ['null', { tenant: null }],
    ['another name', { tenent: 'a' }],
    ['an inherited value', Object.create({ tenant: 'a' }) as object],
  ])('throws where the tenant is missing: %s', async (_what, values) => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const call = () => (values === undefined ? reports.monthly('may') : pond.run(values, () => reports.monthly('may')));
    await expect(call()).rejects.toBeInstanceOf(MissingContextError);
    await expect(call()).rejects.toThrow(
      "Reports.monthly varies by 'tenant', which is not set. Call it inside pond.run({ tenant: … }, () => …), or let `values` of FlowpondModule give it",
    );
    expect(reports.runs).toBe(0);
    expect(String(await returnState(reports).monthly('may'))).toContain('Crashed(');
  });

  it.each(['off', 'refresh', 'on'] as const)('throws for a missing tenant with caching %s alike', async (caching) => {
    const pond = pondUnderTest({ caching });
    const reports = pond.bind(new Reports());
    await expect(reports.monthly('may')).rejects.toBeInstanceOf(MissingContextError);
    expect(() => reports.total('may')).toThrow(MissingContextError);
    expect(await pond.run({ tenant: 1 }, () => reports.monthly('may'))).toBe('report of 1');
  });

  it('takes 0, the empty text and false for values, each its own', async () => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const seen = [];
    for (const tenant of [0, '', '0', false, 'false', Number.NaN, 1n, [1], { id: 1 }])
      seen.push(await pond.run({ tenant, roles: [] }, () => reports.total('may')));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('misses when a role changes', async () => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const as = (roles: readonly string[]) => pond.run({ tenant: 'a', roles }, () => reports.total('may'));
    expect([as(['reader']), as(['reader', 'admin']), as(['reader'])]).toEqual([1, 2, 1]);
  });

  it('runs uncached for a value that has no content to tell apart', async () => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const values = { tenant: 'a', roles: () => ['admin'] };
    const state = () => pond.run(values, () => returnState(reports).total('may'));
    expect([state().cache?.reason, state().cache?.reason]).toEqual(['unhashable', 'unhashable']);
    expect(reports.runs).toBe(2);
  });

  it('holds for submitted runs, nested tasks and subflows of the entry point', async () => {
    const pond = pondUnderTest();
    const reports = pond.bind(new Reports());
    const night = flow(async () => Promise.all([submit(reports).monthly('may').result(), reports.monthly('may')]), {
      name: 'night',
    });
    expect(await pond.run({ tenant: 'a' }, () => night())).toEqual(['report of a', 'report of a']);
    expect(await pond.run({ tenant: 'b' }, () => night())).toEqual(['report of b', 'report of b']);
    expect(reports.runs).toBe(2);
  });

  it('keeps tenants apart in the shared scope too, and from keys that look like theirs', async () => {
    const pond = pondUnderTest();
    let runs = 0;
    const options = { cacheKeyScope: 'shared', cacheKeyFn: (_: unknown, p: { key: string }) => p.key } as const;
    const varied = task(async (key: string) => `${key} ${++runs}`, { name: 'varied', ...options, varyBy: ['tenant'] });
    const plain = task(async (key: string) => `${key} ${++runs}`, { name: 'plain', ...options });
    expect(await pond.run({ tenant: 'a' }, () => varied('k'))).toBe('k 1');
    expect(await pond.run({ tenant: 'b' }, () => varied('k'))).toBe('k 2');
    const state = await pond.run({ tenant: 'a' }, () => returnState(varied)('k'));
    expect(state.isCached()).toBe(true);
    const look = withOptions(plain, {});
    for (const key of ['k', '12:[["tenant","a"]]k', 'a', state.cache?.digest ?? ''])
      expect(await look(key)).toMatch(/ \d/);
    expect(runs).toBe(6);
  });

  it('is refused without a key, and with names that are no texts', () => {
    expect(() => Task({ varyBy: ['tenant'] })(Reports.prototype, 'monthly', {})).toThrow();
    expect(() => task(async () => 1, { name: 'x', varyBy: ['tenant'] })).toThrow(/`varyBy` has no effect without/);
    expect(() => task(async () => 1, { name: 'x', cacheKeyFn: taskInputHash, varyBy: 'tenant' as never })).toThrow(
      /must be a list of texts/,
    );
  });

  it.each([
    ['memory', () => memoryStore()],
    ['an asynchronous store', () => new AsyncStore()],
  ])('never serves one tenant the value of another, whatever they are called: %s', async (_name, store) => {
    const pond = pondUnderTest({ store: store() });
    const who = task(async (_input: string) => getTaskRunContext().values.tenant, {
      name: 'who',
      cacheKeyFn: (_, p: { _input: string }) => p._input,
      varyBy: ['tenant'],
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 })), { maxLength: 20 }),
        async (calls) => {
          const seen = await Promise.all(calls.map(([tenant, input]) => pond.run({ tenant }, () => who(input))));
          expect(seen).toEqual(calls.map(([tenant]) => tenant));
        },
      ),
    );
  });
});
