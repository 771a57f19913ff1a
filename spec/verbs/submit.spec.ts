import { setImmediate as later } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CancelledError,
  Flow,
  flow,
  getRunContext,
  InvalidOptionsError,
  map,
  type PondOptions,
  submit,
  Task,
  type TaskFuture,
  task,
  taskInputHash,
  unmapped,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { Pricing } from './service.js';

const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await later();
  await later();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

function logged(options: PondOptions = {}) {
  const lines: string[] = [];
  const add = (message: string): void => void lines.push(message);
  const pond = createTestPond({
    logLevel: 'error',
    logger: { debug: add, info: add, warn: add, error: add },
    ...options,
  } as never);
  return { pond, lines };
}

/** Tasks whose ends are in the spec's hands. */
function gates<T>() {
  const open: ((value: T) => void)[] = [];
  const fail: ((error: unknown) => void)[] = [];
  let signal: AbortSignal | undefined;
  const gate = task(
    (_index: number) => {
      signal = getRunContext().signal;
      return new Promise<T>((resolve, reject) => {
        open.push(resolve);
        fail.push(reject);
      });
    },
    { name: 'gate' },
  );
  return { gate, open, fail, signal: () => signal };
}

describe('a future', () => {
  it('knows its run at once, its state as it goes on, and its end', async () => {
    const pond = createTestPond();
    const { gate, open } = gates<string>();
    const future = pond.run(() => submit(gate)(1));
    expect(future.taskRun.name).toBe('gate');
    expect(future.taskRun.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(future.state.name).toBe('Running');
    open[0]?.('done');
    expect(await future.result()).toBe('done');
    expect(future.state.name).toBe('Completed');
    expect(await future.wait()).toBe(future.state);
    expect(pond.runtime.pending.size).toBe(0);
  });

  it('of a synchronous task has ended when submit answers or in the next turn', async () => {
    const svc = createTestPond().bind(new Pricing());
    const future = submit(svc).sum(1, 2);
    expect(future.state.isCompleted()).toBe(true);
    expect(await future.result()).toBe(3);
    expect((await submit(svc).sum(1, 2).wait()).name).toBe('Cached');
  });

  it('waits no longer than asked, and leaves no timer behind', async () => {
    const pond = createTestPond();
    const { gate, open } = gates<string>();
    const future = pond.run(() => submit(gate)(1));
    const early = future.wait('2s');
    await pond.clock.advance('2s');
    expect((await early).name).toBe('Running');
    const late = future.wait('5s');
    open[0]?.('done');
    expect((await late).result()).toBe('done');
    expect(pond.clock.timers).toBe(0);
    for (const bad of [-1, Number.NaN, 'soon'])
      await expect(future.wait(bad as never)).rejects.toThrow(InvalidOptionsError);
  });

  it('rejects with the run’s own error, waits without rejecting', async () => {
    const svc = createTestPond().bind(new Pricing());
    for (const error of [new Error('x'), 'text', undefined]) {
      for (const future of [submit(svc).fail(error), submit(svc).failSync(error)]) {
        expect((await future.wait()).isFailed()).toBe(true);
        await expect(future.result()).rejects.toBe(error);
      }
    }
  });

  it('cancelled ends at once, aborts the body’s signal, and says why', async () => {
    const { gate, signal } = gates<string>();
    const pond = createTestPond();
    const future = pond.run(() => submit(gate)(1));
    expect(signal()?.aborted).toBe(false);
    future.cancel('not needed');
    future.cancel('again');
    const state = await future.wait();
    expect(String(state)).toBe("Cancelled('Task run 'gate' was cancelled: not needed')");
    expect(signal()?.aborted).toBe(true);
    await expect(future.result()).rejects.toThrow(CancelledError);
    expect(pond.runtime.pending.size).toBe(0);
  });

  it('cancelled after its end stays as it was', async () => {
    const svc = createTestPond().bind(new Pricing());
    const future = submit(svc).quote('A1');
    expect(await future.result()).toBe(2);
    future.cancel();
    expect((await future.wait()).name).toBe('Completed');
  });

  it('cancelled while it waits for its arguments ends at once, without running', async () => {
    const pond = createTestPond();
    const { gate, open } = gates<number>();
    let runs = 0;
    const next = task(async (_n: number) => void runs++, { name: 'next' });
    const [first, second] = pond.run(() => {
      const one = submit(gate)(1);
      return [one, submit(next)(one)] as const;
    });
    second.cancel('enough');
    expect((await second.wait()).name).toBe('Cancelled');
    expect(first.state.name).toBe('Running');
    open[0]?.(1);
    await first.wait();
    expect(runs).toBe(0);
  });

  it('leaves the body to those who still wait for it', async () => {
    const pond = createTestPond();
    let open: (value: number) => void = () => {};
    const shared = task(
      () =>
        new Promise<number>((resolve) => {
          open = resolve;
        }),
      { name: 'shared', cacheKeyFn: () => 'k' },
    );
    const [one, two] = pond.run(() => [submit(shared)(), submit(shared)()]);
    one.cancel();
    expect((await one.wait()).name).toBe('Cancelled');
    open(7);
    expect(await two.result()).toBe(7);
    expect(pond.runtime.pending.size).toBe(0);
  });

  it('of a flow has the flow run’s id and name', async () => {
    const all = flow(async () => getRunContext().flowRun.id, { name: 'all', flowRunName: 'f' });
    const future = createTestPond().run(() => submit(all)());
    expect([future.taskRun.name, future.taskRun.id]).toEqual(['f', await future.result()]);
  });
});

describe('futures among the arguments', () => {
  it('are awaited, deep inside arrays and plain objects, at any place', async () => {
    const echo = task(async (...args: readonly unknown[]) => args, { name: 'echo' });
    const value = task(async (x: unknown) => x, { name: 'value' });
    const pond = createTestPond();
    interface Shape {
      readonly plain: unknown;
      readonly withFutures: (make: (x: unknown) => unknown) => unknown;
    }
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant(undefined), fc.boolean());
    const shape: fc.Memo<Shape> = fc.memo((depth): fc.Arbitrary<Shape> => {
      const own = leaf.chain((x) =>
        fc.boolean().map((asFuture): Shape => ({ plain: x, withFutures: (make) => (asFuture ? make(x) : x) })),
      );
      if (depth <= 1) return own;
      const list = fc.array(shape(depth - 1), { maxLength: 3 }).map(
        (parts): Shape => ({
          plain: parts.map((part) => part.plain),
          withFutures: (make) => parts.map((part) => part.withFutures(make)),
        }),
      );
      const key = fc.constantFrom('a', 'b', '__proto__', 'then', 'constructor');
      const record = fc.array(fc.tuple(key, shape(depth - 1)), { maxLength: 3 }).map(
        (entries): Shape => ({
          plain: Object.fromEntries(entries.map(([name, part]) => [name, part.plain])),
          withFutures: (make) => Object.fromEntries(entries.map(([name, part]) => [name, part.withFutures(make)])),
        }),
      );
      return fc.oneof(own, list, record);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(shape(4), { maxLength: 3 }), async (shapes) => {
        await pond.run(async () => {
          const args = shapes.map(({ withFutures }) => withFutures((x) => submit(value)(x)));
          const got = await submit(echo)(...args).result();
          expect(
            isDeepStrictEqual(
              got,
              shapes.map(({ plain }) => plain),
            ),
          ).toBe(true); // jest's stumbles over own constructors
        });
      }),
      { numRuns: 60 },
    );
  });

  it('do not copy what holds none, and change nothing that was given', async () => {
    const echo = task(async (...args: unknown[]) => args, { name: 'echo' });
    const value = task(async (x: number) => x, { name: 'value' });
    const untouched = { deep: [new Map(), new Pricing()] };
    await createTestPond().run(async () => {
      const mixed = { untouched, future: submit(value)(1) };
      const [got] = (await submit(echo)(mixed).result()) as [{ untouched: unknown; future: number }];
      expect(got.untouched).toBe(untouched);
      expect(got.future).toBe(1);
      expect(mixed.future).not.toBe(1);
      expect((await submit(echo)(untouched).result())[0]).toBe(untouched);
    });
  });

  it('are found in graphs and cycles without going round in them', async () => {
    const size = task(async (nodes: readonly { name: number }[]) => nodes.length, { name: 'size' });
    const value = task(async (x: number) => x, { name: 'value' });
    const nodes = Array.from({ length: 30 }, (_, name) => ({ name, all: [] as unknown[] }));
    for (const node of nodes) node.all.push(...nodes); // 30 ways on, at each of 20 steps
    await createTestPond().run(async () => {
      expect(await submit(size)(nodes).result()).toBe(30);
      const holder = [...nodes, { name: 31, future: submit(value)(1) as unknown }];
      expect(await submit(size)(holder).result()).toBe(31);
    });
  });

  it('are not looked for by running getters', async () => {
    const echo = task(async (x: object) => x, { name: 'echo' });
    let reads = 0;
    const lazy = {
      get value() {
        reads++;
        return 1;
      },
    };
    await createTestPond().run(() => submit(echo)(lazy).result());
    expect(reads).toBe(0);
  });

  it('that failed fail the run with the same error, without running it', async () => {
    const pond = createTestPond();
    const svc = pond.bind(new Pricing());
    const error = new Error('upstream');
    let runs = 0;
    const next = task(async (_x: unknown) => void runs++, { name: 'next' });
    const future = pond.run(() => submit(next)({ deep: [submit(svc).fail(error)] }));
    const state = await future.wait();
    expect(state.name).toBe('Failed');
    expect(state.message).toMatch(/argument/i);
    await expect(future.result()).rejects.toBe(error);
    expect(runs).toBe(0);
    const cancelled = submit(svc).quote('A1');
    cancelled.cancel();
    expect((await pond.run(() => submit(next)(cancelled)).wait()).name).toBe('Cancelled');
  });

  it('run in one go, not one after the other', async () => {
    const pond = createTestPond();
    const { gate, open } = gates<number>();
    const sum = task(async (...all: readonly number[]) => all.reduce((a, b) => a + b, 0), { name: 'sum' });
    const future = pond.run(() => submit(sum)(...([1, 2, 3].map((n) => submit(gate)(n)) as unknown as number[])));
    expect(open).toHaveLength(3);
    for (const [index, go] of open.entries()) go(index);
    expect(await future.result()).toBe(3);
  });

  it('of a sync task make a chain whose key is that of the values', async () => {
    const svc = createTestPond().bind(new Pricing());
    const two = submit(svc).sum(1, 1);
    expect(await submit(svc).sum(two, submit(svc).sum(two, two)).result()).toBe(6);
    expect((await submit(svc).sum(2, 4).wait()).name).toBe('Cached');
  });
});

describe('map', () => {
  it('submits a run per item, walks arrays together and gives the rest to every run', async () => {
    const svc = createTestPond().bind(new Pricing());
    const results = (futures: readonly TaskFuture[]) => Promise.all(futures.map((future) => future.result()));
    expect(await results(map(svc).quote(['A', 'B', 'C'], 3))).toEqual([6, 6, 6]);
    expect(await results(map(svc).sum([1, 2, 3], [10, 20, 30]))).toEqual([11, 22, 33]);
    expect(map(svc).sum([], [])).toEqual([]);
    const pick = task(async (index: number, list: readonly string[]) => list[index], { name: 'pick' });
    expect(await results(map(pick)([0, 2], unmapped(['a', 'b', 'c'])))).toEqual(['a', 'c']);
    expect(await results(map(pick)([submit(svc).sum(0, 1), 0], unmapped(['a', 'b'])))).toEqual(['b', 'a']);
  });

  it('refuses arrays of different lengths and calls without any, naming the method', () => {
    const svc = createTestPond().bind(new Pricing());
    expect(() => map(svc).sum([1, 2], [1])).toThrow(/map\(Pricing\.sum\): got arrays of lengths 2 and 1/);
    expect(() => map(svc).sum(1, 2)).toThrow(/map\(Pricing\.sum\): got no array/);
    expect(() => map(svc).quote(unmapped('x'))).toThrow(InvalidOptionsError);
  });

  it('counts the names of its runs, and one failure leaves the others alone', async () => {
    const even = task(
      async (n: number) => {
        if (n % 2) throw new Error(`${n}`);
        return n;
      },
      { name: 'even' },
    );
    const all = flow(
      async () => {
        const futures = map(even)([0, 1, 2]);
        return [
          futures.map(({ taskRun }) => taskRun.name),
          (await Promise.all(futures.map((f) => f.wait()))).map(({ name }) => name),
        ];
      },
      { name: 'all' },
    );
    expect(await createTestPond().run(() => all())).toEqual([
      ['even-0', 'even-1', 'even-2'],
      ['Completed', 'Failed', 'Completed'],
    ]);
  });
});

describe('a flow', () => {
  it('awaits what it submitted, deep down too', async () => {
    const ended: string[] = [];
    class Deep {
      @Task()
      async leaf(name: string) {
        await later();
        ended.push(name);
      }

      @Task()
      async middle() {
        submit(this as Deep).leaf('by a task');
        await null;
      }

      @Flow()
      async sub() {
        submit(this as Deep).leaf('by a subflow');
      }

      @Flow()
      async main() {
        submit(this as Deep).leaf('by the flow');
        submit(this as Deep).middle();
        submit(this as Deep).sub();
      }
    }
    const pond = createTestPond();
    await pond.run(() => new Deep().main());
    expect(ended.sort()).toEqual(['by a subflow', 'by a task', 'by the flow']);
    expect(pond.runtime.pending.size).toBe(0);
  });

  it.each(['a task that ended long before', 'a task that ends after the body', 'a subflow', 'a synchronous task'])(
    'tells of %s that failed and that nobody asked about, and completes',
    async (which) => {
      const { pond, lines } = logged();
      const early = task(
        async () => {
          throw new Error('boom');
        },
        { name: 'early' },
      );
      const late = task(
        async () => {
          await later();
          throw new Error('boom');
        },
        { name: 'late' },
      );
      const sync = task(
        () => {
          throw new Error('boom');
        },
        { name: 'sync' },
      );
      const sub = flow(
        async () => {
          throw new Error('boom');
        },
        { name: 'sub', flowRunName: 's' },
      );
      const all = flow(
        async () => {
          if (which.includes('before')) submit(early)();
          else if (which.includes('after')) submit(late)();
          else if (which.includes('subflow')) submit(sub)();
          else submit(sync)();
          if (!which.includes('after')) await later();
          return 'fine';
        },
        { name: 'all', flowRunName: 'f' },
      );
      expect(await pond.run(() => all())).toBe('fine');
      const told = lines.filter((line) => line.startsWith("Flow run 'f' - "));
      expect(told).toEqual([
        expect.stringMatching(
          /^Flow run 'f' - (Task|Flow) run '.*' was submitted and never awaited; it ended in state Failed\(.*boom/,
        ),
      ]);
    },
  );

  it('that is synchronous tells of it later, since it cannot wait', async () => {
    const { pond, lines } = logged();
    const late = task(
      async () => {
        await later();
        throw new Error('boom');
      },
      { name: 'late' },
    );
    const all = flow(
      () => {
        submit(late)();
        return 'fine';
      },
      { name: 'all', flowRunName: 'f' },
    );
    expect(pond.run(() => all())).toBe('fine');
    await pond.close();
    await later();
    expect(lines.filter((line) => line.includes('never awaited'))).toHaveLength(1);
  });

  it('says nothing of a failure that somebody looked at', async () => {
    const { pond, lines } = logged();
    const bad = task(
      async () => {
        throw new Error('boom');
      },
      { name: 'bad' },
    );
    const all = flow(
      async () => {
        const [one, two, three] = [submit(bad)(), submit(bad)(), submit(bad)()];
        await one.wait();
        await two.result().catch(() => {});
        await later();
        return three.state.name;
      },
      { name: 'all' },
    );
    expect(await pond.run(() => all())).toBe('Failed');
    expect(lines.filter((line) => line.includes('never awaited'))).toEqual([]);
  });
});

describe('outside a flow', () => {
  it('a failed future that nobody awaits is logged as a failed run, never unhandled', async () => {
    const { pond, lines } = logged();
    const bad = task(
      async () => {
        throw new Error('boom');
      },
      { name: 'bad' },
    );
    pond.run(() => submit(bad)());
    await pond.close();
    expect(lines).toEqual([expect.stringMatching(/^Task run 'bad' - Finished in state Failed\(.*boom/)]);
  });

  it('submitted runs share states with plain calls, and join them', async () => {
    const pond = createTestPond();
    const svc = pond.bind(new Pricing());
    const [one, two] = [submit(svc).quote('A1'), svc.quote('A1')];
    expect([await one.result(), await two, svc.runs.length]).toEqual([2, 2, 1]);
    expect(pond.stats()).toMatchObject({ misses: 1, joined: 1 });
    const quote = task(async (x: number) => x, { name: 'quote', cacheKeyFn: taskInputHash });
    expect(await pond.run(() => submit(quote)(1).result())).toBe(1);
  });
});
