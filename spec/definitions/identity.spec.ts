// biome-ignore-all lint/complexity/noThisInStatic: the class that was asked, often a subclass
import { describe, expect, it } from '@jest/globals';
import {
  type CacheOutcome,
  Flow,
  returnState,
  type State,
  staticKey,
  Task,
  task,
  taskInputHash,
  withOptions,
} from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

const cached = { cacheKeyFn: staticKey('x') };

/** Calls in one pond, in order: each value, what the cache did, and why where that is of interest. */
async function calls(...acts: (() => State | Promise<State>)[]): Promise<string[]> {
  const pond = createTestPond();
  const outcomes: string[] = [];
  for (const act of acts) {
    const state = await pond.run(act);
    const { status, reason } = state.cache as CacheOutcome;
    const why = reason === 'identity-taken' ? ` (${reason})` : '';
    outcomes.push(`${String(state.result())} ${status}${why}`);
  }
  return outcomes;
}

/** For class expressions, on which the legacy dialect has no decorators. */
function decorated<C extends new () => object>(owner: C, method: string): C {
  const descriptor = Object.getOwnPropertyDescriptor(owner.prototype, method) as PropertyDescriptor;
  const decorate = Task(cached) as (target: object, key: string, descriptor: PropertyDescriptor) => PropertyDescriptor;
  Object.defineProperty(owner.prototype, method, decorate(owner.prototype as object, method, descriptor));
  return owner;
}

class BaseRepo {
  protected readonly table: string = 'base';

  @Task(cached)
  async find(): Promise<string> {
    return this.table;
  }

  @Task(cached)
  static async all(): Promise<string> {
    return this.name;
  }
}
class UserRepo extends BaseRepo {
  protected override readonly table: string = 'users';
}
class OrderRepo extends BaseRepo {
  protected override readonly table: string = 'orders';
}
class CachingUserRepo extends UserRepo {
  @Task(cached)
  override async find(): Promise<string> {
    return `own ${await super.find()}`;
  }
}

describe('the identity of a task', () => {
  it('keeps heirs that inherit one method apart', async () => {
    expect(
      await calls(
        () => returnState(new UserRepo()).find(),
        () => returnState(new OrderRepo()).find(),
        () => returnState(new BaseRepo()).find(),
        () => returnState(new UserRepo()).find(),
        () => returnState(new OrderRepo()).find(),
      ),
    ).toEqual(['users miss', 'orders miss', 'base miss', 'users hit', 'orders hit']);
  });

  it('keeps heirs of a static method apart', async () => {
    expect(
      await calls(
        () => returnState(UserRepo).all(),
        () => returnState(OrderRepo).all(),
        () => returnState(BaseRepo).all(),
        () => returnState(UserRepo).all(),
      ),
    ).toEqual(['UserRepo miss', 'OrderRepo miss', 'BaseRepo miss', 'UserRepo hit']);
  });

  it('keeps an override and the method that it calls above apart', async () => {
    expect(
      await calls(
        () => returnState(new CachingUserRepo()).find(),
        () => returnState(new CachingUserRepo()).find(),
        () => returnState(new UserRepo()).find(),
      ),
    ).toEqual(['own users miss', 'own users hit', 'users miss']);
  });

  it('keeps a static and an instance method of one name apart', async () => {
    class Twice {
      @Task(cached)
      async load(): Promise<string> {
        return 'instance';
      }
      @Task(cached)
      static async load(): Promise<string> {
        return 'static';
      }
    }
    expect(
      await calls(
        () => returnState(new Twice()).load(),
        () => returnState(Twice).load(),
        () => returnState(new Twice()).load(),
        () => returnState(Twice).load(),
      ),
    ).toEqual(['instance miss', 'static miss', 'instance hit', 'static hit']);
  });

  it('of the second class of a name is taken: it is not cached, and both places are named', async () => {
    const make = (value: number) => {
      class Pricing {
        @Task(cached)
        async quote(): Promise<number> {
          return value;
        }
      }
      return new Pricing();
    };
    const [one, two] = [make(1), make(2)];
    const pond = createTestPond();
    const troubles: string[] = [];
    pond.events.on('trouble', ({ message }) => troubles.push(message));
    const states = await pond.run(async () => [
      await returnState(one).quote(),
      await returnState(two).quote(),
      await returnState(two).quote(),
      await returnState(one).quote(),
    ]);
    expect(states.map((state) => `${state.result()} ${state.cache?.reason}`)).toEqual([
      '1 first-seen',
      '2 identity-taken',
      '2 identity-taken',
      '1 undefined',
    ]);
    const detail = states[1]?.cache?.detail ?? '';
    expect(detail.match(/identity\.spec\.ts:\d+:\d+/g)).toHaveLength(2);
    expect(detail).toContain("Give one of them identity: '…'");
    expect(troubles[0]).toContain(detail);
  });

  it('of two heirs of one name is taken too', async () => {
    const make = (table: string) => {
      class Repo extends BaseRepo {
        protected override readonly table = table;
      }
      return new Repo();
    };
    const [one, two] = [make('a'), make('b')];
    expect(
      await calls(
        () => returnState(one).find(),
        () => returnState(two).find(),
        () => returnState(one).find(),
      ),
    ).toEqual(['a miss', 'b uncacheable (identity-taken)', 'a hit']);
  });

  it('of anonymous classes is theirs alone', async () => {
    const make = (value: number) => {
      const Class = decorated(
        class {
          async load(): Promise<number> {
            return value;
          }
        },
        'load',
      );
      Object.defineProperty(Class, 'name', { value: '' });
      return new Class();
    };
    const [one, two] = [make(1), make(2)];
    expect(
      await calls(
        () => returnState(one).load(),
        () => returnState(two).load(),
        () => returnState(one).load(),
      ),
    ).toEqual(['1 miss', '2 uncacheable (identity-taken)', '1 hit']);
  });

  it('can be given, for class factories', async () => {
    const make = (value: number) => {
      class Made {
        @Task({ ...cached, identity: `Made ${value}` })
        async load(): Promise<number> {
          return value;
        }
      }
      return Made;
    };
    const [One, Two] = [make(1), make(2)];
    class Heir extends One {}
    expect(
      await calls(
        () => returnState(new One()).load(),
        () => returnState(new Two()).load(),
        () => returnState(new Heir()).load(),
        () => returnState(new One()).load(),
        () => returnState(new Two()).load(),
        () => returnState(new Heir()).load(),
      ),
    ).toEqual([
      '1 miss',
      '2 miss',
      '1 miss', // a receiver of another class still counts
      '1 hit',
      '2 hit',
      '1 hit',
    ]);
  });

  it('is the same in another pond for itself, and taken there by nobody', async () => {
    const service = new UserRepo();
    expect(await calls(() => returnState(service).find())).toEqual(['users miss']);
    expect(await calls(() => returnState(service).find())).toEqual(['users miss']);
  });

  it('of a flow is not that of a task of one name', async () => {
    class Both {
      @Flow(cached)
      @Task(cached)
      async run(): Promise<number> {
        return 5;
      }
    }
    const both = new Both();
    expect(
      await calls(
        () => returnState(both).run(),
        () => returnState(both).run(),
      ),
    ).toEqual(['5 miss', '5 hit']);
  });

  it('of two twins of one name is taken, and can be given', async () => {
    const make = (value: number, identity?: string) => task(async () => value, { name: 'rate', identity, ...cached });
    const [one, two, three] = [make(1), make(2), make(3, 'rate of the ECB')];
    expect(
      await calls(
        () => returnState(one)(),
        () => returnState(two)(),
        () => returnState(three)(),
        () => returnState(three)(),
      ),
    ).toEqual(['1 miss', '2 uncacheable (identity-taken)', '3 miss', '3 hit']);
  });

  it('of a task without a key takes nothing from anybody', async () => {
    const plain = task(async () => 0, { name: 'rate' });
    const keyed = task(async () => 1, { name: 'rate', ...cached });
    expect(
      await calls(
        () => returnState(plain)(),
        () => returnState(keyed)(),
      ),
    ).toEqual(['0 bypass', '1 miss']);
  });

  it('has a symbol by its description, two of which are two', async () => {
    const [one, two] = [Symbol('load'), Symbol('load')];
    class Odd {
      @Task(cached)
      async [one](): Promise<number> {
        return 1;
      }
      @Task(cached)
      async [two](): Promise<number> {
        return 2;
      }
      @Task(cached)
      async ['load'](): Promise<number> {
        return 3;
      }
    }
    const odd = new Odd();
    const view = () => returnState(odd);
    expect(
      await calls(
        () => view()[one]?.() as Promise<State>,
        () => view()[two]?.() as Promise<State>,
        () => view().load(),
        () => view()[one]?.() as Promise<State>,
      ),
    ).toEqual(['1 miss', '2 uncacheable (identity-taken)', '3 miss', '1 hit']);
  });

  it('stands for a class whose name is no text', async () => {
    class Named {
      static readonly name = 5 as never;
      @Task(cached)
      async load(): Promise<number> {
        return 1;
      }
    }
    const state = await createTestPond().run(() => returnState(new Named()).load());
    expect(state.cache?.status).toBe('miss');
  });
});

describe('an odd receiver', () => {
  class Service {
    id = 1;

    @Task(cached)
    async load(this: Service | undefined): Promise<string> {
      return this === undefined ? 'detached' : `instance ${this.id}`;
    }
  }

  it('that is missing has the method’s own identity, in any order', async () => {
    const { load } = Service.prototype;
    const service = new Service();
    const detached = () => returnState(load)();
    const attached = () => returnState(service).load();
    for (const acts of [
      [detached, attached],
      [attached, detached],
    ]) {
      expect((await calls(...(acts as (() => Promise<State>)[]))).map((text) => text.split(' ').at(-1))).toEqual([
        'miss',
        'hit',
      ]);
    }
  });

  it.each<[string, (service: Service) => object]>([
    ['inherits from an instance', (service) => Object.create(service) as object],
    ['is a Proxy', (service) => new Proxy(service, {})],
    ['is frozen', (service) => Object.freeze(service)],
    ['is sealed with an own method', (service) => Object.seal(Object.assign(service, { load: service.load }))],
  ])('that %s is of its class', async (_, make) => {
    const odd = make(new Service()) as Service;
    expect(
      await calls(
        () => returnState(new Service()).load(),
        () => returnState(odd).load(),
      ),
    ).toEqual(['instance 1 miss', 'instance 1 hit']);
  });

  it.each<[string, () => object]>([
    ['has no prototype', () => Object.assign(Object.create(null) as object, { id: 7 })],
    ['is a plain object', () => ({ id: 7 })],
    ['has a constructor that is no function', () => ({ id: 7, constructor: 'x' })],
    ['is a function', () => Object.assign(() => {}, { id: 7 })],
    [
      'is a Proxy that refuses',
      () =>
        new Proxy(
          { id: 7 },
          {
            get: (target, key) => {
              if (key === 'id') return target.id;
              throw new Error(`no ${String(key)}`);
            },
          },
        ),
    ],
    [
      'has a class without a name',
      () =>
        new (class {
          id = 7;
        })(),
    ],
  ])('that %s runs the method', async (_, make) => {
    const receiver = make();
    const pond = createTestPond();
    expect(await pond.run(() => Reflect.apply(Service.prototype.load, receiver, []))).toBe('instance 7');
    const state = await pond.run(() => returnState(receiver as Service, Service.prototype.load)());
    expect(state.isCompleted()).toBe(true);
  });

  it('that is a primitive runs the method', async () => {
    const pond = createTestPond();
    for (const receiver of ['x', 5, true, 1n, Symbol.iterator, null]) {
      await expect(pond.run(() => Reflect.apply(Service.prototype.load, receiver as never, []))).resolves.toBeDefined();
    }
  });
});

describe('instanceKey', () => {
  class Client {
    runs = 0;
    constructor(readonly region: unknown) {}

    @Task({ cacheKeyFn: taskInputHash, instanceKey: (client: Client) => client.region as string })
    async load(_id: number): Promise<string> {
      return `${String(this.region)} ${++this.runs}`;
    }
  }

  it('tells instances apart that would share', async () => {
    expect(
      await calls(
        () => returnState(new Client('eu')).load(1),
        () => returnState(new Client('us')).load(1),
        () => returnState(new Client('eu')).load(1),
        () => returnState(new Client('eu')).load(2),
      ),
    ).toEqual(['eu 1 miss', 'us 1 miss', 'eu 1 hit', 'eu 1 miss']);
  });

  it('never runs into the key', async () => {
    class Raw {
      constructor(readonly id: string) {}
      @Task({ cacheKeyFn: (_context: unknown, { key }: { key: string }) => key, instanceKey: (raw: Raw) => raw.id })
      async load(key: string): Promise<string> {
        return `${this.id}|${key}`;
      }
    }
    const pond = createTestPond();
    for (const [id, key] of [
      ['a', 'bc'],
      ['ab', 'c'],
      ['', 'abc'],
      ['1:a', 'b'],
      ['1', ':ab'],
    ] as [string, string][]) {
      expect(await pond.run(() => new Raw(id).load(key))).toBe(`${id}|${key}`);
    }
  });

  it('may be empty', async () => {
    expect(
      await calls(
        () => returnState(new Client('')).load(1),
        () => returnState(new Client('')).load(1),
      ),
    ).toEqual([' 1 miss', ' 1 hit']);
  });

  it.each([undefined, null, 5, {}, Promise.resolve('eu')])('that gives %p leaves the call uncached', async (region) => {
    const state = await createTestPond().run(() => returnState(new Client(region)).load(1));
    expect(state.cache).toMatchObject({ status: 'uncacheable', reason: 'key-error' });
    expect(state.cache?.detail).toContain('instanceKey');
  });

  it('that throws leaves the call uncached', async () => {
    class Broken {
      @Task({
        ...cached,
        instanceKey: () => {
          throw new Error('no region');
        },
      })
      async load(): Promise<number> {
        return 1;
      }
    }
    const state = await createTestPond().run(() => returnState(new Broken()).load());
    expect(state.result()).toBe(1);
    expect(state.cache).toMatchObject({
      status: 'uncacheable',
      reason: 'key-error',
      detail: expect.stringContaining('no region'),
    });
  });

  it('that rejects leaves the call uncached and nothing unhandled', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    const state = await createTestPond().run(() => returnState(new Client(Promise.reject(new Error('late')))).load(1));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(state.cache?.reason).toBe('key-error');
    expect(unhandled).toEqual([]);
  });
});

describe('cacheKeyScope shared', () => {
  const shared = {
    cacheKeyScope: 'shared' as const,
    cacheKeyFn: (_context: unknown, { id }: { id: string }) => `user ${id}`,
  };
  class One {
    @Task(shared)
    async load(id: string): Promise<string> {
      return `one ${id}`;
    }
  }
  class Two {
    @Task(shared)
    async fetch(id: string): Promise<string> {
      return `two ${id}`;
    }
    @Task({ ...shared, cacheKeyScope: 'task' })
    async alone(id: string): Promise<string> {
      return `alone ${id}`;
    }
    @Task({ ...shared, version: 2 })
    async newer(id: string): Promise<string> {
      return `newer ${id}`;
    }
  }

  it('serves one task’s value to another by the key text alone, within one version', async () => {
    expect(
      await calls(
        () => returnState(new One()).load('a'),
        () => returnState(new Two()).fetch('a'),
        () => returnState(new Two()).fetch('b'),
        () => returnState(new One()).load('b'),
        () => returnState(new Two()).alone('a'),
        () => returnState(new Two()).newer('a'),
      ),
    ).toEqual(['one a miss', 'one a hit', 'two b miss', 'two b hit', 'alone a miss', 'newer a miss']);
  });
});

describe('a version', () => {
  it('is part of whom keys belong to; a number and its text are one', async () => {
    const service = new UserRepo();
    const view = (version?: string | number) => returnState(withOptions(service, { version })).find();
    expect(
      (
        await calls(
          () => view(1),
          () => view('1'),
          () => view(2),
          () => view(),
          () => view('1:'),
          () => view(1),
        )
      ).map((text) => text.split(' ').at(-1)),
    ).toEqual(['miss', 'hit', 'miss', 'miss', 'miss', 'hit']);
  });
});
