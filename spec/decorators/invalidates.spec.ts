// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
import { describe, expect, it } from '@jest/globals';
import {
  Flow,
  getTaskRunContext,
  Invalidates,
  InvalidOptionsError,
  invalidate,
  returnState,
  submit,
  Task,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { AsyncStore, deferred, flush } from '../engine/pond-under-test.js';
import { type Misuse, mark, refused } from './both-dialects.js';
import { type InvalidatingClasses, invalidatesInBothDialects } from './invalidates-in-both-dialects.js';

const Loose = Invalidates as unknown as (...given: unknown[]) => any;

function classes(): InvalidatingClasses {
  class Catalogue {
    reads = 0;
    writes: string[] = [];
    gate: Promise<unknown> | undefined = undefined;
    error: unknown = undefined;

    private async write(text: string): Promise<void> {
      await this.gate;
      if (this.error !== undefined) throw this.error;
      this.writes.push(text);
    }

    @Task({ cacheKeyFn: taskInputHash, tags: ({ id }: { id: string }) => ['products', `product:${id}`] })
    async get(id: string): Promise<string> {
      return `${id} ${++this.reads}`;
    }

    @Task({ cacheKeyFn: taskInputHash, tags: ['numbers'] })
    count(_kind: string): number {
      return ++this.reads;
    }

    @Invalidates((service: Catalogue, { id }: { id: string }) => invalidate(service).get(id))
    async update(id: string, text: string): Promise<string> {
      await this.write(id);
      return text;
    }

    @Invalidates((service: Catalogue, parameters: { id: string }) =>
      invalidate(service).get((parameters as unknown as { sku: string }).sku),
    )
    async misspelt(id: string): Promise<string> {
      return id;
    }

    @Invalidates({
      tags: ({ ids = [] }: { ids?: string[] }, last: string) =>
        ids.length === 0 ? [] : [...ids, last].map((id) => `product:${id}`),
    })
    async updateAll(...ids: string[]): Promise<string> {
      this.writes.push(...ids);
      return 'c';
    }

    @Invalidates({ task: 'get' })
    touch(): Promise<string> {
      return Promise.resolve('touched');
    }

    @Loose({ task: 'gone' })
    async broken(): Promise<string> {
      this.writes.push('broken');
      return 'broken';
    }

    @Invalidates({ tags: 'numbers' })
    add(kind: string): string {
      if (this.error !== undefined) throw this.error;
      return `added ${kind}`;
    }

    @Task({ cacheKeyFn: (_context, { id }: { id: string }) => id })
    @Invalidates((service: Catalogue, { id }: { id: string }) => invalidate(service).get(id))
    async below(id: string): Promise<string> {
      return `${id} ${this.writes.push(id)}`;
    }

    @Invalidates((service: Catalogue, { id }: { id: string }) => invalidate(service).get(id))
    @Task({ cacheKeyFn: (_context, { id }: { id: string }) => id })
    async above(id: string): Promise<string> {
      return `${id} ${this.writes.push(id)}`;
    }

    @mark('above')
    @Invalidates({ tags: 'numbers' })
    @Flow()
    @Invalidates(() => {
      throw new Error('the second');
    })
    @mark('below')
    @Invalidates({ tags: ({ id }: { id: string }) => `product:${id}` })
    async stacked(id: string): Promise<string> {
      return `stacked ${id}`;
    }
  }
  class Heir extends Catalogue {}
  class Statics {
    static runs = 0;

    @Task({ cacheKeyFn: taskInputHash })
    static async rate(currency: string): Promise<string> {
      return `${currency} ${++Statics.runs}`;
    }

    @Invalidates({ task: 'rate' })
    static async reset(): Promise<void> {}
  }
  return { Catalogue, Heir, Statics };
}

invalidatesInBothDialects('legacy', classes);

/** A class with a method that is decorated so. */
const given = (...what: unknown[]) => {
  class Catalogue {
    @Loose(...what)
    update() {}
  }
  return Catalogue;
};
const other = task(async () => 1, { name: 'other', cacheKeyFn: taskInputHash });

const misuses: Misuse[] = [
  ['nothing', () => given(), /^@Invalidates: takes one argument\. Give \(service, parameters, result\) => /],
  ['undefined', () => given(undefined), /^@Invalidates: takes one argument/],
  ['two arguments', () => given(() => {}, {}), /^@Invalidates: takes one argument/],
  [
    'a text',
    () => given('get'),
    /^@Invalidates: takes an options object \(got 'get'\)\. Give \(service, parameters, result\) => /,
  ],
  ['null', () => given(null), /^@Invalidates: takes an options object \(got null\)/],
  ['an empty object', () => given({}), /^@Invalidates: is not told what to forget\. Give /],
  ['an unknown option', () => given({ tag: 'x' }), /^@Invalidates: option `tag` is unknown\. Did you mean `tags`\?$/],
  ['no tags', () => given({ tags: [] }), /^@Invalidates: option `tags` names no tag/],
  ['a tag that is none', () => given({ tags: ['a', 5] }), /^@Invalidates: option `tags\[1\]` must be a text/],
  ['an empty name', () => given({ task: '' }), /^@Invalidates: option `task` must be a text that is not empty/],
  ['a function that is no task', () => given({ task: () => {} }), /^@Invalidates: option `task` is no task/],
  [
    'a task for a callback',
    () => given(other),
    /^@Invalidates: was given a task for a callback .*\. Write @Invalidates\(\{ task: … \}\)\.$/,
  ],
  [
    'no parentheses',
    () => {
      class A {
        @Loose
        update() {}
      }
      return A;
    },
    /^@Invalidates: is written without parentheses\. Give /,
  ],
  [
    'a field',
    () => {
      class A {
        @Loose({ tags: 'x' })
        field = 1;
      }
      return A;
    },
    /^A\.field: @Invalidates stands on a field\. @Invalidates belongs on a method\.$/,
  ],
  [
    'a getter',
    () => {
      class A {
        @Loose({ tags: 'x' })
        get lazy() {
          return 1;
        }
      }
      return A;
    },
    /^A\.lazy: @Invalidates stands on a getter or setter/,
  ],
  [
    'a generator',
    () => {
      class A {
        @Loose({ tags: 'x' })
        *all() {}
      }
      return A;
    },
    /^A\.all: @Invalidates stands on a generator/,
  ],
  [
    'a class',
    () => {
      @Loose({ tags: 'x' })
      class A {}
      return A;
    },
    /@Invalidates stands on a class/,
  ],
];
refused('legacy', misuses, InvalidOptionsError);

describe('@Invalidates', () => {
  it('takes the task itself, and both tags and a task', async () => {
    let runs = 0;
    const options = { cacheKeyFn: taskInputHash };
    const one = task(async (_: number) => ++runs, { name: 'one', ...options });
    const two = task(async (_: number) => ++runs, { name: 'two', ...options, tags: ['two'] });
    class Service {
      @Invalidates({ task: one, tags: ['two'] })
      async update() {}
    }
    await createTestPond().run(async () => {
      expect([await one(1), await two(1)]).toEqual([1, 2]);
      await new Service().update();
      expect([await one(1), await two(1)]).toEqual([3, 4]);
    });
  });

  it.each<[string, unknown, string]>([
    ['a promise', async () => ['a'], '@Invalidates on Service.update: option `tags` must be a text that is not empty'],
    ['nothing', () => undefined, 'option `tags` must be a text that is not empty (got undefined)'],
    ['a number in the list', () => [1], 'option `tags[0]` must be a text that is not empty (got 1)'],
  ])('tells of a tags function that gives %s', async (_, tags, sentence) => {
    class Service {
      @Loose({ tags })
      async update() {
        return 'done';
      }
    }
    const pond = createTestPond();
    const told: string[] = [];
    pond.events.on('trouble', ({ message }) => told.push(message));
    expect(await pond.bind(new Service()).update()).toBe('done');
    expect(told).toEqual([expect.stringContaining(sentence)]);
  });

  it('awaits what a callback answers, and tells of its rejection', async () => {
    const order: string[] = [];
    class Service {
      @Invalidates(async () => {
        await null;
        order.push('forgotten');
        throw new Error('refused');
      })
      async update() {}
    }
    const pond = createTestPond();
    pond.events.on('trouble', ({ message }) => order.push(message));
    await pond.bind(new Service()).update();
    order.push('answered');
    expect(order).toEqual([
      'forgotten',
      'it has succeeded, but not what it invalidates, which may be served again: refused',
      'answered',
    ]);
  });

  it('does nothing where a task gives a failed state, and gives callbacks the value of a completed one', async () => {
    const results: unknown[] = [];
    const failing = task(async () => Promise.reject(new Error('no')), { name: 'failing' });
    const fine = task(async () => 5, { name: 'fine' });
    class Service {
      @Invalidates((_service: Service, _parameters: object, result: unknown) => results.push(result))
      async lone(fails: boolean) {
        return returnState(fails ? failing : fine)();
      }

      @Invalidates((_service: Service, _parameters: object, result: unknown) => results.push(result))
      @Task()
      async asTask(fails: boolean) {
        return returnState(fails ? failing : fine)();
      }
    }
    const svc = new Service();
    await createTestPond().run(async () => {
      await svc.lone(true);
      await svc.lone(false);
      await expect(svc.asTask(true)).rejects.toThrow('no');
      await svc.asTask(false);
    });
    expect(results).toEqual([5, 5]);
  });

  it('is part of the run of a task: it has its context, and its parameters are strict', async () => {
    const seen: unknown[] = [];
    class Service {
      @Invalidates(() => seen.push(getTaskRunContext().taskRun.name))
      @Invalidates((_: Service, parameters: { id: string }) => (parameters as unknown as { sku: string }).sku)
      @Task({ cacheKeyFn: (_context, { id }: { id: string }) => id })
      async update(id: string) {
        return id;
      }
    }
    const pond = createTestPond();
    pond.events.on('trouble', ({ message }) => seen.push(message));
    const svc = pond.bind(new Service());
    for (let i = 0; i < 20; i++) await svc.update(`${i}`); // more than those whose key function gets a strict dictionary anyway
    expect(seen).toHaveLength(40);
    expect(new Set(seen)).toEqual(new Set(['update', expect.stringContaining("update has no parameter 'sku'")]));
  });

  it('is awaited by an asynchronous task whose body answers at once, and by the flow around a synchronous method', async () => {
    const store = new AsyncStore();
    const told: (() => void)[] = [];
    store.invalidate = () => new Promise((resolve) => told.push(resolve));
    class Service {
      @Invalidates({ tags: 'x' })
      @Task({ async: true })
      task() {
        return 1 as unknown as Promise<number>;
      }

      @Invalidates({ tags: 'x' })
      lone() {
        return 1;
      }

      @Invalidates({ tags: 'x' })
      @Task()
      sync() {
        return 1;
      }

      @Flow()
      async flow() {
        return this.lone() + this.sync();
      }
    }
    const pond = createTestPond({ store });
    const svc = pond.bind(new Service());
    const ended: string[] = [];
    const answers = [svc.task().then(() => ended.push('task')), svc.flow().then(() => ended.push('flow'))];
    await flush();
    expect([ended, told.length]).toEqual([[], 3]);
    told[0]?.();
    await answers[0];
    told[1]?.();
    await flush();
    expect(ended).toEqual(['task']);
    told[2]?.();
    await answers[1];
    expect(pond.runtime.pending.size).toBe(0);
  });

  it('comes once, after the last attempt, and does not count as time of the task', async () => {
    let attempts = 0;
    const forgotten: number[] = [];
    class Service {
      @Invalidates(() => forgotten.push(attempts))
      @Task({ retries: 2 })
      async update() {
        if (++attempts < 3) throw new Error('not yet');
        return attempts;
      }
    }
    expect(await createTestPond().bind(new Service()).update()).toBe(3);
    expect(forgotten).toEqual([3]);
  });

  it('comes after the runs that a flow submitted, and not where they fail it', async () => {
    const order: string[] = [];
    const gate = deferred<number>();
    const slow = task(() => gate.promise, { name: 'slow' });
    class Service {
      @Invalidates(() => order.push('forgotten'))
      @Flow()
      async all() {
        order.push('body');
        return [submit(slow)()];
      }
    }
    const svc = createTestPond().bind(new Service());
    const first = svc.all();
    await flush();
    expect(order).toEqual(['body']);
    gate.resolve(1);
    await first;
    expect(order).toEqual(['body', 'forgotten']);
    const failing = deferred<number>();
    const fails = task(() => failing.promise, { name: 'fails' });
    class Failing {
      @Invalidates(() => order.push('forgotten after failure'))
      @Flow()
      async all() {
        return [submit(fails)()];
      }
    }
    const second = createTestPond().bind(new Failing()).all();
    failing.reject(new Error('no'));
    await expect(second).rejects.toThrow('no');
    expect(order).toHaveLength(2);
  });

  it('refuses a call of a task, before its body, where it names a method that is no task', async () => {
    let runs = 0;
    class Service {
      plain() {}

      @Loose({ task: 'plain' })
      @Task()
      async update() {
        runs++;
      }

      @Loose({ task: 'plain' })
      sync() {
        runs++;
      }
    }
    const svc = createTestPond().bind(new Service());
    await expect(svc.update()).rejects.toThrow(
      "@Invalidates on Service.update: option `task` names a method that is no task (got 'plain')",
    );
    expect(() => svc.sync()).toThrow(InvalidOptionsError);
    expect(runs).toBe(0);
  });

  it('leaves a task that was taken from another class as it is there', async () => {
    let forgotten = 0;
    class Base {
      @Task()
      async load() {
        return 1;
      }
    }
    class Other {}
    const decorate = Invalidates(() => ++forgotten) as unknown as (...given: unknown[]) => PropertyDescriptor;
    const property = decorate(Other.prototype, 'load', Object.getOwnPropertyDescriptor(Base.prototype, 'load'));
    const pond = createTestPond();
    await pond.bind(new Base()).load();
    expect(forgotten).toBe(0);
    expect(await pond.run(() => (property.value as () => Promise<number>)())).toBe(1);
    expect(forgotten).toBe(1);
  });

  it('finds its own class’s task for a method that is called without a receiver', async () => {
    let runs = 0;
    class Service {
      @Task({ cacheKeyFn: taskInputHash })
      async get(_: number) {
        return ++runs;
      }

      @Invalidates({ task: 'get' })
      async update() {}
    }
    await createTestPond().run(async () => {
      const svc = new Service();
      await svc.get(1);
      const { update } = svc;
      await update();
      expect(await svc.get(1)).toBe(2);
    });
  });
});
