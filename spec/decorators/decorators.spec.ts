// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
// biome-ignore-all lint/complexity/noThisInStatic: the class that was asked, often a subclass
import { describe, expect, it } from '@jest/globals';
import {
  CachePolicy,
  Flow,
  flow,
  INPUTS,
  InvalidOptionsError,
  returnState,
  staticKey,
  Task,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { bothDialects, type DecoratedClasses, LOAD, type Misuse, mark, refused, shout } from './both-dialects.js';

type Loose = (...given: unknown[]) => any;
const LooseTask = Task as unknown as Loose;
const LooseFlow = Flow as unknown as Loose;

function classes(): DecoratedClasses {
  class Pricing {
    readonly kind: string = '';
    runs = 0;

    @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' })
    async quote(sku: string, days = 1): Promise<string> {
      this.runs++;
      return `${this.kind}${sku} ${days}`;
    }

    @Task(taskInputHash, '20s')
    double(n: number): number {
      this.runs++;
      return n * 2;
    }

    @Task()
    plain(a: number, b: number): number {
      return this.kind === '' ? a + b : 0;
    }

    @Flow()
    async report(...skus: string[]): Promise<string[]> {
      const quotes: string[] = [];
      for (const sku of skus) quotes.push(await this.quote(sku));
      return quotes;
    }

    @Task({ cacheKeyFn: staticKey('x') })
    async [LOAD](): Promise<string> {
      return `loaded ${++this.runs}`;
    }

    @Task({ cacheKeyFn: staticKey('x') })
    async 'odd name'(): Promise<string> {
      return `odd ${++this.runs}`;
    }

    undecorated(): number {
      return 1;
    }
  }
  class PricingStatics {
    @Task({ cacheKeyFn: taskInputHash })
    static async load(id: number): Promise<string> {
      return `${this.name} ${id}`;
    }

    @Flow()
    static async flow(): Promise<string> {
      return this.name;
    }
  }
  class Heir extends Pricing {}
  class Overriding extends Pricing {
    @Task({ cacheKeyFn: taskInputHash })
    override async quote(sku: string, days = 1): Promise<string> {
      return `over ${await super.quote(sku, days)}`;
    }
  }
  class Stacked {
    runs = 0;

    @Flow({ name: 'outer' })
    @Task({ cacheKeyFn: taskInputHash, name: 'inner' })
    async work(n: number): Promise<string> {
      this.runs++;
      return `work ${n}`;
    }

    @Task({ retries: 2 })
    @Task({ name: 'once' })
    async twice(): Promise<number> {
      if (++this.runs < 2) throw new Error('not yet');
      return this.runs;
    }
  }
  class Marked {
    @mark('above')
    @Task()
    @mark('between')
    @Flow()
    @mark('below')
    async method(a: number, b: string): Promise<string> {
      return `${a} ${b}`;
    }
  }
  return { Pricing, PricingStatics, Heir, Overriding, Stacked, Marked };
}

bothDialects('legacy', classes);

const misuses: Misuse[] = [
  [
    'a field',
    () => {
      class A {
        @LooseTask()
        field = 1;
      }
      return A;
    },
    /^A\.field: @Task stands on a field\. @Task belongs on a method\.$/,
  ],
  [
    'a static field',
    () => {
      class A {
        @LooseFlow()
        static field = 1;
      }
      return A;
    },
    /^A::field: @Flow stands on a field/,
  ],
  [
    'a field with an arrow function',
    () => {
      class A {
        @LooseTask()
        field = () => 1;
      }
      return A;
    },
    /stands on a field/,
  ],
  [
    'a getter',
    () => {
      class A {
        @LooseTask()
        get lazy() {
          return 1;
        }
      }
      return A;
    },
    /^A\.lazy: @Task stands on a getter or setter/,
  ],
  [
    'a setter',
    () => {
      class A {
        @LooseFlow()
        set lazy(_: number) {}
      }
      return A;
    },
    /^A\.lazy: @Flow stands on a getter or setter/,
  ],
  [
    'a class',
    () => {
      @LooseTask()
      class A {}
      return A;
    },
    /@Task stands on a class/,
  ],
  [
    'a parameter',
    () => {
      class A {
        method(@LooseTask() _a: number) {}
      }
      return A;
    },
    /^A\.method: @Task stands on a parameter/,
  ],
  [
    'a parameter of a constructor',
    () => {
      class A {
        constructor(@LooseTask() readonly a: number) {}
      }
      return A;
    },
    /@Task stands on a parameter/,
  ],
  [
    'a generator',
    () => {
      class A {
        @LooseTask()
        *all() {}
      }
      return A;
    },
    /^A\.all: @Task stands on a generator/,
  ],
  [
    'an asynchronous generator',
    () => {
      class A {
        @LooseFlow()
        async *all() {}
      }
      return A;
    },
    /^A\.all: @Flow stands on a generator/,
  ],
  [
    'a method without its parentheses',
    () => {
      class A {
        @LooseTask
        method() {}
      }
      return A;
    },
    /^@Task: is written without parentheses\. Write @Task\(\)\.$/,
  ],
  [
    'a field without its parentheses',
    () => {
      class A {
        @LooseFlow
        field = 1;
      }
      return A;
    },
    /^@Flow: is written without parentheses/,
  ],
  [
    'a class without its parentheses',
    () => {
      @LooseTask
      class A {}
      return A;
    },
    /^@Task: stands on a class/,
  ],
  [
    'a policy in place of options',
    () => LooseTask(INPUTS),
    /^@Task: was given a cache policy .*Write @Task\(\{ cachePolicy: … \}\)/,
  ],
  ['a policy in the short form', () => LooseTask(INPUTS, '1m'), /was given a cache policy/],
  ['a policy of a flow', () => LooseFlow(CachePolicy.fromKeyFn(() => 'x')), /Write @Flow\(\{ cachePolicy: … \}\)/],
  [
    'options and a second argument',
    () => LooseTask({ cacheKeyFn: taskInputHash }, '20s'),
    /was given too many arguments \(got '20s'\)/,
  ],
  ['a third argument', () => LooseTask(taskInputHash, '20s', { retries: 3 }), /was given too many arguments/],
];
refused('legacy', misuses, InvalidOptionsError);

describe('the legacy dialect', () => {
  it('knows a promise by design:returntype', async () => {
    class Service {
      @Task({ timeout: '1s', retries: 1 })
      load(ok: boolean): Promise<number> {
        if (!ok) throw new Error('at once');
        return Promise.resolve(1);
      }
    }
    const service = createTestPond().bind(new Service());
    const answer = service.load(false);
    expect(answer).toBeInstanceOf(Promise);
    await expect(answer).rejects.toThrow('at once');
    await expect(service.load(true)).resolves.toBe(1);
  });

  it('leaves metadata of the method’s place where it is', () => {
    const Get = (path: string) => (target: object, key: string) => Reflect.defineMetadata('path', path, target, key);
    class Controller {
      @Get('/above')
      @Task()
      one(_id: string): string {
        return '';
      }
      @Task()
      @Get('/below')
      two(_id: string): string {
        return '';
      }
    }
    expect([
      Reflect.getMetadata('path', Controller.prototype, 'one'),
      Reflect.getMetadata('path', Controller.prototype, 'two'),
    ]).toEqual(['/above', '/below']);
    expect(Reflect.getMetadata('design:paramtypes', Controller.prototype, 'one')).toEqual([String]);
    expect(Reflect.getMetadata('design:returntype', Controller.prototype, 'two')).toBe(String);
  });

  it('works between decorators that wrap', async () => {
    class Service {
      runs = 0;

      @shout
      @Task({ cacheKeyFn: taskInputHash, parameters: ['name'] })
      @shout
      async greet(name: string): Promise<string> {
        this.runs++;
        return name;
      }
    }
    const service = createTestPond().bind(new Service());
    expect([await service.greet('a'), await service.greet('a')]).toEqual(['a!!', 'a!!']);
    expect(service.runs).toBe(1);
  });

  it('is silent about decorators by hand', async () => {
    class Service {
      async load(): Promise<number> {
        return 1;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'load') as PropertyDescriptor;
    const made = LooseTask({ cacheKeyFn: staticKey('x') })(Service.prototype, 'load', descriptor) as PropertyDescriptor;
    Object.defineProperty(Service.prototype, 'load', made);
    const state = await createTestPond().run(() => returnState(new Service()).load());
    expect(state.cache?.status).toBe('miss');
  });
});

describe('a function twin', () => {
  it('is called like its function, and keeps name, length and own properties', async () => {
    const fn = Object.assign(
      async function fn(a: number, b: number) {
        return a + b;
      },
      { note: 'kept' },
    );
    const twin = task(fn, { cacheKeyFn: taskInputHash });
    expect([twin.name, twin.length, (twin as typeof fn).note]).toEqual(['fn', 2, 'kept']);
    expect(await createTestPond().run(() => twin(1, 2))).toBe(3);
  });

  it('belongs to its name, wherever it hangs', async () => {
    const rate = task(async (from: string) => `${from} 1`, { name: 'rate', cacheKeyFn: taskInputHash });
    const [one, two] = [{ rate }, Object.freeze({ rate })];
    const pond = createTestPond();
    const states = await pond.run(async () => [
      await returnState(rate)('EUR'),
      await returnState(one).rate('EUR'),
      await returnState(two).rate('EUR'),
    ]);
    expect(states.map((state) => state.cache?.status)).toEqual(['miss', 'hit', 'hit']);
  });

  it('keeps its function’s receiver', () => {
    const twin = task(
      function (this: { n: number }) {
        return this.n;
      },
      { name: 'n' },
    );
    const holder = { n: 5, twin };
    expect(createTestPond().run(() => holder.twin())).toBe(5);
  });

  it('can be of a twin', async () => {
    const inner = task(async (n: number) => n, { name: 'inner', cacheKeyFn: taskInputHash });
    const outer = flow(inner, { name: 'outer' });
    const pond = createTestPond();
    await pond.run(() => outer(1));
    await pond.run(() => outer(1));
    expect(pond.stats()).toMatchObject({ flowRuns: 2, hits: 1, misses: 1 });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no function', () => task(5 as never), /^task: takes a function \(got 5\)\. Write task\(fn, options\)\.$/],
    [
      'no name',
      () => task(async () => 1),
      /^task: needs a name, and the function has none\. Write task\(fn, \{ name: '…' \}\)/,
    ],
    ['an empty name', () => flow(async () => 1, { name: '' }), /^flow: needs a name/],
    ['a generator', () => task(function* all() {} as never), /^task: was given a generator/],
    ['null for options', () => task(async () => 1, null as never), /^task: takes an options object \(got null\)/],
    ['a key function for options', () => task(async () => 1, taskInputHash as never), /^task: takes an options object/],
    ['a policy for options', () => task(async function quote() {}, INPUTS as never), /^quote: takes an options object/],
    ['an unknown option', () => flow(async () => 1, { name: 'x', retry: 1 } as never), /^x: option `retry` is unknown/],
  ])('of %s is refused', (_, act, sentence) => {
    expect(act).toThrow(InvalidOptionsError);
    expect(act).toThrow(sentence);
  });
});
