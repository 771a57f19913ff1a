// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
// biome-ignore-all lint/complexity/noThisInStatic: the class that was asked, often a subclass
import { describe, expect, it } from '@jest/globals';
import {
  Flow,
  getTaskRunContext,
  InvalidOptionsError,
  returnState,
  staticKey,
  Task,
  taskInputHash,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import {
  bothDialects,
  type DecoratedClasses,
  LOAD,
  type Misuse,
  mark,
  refused,
  shout,
} from '../decorators/both-dialects.js';

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

bothDialects('standard', classes);

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
    /^field: @Task stands on a field\. @Task belongs on a method\.$/,
  ],
  [
    'an accessor',
    () => {
      class A {
        @LooseFlow()
        accessor field = 1;
      }
      return A;
    },
    /^field: @Flow stands on an accessor/,
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
    /^lazy: @Task stands on a getter/,
  ],
  [
    'a static setter',
    () => {
      class A {
        @LooseTask()
        static set lazy(_: number) {}
      }
      return A;
    },
    /^lazy: @Task stands on a setter/,
  ],
  [
    'a class',
    () => {
      @LooseTask()
      class A {}
      return A;
    },
    /^A: @Task stands on a class/,
  ],
  [
    'a #private method',
    () => {
      class A {
        @LooseTask()
        #hidden() {}
        use() {
          this.#hidden();
        }
      }
      return A;
    },
    /#hidden: @Task stands on a #private method, which no verb could reach/,
  ],
  [
    'a static #private method',
    () => {
      class A {
        @LooseFlow()
        static #hidden() {}
        static use() {
          A.#hidden();
        }
      }
      return A;
    },
    /@Flow stands on a #private method/,
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
    /^all: @Task stands on a generator/,
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
    /^all: @Flow stands on a generator/,
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
    /^@Task: is written without parentheses/,
  ],
];
refused('standard', misuses, InvalidOptionsError);

describe('the standard dialect', () => {
  it('knows the class that declares a method below a decorator that wraps', async () => {
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
    class Heir extends Service {}
    const pond = createTestPond();
    const identities: string[] = [];
    pond.events.on('task:Completed', ({ task }) => identities.push(task.identity));
    const service = pond.bind(new Service());
    expect([await service.greet('a'), await service.greet('a')]).toEqual(['a!!', 'a!!']);
    expect(service.runs).toBe(1);
    await pond.bind(new Heir()).greet('a');
    expect(identities).toEqual(['Service.greet', 'Service.greet@Heir']);
  });

  it('knows the class of a method that is an own property too', async () => {
    class Service {
      constructor() {
        Object.defineProperty(this, 'load', { value: this.load });
      }

      @Task({ cacheKeyFn: staticKey('x') })
      async load(): Promise<string> {
        return getTaskRunContext().task.identity;
      }
    }
    expect(await createTestPond().run(() => new Service().load())).toBe('Service.load');
  });

  it('keeps two classes apart whose methods have one name, called without a receiver', async () => {
    const make = (value: number) => {
      class Service {
        @Task({ cacheKeyFn: staticKey('x') })
        async load(): Promise<number> {
          return value;
        }
      }
      return new Service();
    };
    const pond = createTestPond();
    const results = await pond.run(async () => {
      const loads = [make(1), make(2)].map(({ load }) => load);
      return Promise.all(loads.map((load) => returnState(load)()));
    });
    expect(results.map((state) => [state.result(), state.cache?.reason])).toEqual([
      [1, 'first-seen'],
      [2, 'identity-taken'],
    ]);
  });

  it('says where a definition stands', async () => {
    const make = (value: number) => {
      class Service {
        @Task({ cacheKeyFn: staticKey('x') })
        async load(): Promise<number> {
          return value;
        }
      }
      return new Service();
    };
    const [one, two] = [make(1), make(2)];
    const state = await createTestPond().run(async () => {
      await one.load();
      return returnState(two).load();
    });
    expect(state.cache?.detail?.match(/decorators\.spec\.ts:\d+:\d+/g)).toHaveLength(2);
  });
});
