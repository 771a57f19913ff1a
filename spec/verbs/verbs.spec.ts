import { describe, expect, it } from '@jest/globals';
import {
  flow,
  getRunContext,
  InvalidOptionsError,
  map,
  NotATaskError,
  original,
  refresh,
  returnState,
  State,
  submit,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { Pricing } from './service.js';

const set = () => {
  const pond = createTestPond();
  return { pond, svc: pond.bind(new Pricing()) };
};

describe('every verb', () => {
  type Verb = (target: object, ...method: readonly unknown[]) => object;
  const loose = { returnState, submit, map, refresh, original, withOptions: (svc: object) => withOptions(svc, {}) };
  const verbs = loose as unknown as Readonly<Record<string, Verb>>;

  it.each(Object.entries(verbs))(
    '%s refuses a method that is not decorated, by name, when it is called',
    (name, verb) => {
      const { svc } = set();
      const view = verb(svc) as unknown as Pricing;
      expect(() => view.plain(1)).toThrow(NotATaskError);
      expect(() => view.plain(1)).toThrow(`${name}: Pricing.plain is not a task`);
      expect(() => (verb(Pricing) as unknown as { from(): void }).from).not.toThrow();
      expect((view as unknown as { nothing?: unknown }).nothing).toBeUndefined();
    },
  );

  it.each(Object.entries(verbs))('%s refuses what has no methods, and functions that are no tasks', (_, verb) => {
    for (const target of [undefined, null, 1, 'svc', Symbol('x')])
      expect(() => verb(target as never)).toThrow(NotATaskError);
    if (verb === verbs.withOptions) return;
    expect(() => verb(new Pricing(), new Pricing().plain)).toThrow(/plain is not a task/);
    expect(() => verb(new Pricing(), undefined)).toThrow(NotATaskError);
    expect(() => verb(new Pricing(), () => 1)).toThrow(NotATaskError);
  });

  it('makes a view that can be awaited, printed and asked for its methods', async () => {
    const { svc } = set();
    const view = returnState(svc);
    await expect(Promise.resolve(view)).resolves.toBe(view);
    expect('quote' in view).toBe(true);
    expect('nothing' in view).toBe(false);
  });

  it('works on the services of this, on private methods, through await', async () => {
    const { svc } = set();
    expect(await svc.viaThis(3)).toEqual(['Completed', 'Completed', 'Cached', 6]);
    expect(svc.runs).toEqual(['hidden 3', '31', 'hidden 3']);
  });

  it('keeps the receiver: heirs, overrides and super', async () => {
    class Base {
      @Task({ cacheKeyFn: taskInputHash })
      async name(x: number) {
        return `${this.constructor.name} ${x}`;
      }
    }
    class Heir extends Base {
      @Task({ cacheKeyFn: taskInputHash })
      override async name(x: number) {
        return `heir of ${await super.name(x)}`;
      }
    }
    const pond = createTestPond();
    const state = await pond.run(() => returnState(new Heir()).name(1));
    expect(state.result()).toBe('heir of Heir 1');
    expect((await pond.run(() => returnState(new Base()).name(1))).result()).toBe('Base 1');
    expect(await pond.run(() => original(new Heir()).name(1))).toBe('heir of Heir 1');
  });
});

describe('returnState', () => {
  it('gives the state of a synchronous task at once, of an asynchronous one as a promise', async () => {
    const { svc } = set();
    const sync = returnState(svc).sum(1, 2);
    expect(sync).toBeInstanceOf(State);
    expect([sync.name, sync.result()]).toEqual(['Completed', 3]);
    expect(String(returnState(svc).sum(1, 2))).toBe('Cached(type=COMPLETED)');
    const promise = returnState(svc).quote('A1', 2);
    expect(promise).toBeInstanceOf(Promise);
    expect((await promise).result()).toBe(4);
  });

  it('never throws for a failed run; the state throws the very object', async () => {
    const { svc } = set();
    for (const error of [new Error('x'), 'text', undefined, null, 0]) {
      for (const state of [await returnState(svc).fail(error), returnState(svc).failSync(error)]) {
        expect(state.isFailed()).toBe(true);
        let thrown: unknown = 'nothing';
        try {
          state.result();
        } catch (caught) {
          thrown = caught;
        }
        expect(thrown).toBe(error);
      }
    }
  });

  it('works on static methods, twins and flows', async () => {
    const pond = createTestPond();
    Pricing.runs = [];
    const twin = task(async (x: number) => x, { name: 'twin', cacheKeyFn: taskInputHash });
    await pond.run(async () => {
      expect((await returnState(Pricing).rate('EUR')).name).toBe('Completed');
      expect((await returnState(Pricing).rate('EUR')).name).toBe('Cached');
      expect((await returnState(twin)(1)).name).toBe('Completed');
      expect((await returnState(twin)(1)).name).toBe('Cached');
      const report = await returnState(new Pricing()).report('monday');
      expect([report.name, report.result(), report.cache?.reason]).toEqual(['Completed', ['monday', 2], 'no-key']);
    });
    expect(Pricing.runs).toEqual(['EUR']);
  });
});

describe('withOptions', () => {
  it('changes the calls of the view and no others', async () => {
    const { svc } = set();
    const view = withOptions(svc, { refreshCache: true });
    await svc.quote('A1');
    await view.quote('A1');
    await view.quote('A1');
    await svc.quote('A1');
    expect(svc.runs).toEqual(['A11', 'A11', 'A11']);
  });

  it('reads and writes the same states as the calls without', async () => {
    const { svc } = set();
    expect(await withOptions(svc, { retries: 2 }).quote('A1')).toBe(2);
    expect((await returnState(svc).quote('A1')).name).toBe('Cached');
    expect((await returnState(withOptions(svc, { version: 2 })).quote('A1')).cache?.reason).toBe('version-changed');
  });

  it('composes with the other verbs, both ways, the later option first', async () => {
    const { svc } = set();
    await svc.quote('A1');
    const refreshing = withOptions(svc, { refreshCache: true });
    expect((await returnState(refreshing).quote('A1')).cache?.status).toBe('refresh');
    expect((await submit(refreshing).quote('A1').wait()).cache?.status).toBe('refresh');
    const [future] = map(refreshing).quote(['A1']);
    expect((await future?.wait())?.cache?.status).toBe('refresh');
    expect((await returnState(withOptions(refreshing, { refreshCache: false })).quote('A1')).cache?.status).toBe('hit');
    expect((await returnState(withOptions(refreshing, { retries: 1 })).quote('A1')).cache?.status).toBe('refresh');
    expect((await returnState(refresh(withOptions(svc, { version: 'x' }))).quote('A1')).cache?.status).toBe('refresh');
  });

  it('takes a method of its own, also through other verbs', async () => {
    const { svc } = set();
    await svc.quote('A1');
    expect((await returnState(withOptions(svc, svc.quote, { refreshCache: true }))('A1')).cache?.status).toBe(
      'refresh',
    );
    expect((await returnState(withOptions(svc, { refreshCache: true }), svc.quote)('A1')).cache?.status).toBe(
      'refresh',
    );
    const twin = task(async (x: number) => x, { name: 'twin', cacheKeyFn: taskInputHash });
    await svc.quote('A1');
    const state = await createTestPond().run(() => returnState(withOptions(twin, { version: 3 }))(1));
    expect(state.name).toBe('Completed');
  });

  it('unsets what is given as undefined', async () => {
    const { svc } = set();
    const uncached = withOptions(svc, { cacheKeyFn: undefined });
    expect((await returnState(uncached).quote('A1')).cache).toMatchObject({ status: 'bypass', reason: 'no-key' });
    const controller = new AbortController();
    controller.abort();
    const aborted = withOptions(svc, { signal: controller.signal });
    expect((await returnState(aborted).quote('A1')).name).toBe('Cancelled');
    expect((await returnState(withOptions(aborted, { retries: 1 })).quote('A1')).name).toBe('Cancelled');
    expect((await returnState(withOptions(aborted, { signal: undefined })).quote('A1')).name).toBe('Completed');
  });

  it('turns the retries of a task off, with their delays', async () => {
    let attempts = 0;
    const failing = async (): Promise<never> => {
      attempts++;
      throw new Error('supplier is down');
    };
    const quote = task(failing, { name: 'quote', retries: 3, retryDelay: '1s', retryJitter: 0.5, retryIf: () => true });
    await expect(withOptions(quote, { retries: 0 })()).rejects.toThrow('supplier is down');
    expect(attempts).toBe(1);
    expect(() => withOptions(quote, { retries: 0, retryDelay: '2s' })()).toThrow(/`retryDelay` has no effect/);
  });

  it('refuses bad options, contradictions and what belongs to the task, naming the method', () => {
    const { svc } = set();
    const call = (options: object) => () => withOptions(svc, options as never).sum(1, 2);
    expect(call({ retires: 1 })).toThrow(
      /withOptions\(Pricing\.sum\): option `retires` is unknown\. Did you mean `retries`/,
    );
    expect(call({ retries: -1 })).toThrow(InvalidOptionsError);
    expect(call({ retryIf: () => true })).toThrow(/has no effect without `retries`/);
    for (const own of ['name', 'identity', 'parameters', 'async'])
      expect(call({ [own]: 'x' })).toThrow(/belongs to the task, not to a call/);
    for (const options of [undefined, null, 5, 'x'])
      expect(() => withOptions(svc, options as never)).toThrow(/withOptions: takes options/);
    expect(() => withOptions(svc, { signal: {} as never })).toThrow(/option `signal` is no AbortSignal/);
  });

  it('reads own properties only', async () => {
    const { svc } = set();
    const prototype = Object.prototype as { signal?: unknown; refreshCache?: unknown };
    await svc.quote('A1');
    try {
      prototype.signal = AbortSignal.abort();
      prototype.refreshCache = true;
      expect((await returnState(withOptions(svc, {})).quote('A1')).name).toBe('Cached');
      expect((await returnState(withOptions(svc, { version: undefined })).quote('A1')).name).toBe('Cached');
      expect((await returnState(svc).quote('A1')).name).toBe('Cached');
      expect(await createTestPond().run(() => svc.quote('A1'))).toBe(2);
    } finally {
      delete prototype.signal;
      delete prototype.refreshCache;
    }
  });

  it('leaves a long-lived signal without listeners when its runs are over', async () => {
    const { svc } = set();
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => [listeners++, add(...args)],
      removeEventListener: (...args: Parameters<typeof remove>) => [listeners--, remove(...args)],
    });
    const reader = task(async () => void getRunContext().signal.aborted, { name: 'reader' });
    const view = withOptions(svc, { signal });
    await Promise.all([
      view.quote('A1'),
      view.quote('A1'),
      view.sum(1, 2),
      view.report('x'),
      withOptions(reader, { signal })(),
    ]);
    await view.fail(1).catch(() => {});
    await createTestPond().run({ signal }, () =>
      Promise.all([reader(), svc.quote('B'), submit(svc).report('x').wait()]),
    );
    expect(listeners).toBe(0);
  });

  it('of a twin that hangs on an object and is called bare is the same task', async () => {
    const pond = createTestPond();
    const twin = task(async (x: number) => x, { name: 'twin', cacheKeyFn: taskInputHash });
    const holder = { twin };
    await pond.run(async () => {
      await holder.twin(1);
      expect((await returnState(withOptions(twin, { retries: 1 }))(1)).name).toBe('Cached');
      expect((await returnState(twin)(1)).name).toBe('Cached');
    });
    pond.runtime.apply({});
    expect((await pond.run(() => returnState(twin)(1))).name).toBe('Cached');
  });
});

describe('refresh', () => {
  it('runs, overwrites, and gives the new value, of a synchronous task at once', async () => {
    const { svc } = set();
    let runs = 0;
    const counted = task(async () => ++runs, { name: 'counted', cacheKeyFn: () => 'k' });
    const pond = createTestPond();
    await pond.run(async () => {
      expect([await counted(), await refresh(counted)(), await counted()]).toEqual([1, 2, 2]);
    });
    svc.sum(1, 2);
    expect(refresh(svc).sum(1, 2)).toBe(3);
    expect(svc.runs).toEqual(['1+2', '1+2']);
  });

  it('keeps the old value where the new run fails', async () => {
    let runs = 0;
    const flaky = task(
      async () => {
        if (++runs === 2) throw new Error('down');
        return runs;
      },
      { name: 'flaky', cacheKeyFn: () => 'k' },
    );
    await createTestPond().run(async () => {
      expect(await flaky()).toBe(1);
      await expect(refresh(flaky)()).rejects.toThrow('down');
      expect(await flaky()).toBe(1);
    });
  });

  it('of a task that is not cached is refused with the reason', async () => {
    const { svc } = set();
    expect(() => refresh(svc).failSync(1)).toThrow(/option `refreshCache` has no effect without/);
  });
});

describe('original', () => {
  it('calls the method itself: no run, no state, whatever is stored', async () => {
    const { pond, svc } = set();
    const seen: string[] = [];
    await svc.quote('A1');
    for (const name of ['task:Pending', 'task:Completed', 'task:Cached'] as const)
      pond.events.on(name, () => seen.push(name));
    expect(await original(svc).quote('A1')).toBe(2);
    expect(original(svc).sum(1, 2)).toBe(3);
    expect(await original(Pricing).rate('EUR')).toBe(3);
    expect(original(task((x: number) => x + 1, { name: 'inc' }))(1)).toBe(2);
    expect(original(svc, svc.sum)(2, 2)).toBe(4);
    expect(svc.runs).toEqual(['A11', 'A11', '1+2', '2+2']);
    expect(seen).toEqual([]);
  });

  it('goes through all decorators of a method', async () => {
    class Stacked {
      @Task({ name: 'outer' })
      @Task({ name: 'inner' })
      async m() {
        return getRunContextOrNothing();
      }
    }
    const getRunContextOrNothing = () => {
      try {
        return getRunContext().kind;
      } catch {
        return 'no run';
      }
    };
    expect(await original(new Stacked()).m()).toBe('no run');
    expect(await createTestPond().run(() => new Stacked().m())).toBe('task');
  });
});

describe('a flow that returns states or futures', () => {
  const { svc } = set();
  const run = async (fn: () => unknown) =>
    createTestPond().run(() => returnState(flow(async () => fn(), { name: 'all' }))());

  it('completes where all of them did', async () => {
    const state = await run(() => [returnState(svc).sum(1, 2), submit(svc).quote('A1')]);
    expect(String(state)).toBe("Completed('All states completed.')");
    expect((await run(() => submit(svc).quote('A1'))).isCompleted()).toBe(true);
  });

  it('fails with the first failure, the same error, where any did not', async () => {
    const error = new Error('x');
    const state = await run(() => [submit(svc).quote('A1'), submit(svc).fail(error), submit(svc).fail('y')]);
    expect(String(state)).toBe("Failed('2/3 states failed.')");
    expect(() => state.result()).toThrow(error);
  });

  it('gives what else it returns as its result', async () => {
    for (const value of [[], [1, State.completed(1)], {}, null]) expect((await run(() => value)).result()).toBe(value);
  });
});
