// biome-ignore-all lint/complexity/noStaticOnlyClass: static methods are decorated too
import { describe, expect, it } from '@jest/globals';
import { Flow, Invalidates, InvalidOptionsError, invalidate, Task, taskInputHash } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';
import { type Misuse, mark, refused } from '../decorators/both-dialects.js';
import { type InvalidatingClasses, invalidatesInBothDialects } from '../decorators/invalidates-in-both-dialects.js';

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

invalidatesInBothDialects('standard', classes);

const misuses: Misuse[] = [
  [
    'a field',
    () => {
      class A {
        @Loose({ tags: 'x' })
        field = 1;
      }
      return A;
    },
    /^field: @Invalidates stands on a field\. @Invalidates belongs on a method\.$/,
  ],
  [
    'a #private method',
    () => {
      class A {
        @Loose({ tags: 'x' })
        #hidden() {}
        use() {
          this.#hidden();
        }
      }
      return A;
    },
    /#hidden: @Invalidates stands on a #private method/,
  ],
  [
    'a method without its parentheses',
    () => {
      class A {
        @Loose
        update() {}
      }
      return A;
    },
    /^@Invalidates: is written without parentheses/,
  ],
];
refused('standard', misuses, InvalidOptionsError);

describe('a method of the standard dialect', () => {
  const define = () => {
    class Service {
      runs = 0;

      @Task({ cacheKeyFn: taskInputHash })
      async get(n: number): Promise<number> {
        return n + ++this.runs;
      }

      @Task({ cacheKeyFn: taskInputHash })
      static async rate(n: number): Promise<number> {
        return n;
      }
    }
    class Heir extends Service {}
    return { Service, Heir };
  };

  it('is known by its class from the first instance on, be it an heir’s, before any call', async () => {
    for (const which of ['Service', 'Heir'] as const) {
      const made = define();
      new made[which]();
      const pond = createTestPond();
      const identities: unknown[] = [];
      pond.events.on('invalidation', ({ what }) => identities.push(what.identities));
      await pond.invalidate({ task: made.Service.prototype.get });
      expect(identities).toEqual([['Service.get']]);
    }
  });

  it('is refused while its class is not known, with the remedy', () => {
    const { Service } = define();
    const act = () => createTestPond().invalidate({ task: Service.prototype.get });
    expect(act).toThrow(InvalidOptionsError);
    expect(act).toThrow(
      'pond.invalidate: option `task` cannot be found yet: no instance of the class that declares get was made in this process. ' +
        "Name it: { task: 'Class.get' }, or give it an identity at decoration.",
    );
  });

  it('that is static is known at once', async () => {
    const { Service } = define();
    const pond = createTestPond();
    const identities: unknown[] = [];
    pond.events.on('invalidation', ({ what }) => identities.push(what.identities));
    await pond.invalidate({ task: Service.rate });
    expect(identities).toEqual([['Service::rate']]);
  });
});
