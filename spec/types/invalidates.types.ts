// Compiled by `npm run types` in both dialects; nothing here runs. Each refusal has its accepted twin.
import {
  createPond,
  Flow,
  type InvalidateAnswer,
  Invalidates,
  type InvalidationTarget,
  invalidate,
  type MaybePromise,
  type State,
  Task,
  task,
  taskInputHash,
  withOptions,
} from 'flowpond';
import type { Misuse } from '../../lib/base/misuse.js';
import type { CheckInvalidates } from '../../lib/decorators/invalidates-types.js';
import { type Equal, same } from './equal.js';

interface Product {
  readonly id: string;
  readonly tags: readonly string[];
}

const product: Product = { id: 'a', tags: [] };
const load = task(async (id: string) => id, { name: 'load', cacheKeyFn: taskInputHash });

export class Accepted {
  readonly field = 1;

  @Task({ cacheKeyFn: taskInputHash }) async get(_id: string): Promise<Product> {
    return product;
  }
  @Task({ cacheKeyFn: taskInputHash }) count(kind: string): number {
    return kind.length;
  }
  @Task({ cacheKeyFn: taskInputHash }) async generic<T extends { id: string }>(value: T): Promise<T> {
    return value;
  }
  @Task() either(fast: boolean): number | Promise<number> {
    return fast ? 1 : Promise.resolve(1);
  }
  @Task() unknown(): any {}
  optional?(id: string): Promise<number>;
  @Task({ cacheKeyFn: taskInputHash }) private async hidden(id: string): Promise<string> {
    return id;
  }
  @Task({ cacheKeyFn: taskInputHash }) static async rate(currency: string): Promise<string> {
    return currency;
  }

  @Invalidates((service: Accepted, parameters: { id: string }) => invalidate(service).get(parameters.id))
  async update(_id: string, _text: string): Promise<void> {}
  @Invalidates((service: Accepted, { id }: { id: string }, result: Product) => {
    void invalidate(service).get(id);
    return invalidate(service).get(result.id);
  })
  async replace(_id: string): Promise<Product> {
    return product;
  }
  @Invalidates((service: Accepted) => invalidate(service).count('a')) synchronous(): void {}
  @Invalidates((service: { get(id: string): Promise<Product> }) => invalidate(service).get('a')) byShape(): void {}
  @Invalidates((_: unknown, __: object, result: Product) => invalidate(load)(result.id))
  async ownState(): Promise<State<Product> | Product> {
    return product;
  }
  @Invalidates(() => invalidate(load)('a')) nothing(): void {}
  @Invalidates((_: Accepted, p: { ids: string[] }) => p.ids.length) rest(_n: number, ..._ids: string[]): void {}
  @Invalidates((_: Accepted, p: { days?: number }) => p.days) optionalInput(_days?: number): void {}
  @Invalidates((service: typeof Accepted) => invalidate(service).rate('EUR')) static reset(): void {}

  @Invalidates({ task: 'get' }) named(): void {}
  @Invalidates({ task: load }) twin(): void {}
  @Invalidates({ task: 'get' as string }) knownLater(): void {}
  @Invalidates({ task: 'rate' }) static resetAll(): void {}
  @Invalidates({ task: 'get', tags: ['products'] }) both(): void {}
  @Invalidates({ tags: 'products' }) oneTag(): void {}
  @Invalidates({ tags: ['products', 'all'] }) tags(): void {}
  @Invalidates({ tags: (p: { id: string }) => [`product:${p.id}`] }) tagsOf(_id: string): void {}
  @Invalidates({ tags: (p: { id: string }) => `product:${p.id}` }) tagOf(_id: string): void {}
  @Invalidates({ tags: (_p: object, result: Product) => result.tags }) async tagsOfResult(): Promise<Product> {
    return product;
  }
  @Invalidates({ tags: 'a' })
  @Invalidates({ tags: 'b' })
  @Flow()
  @Task({ cacheKeyFn: (_, p: { id: string }) => p.id })
  @Invalidates((service: Accepted) => invalidate(service).get('a'))
  async stacked(id: string): Promise<string> {
    return id;
  }
  @Invalidates({ tags: 'a' }) private async alsoPrivate(): Promise<number> {
    return 1;
  }

  async keepTheirTypes(): Promise<void> {
    same<Equal<Accepted['update'], (_id: string, _text: string) => Promise<void>>>();
    (await this.stacked('a')).toUpperCase();
    (await this.alsoPrivate()).toFixed();
    await invalidate(this).get('a');
    await invalidate(this, this.hidden)('a');
    same<Equal<ReturnType<typeof promise>, Promise<void>>>();
  }
}

interface Entity {
  readonly id: string;
}

export class Repository<T extends Entity> {
  @Task({ cacheKeyFn: taskInputHash }) async find(id: string): Promise<T> {
    return { id } as T;
  }
  @Invalidates((service: Repository<Entity>, { entity }: { entity: Entity }) => invalidate(service).find(entity.id))
  async save(entity: T): Promise<T> {
    return entity;
  }
  // @ts-expect-error T is no Date
  @Invalidates((_: unknown, p: { entity: Date }) => p.entity.getTime()) async remove(_entity: T): Promise<void> {}
}

export class Refused {
  async get(id: string): Promise<Product> {
    return { ...product, id };
  }
  readonly field = 1;

  // @ts-expect-error unannotated, and read
  @Invalidates((service) => service.get('a')) unannotated(): void {}
  // @ts-expect-error unannotated parameters
  @Invalidates((_: Refused, parameters) => String(parameters)) unannotatedParameters(_id: string): void {}
  // @ts-expect-error unannotated result
  @Invalidates((_: Refused, _p: object, result) => String(result)) unannotatedResult(): Product {
    return product;
  }
  // @ts-expect-error another service
  @Invalidates((service: Accepted) => invalidate(service).get('a')) otherService(): void {}
  // @ts-expect-error an instance, and not the class
  @Invalidates((service: Refused) => service.get('a')) static otherThanClass(): void {}
  // @ts-expect-error no parameter is a Date
  @Invalidates((_: Refused, p: { at: Date }) => p.at.getTime()) wrongParameter(_id: string): void {}
  // @ts-expect-error it may be missing
  @Invalidates((_: Refused, p: { days: number }) => p.days) optionalInput(_days?: number): void {}
  // @ts-expect-error it resolves to a product
  @Invalidates((_: Refused, _p: object, result: Date) => result.getTime()) async wrongResult(): Promise<Product> {
    return product;
  }
  // @ts-expect-error no such method
  @Invalidates({ task: 'gte' }) misspelt(): void {}
  // @ts-expect-error no method
  @Invalidates({ task: 'field' }) noMethod(): void {}
  // @ts-expect-error of the instance, not of the class
  @Invalidates({ task: 'get' }) static ofInstance(): void {}
  // @ts-expect-error unknown option, with a hint
  @Invalidates({ Tags: ['a'] }) unknownOption(): void {}
  // @ts-expect-error unknown option beside a known one
  @Invalidates({ tags: ['a'], expire: true }) notHere(): void {}
  // @ts-expect-error tags are texts
  @Invalidates({ tags: [1] }) numbers(): void {}
  // @ts-expect-error tags come at once
  @Invalidates({ tags: async () => ['a'] }) later(): void {}
  // @ts-expect-error no parameter is a Date
  @Invalidates({ tags: (p: { at: Date }) => [`${p.at}`] }) wrongTags(_id: string): void {}
  // @ts-expect-error it resolves to nothing
  @Invalidates({ tags: (_p: object, result: Product) => result.tags }) wrongTagsOfResult(): void {}
  // @ts-expect-error takes something
  @Invalidates() empty(): void {}
  // @ts-expect-error a text
  @Invalidates('get') text(): void {}
  // @ts-expect-error not on a field
  @Invalidates({ tags: 'a' }) property = 1;
  // @ts-expect-error not without a call
  @Invalidates uncalled(): void {}
}

// The very sentences.
type Self = Accepted;
type Update = (id: string) => Promise<Product>;
type Verdict<O, M = Update> = CheckInvalidates<Self, M, O>;
declare function accepted<_ extends undefined>(): void;
accepted<Verdict<(service: Accepted, p: { id: string }, result: Product) => void>>();
accepted<Verdict<{ readonly task: 'get' }>>();
accepted<Verdict<{ readonly tags: readonly ['a'] }>>();
same<Equal<Verdict<{ readonly task: 'gte' }>, Misuse<"@Invalidates: 'gte' is no public method of this class">>>();
same<Equal<Verdict<{ readonly task: 'field' }>, Misuse<"@Invalidates: 'field' is no method of this class">>>();
same<
  Equal<
    Verdict<(service: Accepted, p: { at: Date }) => void>,
    Misuse<"@Invalidates: the callback reads 'at', and no parameter of this method fits">
  >
>();
same<
  Equal<
    Verdict<(service: Accepted, p: object, result: Date) => void>,
    Misuse<'@Invalidates: the callback takes another value than this method resolves to'>
  >
>();
same<
  Equal<
    Verdict<(service: never) => void>,
    Misuse<'@Invalidates: annotate what the callback takes, as in (service: Pricing); a decorator cannot infer it'>
  >
>();

// ── the verb and the pond ──

declare const svc: Accepted;
function promise() {
  return invalidate(svc).get('a');
}
export async function verbs(): Promise<void> {
  same<Equal<ReturnType<typeof promise>, Promise<void>>>();
  const atOnce: MaybePromise<void> = invalidate(svc).count('a');
  await atOnce;
  await invalidate(svc).either(true);
  same<Equal<InvalidateAnswer<any>, MaybePromise<void>>>();
  same<Equal<InvalidateAnswer<never>, MaybePromise<void>>>();
  same<Equal<InvalidateAnswer<number | Promise<number>>, MaybePromise<void>>>();
  await invalidate(Accepted).rate('EUR');
  await invalidate(load)('a');
  await invalidate(svc, svc.generic<{ id: string }>)({ id: 'a' });
  await invalidate(withOptions(svc, { version: 2 })).get('a');
  await invalidate(svc).optional?.('a');
  // @ts-expect-error takes a text
  await invalidate(svc).get(1);
  // @ts-expect-error no such method
  await invalidate(svc).gte('a');
  // @ts-expect-error private methods go as the second argument
  await invalidate(svc).hidden('a');
  // @ts-expect-error no method
  await invalidate(svc).field();
}

export async function ponds(): Promise<void> {
  const pond = createPond();
  await pond.invalidate({ tags: 'products' });
  await pond.invalidate({ tags: ['products'] as readonly string[] });
  await pond.invalidate({ task: svc.get });
  await pond.invalidate({ task: svc.generic });
  await pond.invalidate({ task: Accepted.rate, key: 'EUR' });
  await pond.invalidate({ task: 'Accepted.get' });
  await pond.expire({ key: 'shared' });
  const cleared: Promise<void> = pond.clear();
  await cleared;
  const target: InvalidationTarget = { tags: ['a'] };
  await pond.expire(target);
  pond.events.on('invalidation', ({ what, by, expire }) => `${what.tags?.length} ${by.length} ${!expire}`);
  // @ts-expect-error something
  await pond.invalidate();
  // @ts-expect-error something
  await pond.invalidate({});
  // @ts-expect-error one thing at a time
  await pond.invalidate({ tags: 'a', key: 'b' });
  // @ts-expect-error one thing at a time
  await pond.invalidate({ tags: 'a', task: svc.get });
  // @ts-expect-error unknown
  await pond.invalidate({ tag: 'a' });
  // @ts-expect-error tags are texts
  await pond.invalidate({ tags: [1] });
  // @ts-expect-error a method or a text
  await pond.invalidate({ task: svc });
  // @ts-expect-error a text
  await pond.invalidate({ task: svc.get, key: 5 });
}
