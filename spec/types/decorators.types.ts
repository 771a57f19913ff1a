// Compiled by `npm run types` in both dialects; nothing here runs. Each refusal has its accepted twin.
import {
  allOf,
  type CacheKeyFn,
  CachePolicy,
  exponentialBackoff,
  INPUTS,
  inputs,
  perFlowRun,
  State,
  staticKey,
  Task,
  type TaskOptions,
  taskInputHash,
} from 'flowpond';
import { type Equal, same } from './equal.js';

interface Quote {
  readonly sku: string;
  readonly price: number;
}

interface QuoteParameters {
  readonly sku: string;
  readonly days: number;
}

const quote: Quote = { sku: 'A1', price: 1 };
const perRun: CacheKeyFn<object> = (context, parameters) =>
  `${context.taskRun.flowRunId}-${taskInputHash(context, parameters)}`;
const later: CacheKeyFn<object> = async (context) => context.task.name;
const plain: CacheKeyFn = () => 'static';
const common: TaskOptions = { retries: 3, timeout: '5s' };
const key = Symbol('key');

export class Accepted {
  readonly region = 'eu';

  @Task() async nothing(): Promise<void> {}
  @Task({}) async empty(): Promise<void> {}
  @Task(common) sharedOptions(): number {
    return 1;
  }
  @Task({ ...common, name: 'spread' }) async spread(): Promise<void> {}

  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '2h30m', cacheIf: (result: Quote) => result.price > 0 })
  async inferredHelpers(sku: string): Promise<Quote> {
    return { ...quote, sku };
  }

  @Task({ cacheKeyFn: (_, p: { sku: string }) => p.sku, tags: (p: { days: number }) => [`${p.days}`] })
  async partOfTheInputs(_sku: string, _days: number): Promise<Quote> {
    return quote;
  }

  @Task({ cacheKeyFn: perRun, tags: (p: QuoteParameters) => [p.sku], taskRunName: (p: QuoteParameters) => p.sku })
  async typedKeyFunction(_sku: string, _days: number): Promise<Quote> {
    return quote;
  }

  @Task({ cacheKeyFn: staticKey('one') }) a() {}
  @Task({ cacheKeyFn: perFlowRun() }) b() {}
  @Task({ cacheKeyFn: perFlowRun((_, p: { sku: string }) => p.sku) }) c(_sku: string) {}
  @Task({ cacheKeyFn: inputs({ omit: ['debug'] }) }) d(_sku: string, _debug: boolean) {}
  @Task({ cacheKeyFn: allOf(taskInputHash, staticKey('one')) }) e(_sku: string) {}
  @Task({ cachePolicy: INPUTS.plus(CachePolicy.fromKeyFn(taskInputHash)) }) f(_sku: string) {}
  @Task({ cacheKeyFn: (context) => context.taskRun.id }) g() {}
  @Task({ cacheKeyFn: plain }) plain() {}
  @Task(plain, '20s') shortPlain() {}
  @Task({ cacheKeyFn: taskInputHash as never }) silenced() {}
  @Task({ cacheKeyFn: () => null }) h() {}
  @Task({ cacheKeyFn: (_, p: Readonly<Record<string, unknown>>) => Object.keys(p).join() }) i(_sku: string) {}
  @Task({ cacheKeyFn: (_, p: { sku: unknown }) => `${p.sku}` }) j(_sku: number) {}

  @Task((_, p: { sku: string }) => p.sku, '1m') async shortForm(_sku: string): Promise<Quote> {
    return quote;
  }
  @Task(taskInputHash, (result: Quote, context) => (context.attempt > 1 ? '1m' : { minutes: result.price }))
  async shortFormOfResult(_sku: string): Promise<Quote> {
    return quote;
  }
  @Task(() => 'static', 20_000) shortFormOnSync(): number {
    return 1;
  }

  @Task({ parameters: ['sku', 'days'], cacheKeyFn: (_, p: { days: number }) => `${p.days}` })
  async declaredNames(_a: string, _b: number): Promise<void> {}
  @Task({ parameters: ['sku', 'more'], cacheKeyFn: (_, p: { sku: string; more: readonly Date[] }) => p.sku })
  declaredRest(_a: string, ..._b: Date[]) {}

  @Task({ cacheKeyFn: (_, p: { days?: number }) => `${p.days}` }) optional(_sku: string, _days?: number) {}
  @Task({ cacheKeyFn: (_, p: { days: number | undefined }) => `${p.days}` }) byDefault(_sku: string, _days = 3) {}
  @Task({ cacheKeyFn: (_, p: { skus: string[] }) => p.skus.join() }) rest(_days: number, ..._skus: string[]) {}
  @Task({ cacheKeyFn: (_, p: { sku: string }) => p.sku }) anything(_sku: any) {}

  @Task({ cacheKeyFn: taskInputHash }) async generic<T extends { id: string }>(value: T): Promise<T> {
    return value;
  }
  @Task({
    cacheKeyFn: (_, p: { value: { id: string } }) => p.value.id,
    cacheIf: (result: { id: string }) => !!result.id,
  })
  async genericAndRead<T extends { id: string }>(value: T): Promise<T> {
    return value;
  }

  overloaded(x: string): Promise<string>;
  overloaded(x: number, days: Date): Promise<number>;
  @Task({
    cacheKeyFn: (_, p: { days?: Date }) => `${p.days}`,
    cacheIf: (result: string | number) => result !== 0,
  })
  async overloaded(x: string | number, _days?: Date): Promise<string | number> {
    return x;
  }

  @Task({ cacheKeyFn: taskInputHash, timeout: '1s', concurrency: 2, retries: 1, retryDelay: exponentialBackoff('1s') })
  async asyncOptions(): Promise<void> {}
  @Task({ cacheKeyFn: taskInputHash, timeout: '1s', concurrency: 2 }) maybeAsync(): number | Promise<number> {
    return 1;
  }
  @Task({ timeout: '1s' }) returnsAny(): any {}
  @Task({ timeout: '1s' }) returnsThenable(): PromiseLike<number> {
    return Promise.resolve(1);
  }
  @Task({ timeout: '1s', async: true }) promisedByOption(): number {
    return 1;
  }
  @Task({ cacheKeyFn: async () => 'key' }) async asyncKey(): Promise<void> {}
  @Task({ cacheKeyFn: later }) typedAsEither(): void {}
  @Task({ retries: 2, retryDelay: 0 }) retriedAtOnce(): void {}
  @Task({ retries: 2, retryDelay: [0, 0] }) retriedAtOnceByList(): void {}

  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result: unknown) => result !== null }) anyResult(): Quote {
    return quote;
  }
  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result: Quote) => result.price > 0 })
  async ownState(): Promise<State<Quote> | Quote> {
    return State.completed(quote);
  }

  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self: Accepted) => self.region }) perInstance(): void {}
  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self: { region: string }) => self.region }) byShape(): void {}
  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self: typeof Accepted) => self.name }) static ofClass(): void {}

  @Task({ cacheKeyFn: taskInputHash, onCompletion: (task, run, state) => `${task.name} ${run.name} ${state.name}` })
  static async onTheClass(sku: string): Promise<string> {
    return sku;
  }
  @Task({ cacheKeyFn: taskInputHash }) async [key](sku: string): Promise<string> {
    return sku;
  }
  @Task({ cacheKeyFn: taskInputHash }) private async hidden(sku: string): Promise<string> {
    return sku;
  }
  @Task({ cacheKeyFn: taskInputHash }) protected async inherited(sku: string): Promise<string> {
    return sku;
  }
  @Other @Task({ name: 'outer' }) @Other @Task({ cacheKeyFn: (_, p: { sku: string }) => p.sku }) async stacked(
    sku: string,
  ) {
    return sku;
  }

  async keepTheirTypes(): Promise<void> {
    same<Equal<ReturnType<Accepted['byDefault']>, void>>();
    same<Equal<Parameters<Accepted['optional']>, [_sku: string, _days?: number | undefined]>>();
    same<Equal<Awaited<ReturnType<Accepted[typeof key]>>, string>>();
    same<Equal<Accepted['generic'], <T extends { id: string }>(value: T) => Promise<T>>>();
    (await this.hidden('a')).toUpperCase();
    (await this.inherited('a')).toUpperCase();
    (await this.overloaded('a')).toUpperCase();
    (await this.overloaded(1, new Date())).toFixed();
    (await this.generic({ id: 'a', extra: 1 })).extra.toFixed();
    (await Accepted.onTheClass('a')).toUpperCase();
    (await this.stacked('a')).toUpperCase();
  }
}

declare const Other: <F extends (...args: never[]) => unknown>(
  target: object,
  contextOrKey: ClassMethodDecoratorContext | string | symbol,
  descriptor?: TypedPropertyDescriptor<F>,
) => void;

interface Entity {
  readonly id: string;
}

export class Repository<T extends Entity> {
  table = '';

  @Task({ cacheKeyFn: (_, p: { id: string }) => p.id, cacheIf: (found: Entity) => found.id !== '' })
  async find(id: string): Promise<T> {
    return { id } as T;
  }
  @Task({
    cacheKeyFn: (_, p: { entity: Entity }) => p.entity.id,
    instanceKey: (self: Repository<Entity>) => self.table,
  })
  async save(entity: T): Promise<T> {
    return entity;
  }
  // @ts-expect-error T is no Date
  @Task({ cacheKeyFn: (_, p: { entity: Date }) => p.entity.toISOString() }) async remove(_entity: T): Promise<void> {}
}

const spelled: CacheKeyFn<object> = taskInputHash;

export class Refused {
  // @ts-expect-error unknown option, with a hint
  @Task({ cacheKeyfn: taskInputHash }) misspelt() {}
  // @ts-expect-error unknown option beside known ones
  @Task({ cacheKeyFn: taskInputHash, ttl: '1m' }) unknownOption() {}
  // @ts-expect-error an option of flows
  @Task({ flowRunName: 'x' }) ofFlows() {}
  // @ts-expect-error no length of time
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: 'soon' }) expiration() {}
  // @ts-expect-error no length of time
  @Task(taskInputHash, 'soon') shortExpiration() {}
  // @ts-expect-error neither options nor a key function
  @Task('1m') text() {}

  // @ts-expect-error unannotated, and read
  @Task({ cacheKeyFn: (_, p) => p.sku }) unannotated(_sku: string) {}
  // @ts-expect-error unannotated, and passed on
  @Task({ cacheKeyFn: (_, p) => JSON.stringify(p) }) unannotatedUse(_sku: string) {}
  // @ts-expect-error unannotated in the short form
  @Task((_, p) => String(p)) unannotatedShort(_sku: string) {}
  // @ts-expect-error unannotated
  @Task({ tags: (p) => [String(p)] }) unannotatedTags(_sku: string) {}
  // @ts-expect-error unannotated
  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result) => Boolean(result) }) unannotatedResult(): number {
    return 1;
  }
  // @ts-expect-error unannotated
  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self) => String(self) }) unannotatedInstance() {}

  // @ts-expect-error no parameter is a Date
  @Task({ cacheKeyFn: (_, p: { day: Date }) => p.day.toISOString() }) keyFn(_sku: string) {}
  // @ts-expect-error no parameter is a Date
  @Task((_, p: { day: Date }) => p.day.toISOString(), '1m') shortKeyFn(_sku: string) {}
  // @ts-expect-error no parameter is a boolean
  @Task({ tags: (p: { x: boolean }) => [`${p.x}`] }) tags(_sku: string) {}
  // @ts-expect-error no parameter is a boolean
  @Task({ taskRunName: (p: { x: boolean }) => `${p.x}` }) runName(_sku: string) {}
  // @ts-expect-error the parameter takes more than strings
  @Task({ cacheKeyFn: (_, p: { sku: string }) => p.sku }) wider(_sku: string | number) {}
  // @ts-expect-error it may be left out
  @Task({ cacheKeyFn: (_, p: { days: number }) => p.days.toFixed() }) optional(_sku: string, _days?: number) {}
  // @ts-expect-error no parameter at all
  @Task({ cacheKeyFn: (_, p: { sku: string }) => p.sku }) none() {}
  // @ts-expect-error inputs come by name
  @Task({ cacheKeyFn: (_, sku: string) => sku }) byPosition(_sku: string) {}
  // @ts-expect-error inputs come by name
  @Task({ cacheKeyFn: (_, [sku]: string[]) => sku }) asList(_sku: string) {}
  // @ts-expect-error one of two is read wrongly
  @Task({ cacheKeyFn: spelled, tags: (p: { sku: string; x: Date }) => [p.sku] }) oneOfTwo(_sku: string) {}

  // @ts-expect-error no such name
  @Task({ parameters: ['sku', 'days'], cacheKeyFn: (_, p: { skew: string }) => p.skew }) name(_a: string, _b: number) {}
  // @ts-expect-error the second is a number
  @Task({ parameters: ['sku', 'days'], cacheKeyFn: (_, p: { days: string }) => p.days }) type(_a: string, _b: number) {}
  // @ts-expect-error one name too many
  @Task({ parameters: ['sku', 'days'] }) tooMany(_sku: string) {}

  // @ts-expect-error resolves to a quote
  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result: Date) => !!result }) async cacheIf(): Promise<Quote> {
    return quote;
  }
  // @ts-expect-error resolves to a quote, not to a promise
  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result: Promise<Quote>) => !!result }) async awaited(): Promise<Quote> {
    return quote;
  }
  // @ts-expect-error resolves to a quote or null
  @Task({ cacheKeyFn: taskInputHash, cacheIf: (result: Quote) => !!result }) async nullable(): Promise<Quote | null> {
    return quote;
  }
  // @ts-expect-error resolves to a quote
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: (r: Date) => r.getTime() }) expirationOfResult(): Quote {
    return quote;
  }
  // @ts-expect-error resolves to a quote
  @Task(taskInputHash, (result: Date) => result.getTime()) shortExpirationOfResult(): Quote {
    return quote;
  }

  // @ts-expect-error synchronous
  @Task({ timeout: '1s' }) timeout(): number {
    return 1;
  }
  // @ts-expect-error synchronous
  @Task({ concurrency: 2 }) concurrency(): number {
    return 1;
  }
  // @ts-expect-error synchronous
  @Task({ retries: 1, retryDelay: '1s' }) retryDelay(): number {
    return 1;
  }
  // @ts-expect-error synchronous
  @Task({ retries: 1, retryDelay: [0, '1s'] }) retryDelays(): void {}
  // @ts-expect-error synchronous
  @Task({ cacheKeyFn: async () => 'key' }) asyncKey(): number {
    return 1;
  }

  // @ts-expect-error another receiver
  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self: Date) => self.toISOString() }) instance() {}
  // @ts-expect-error the class is the receiver
  @Task({ cacheKeyFn: taskInputHash, instanceKey: (self: Accepted) => self.region }) static ofInstance() {}

  // @ts-expect-error a field
  @Task() field = 1;
  // @ts-expect-error a field, though of a function
  @Task() arrow = async (sku: string) => sku;
  // @ts-expect-error a getter
  @Task() get getter() {
    return 1;
  }
  // @ts-expect-error a setter
  @Task() set setter(_value: number) {}
  // @ts-expect-error an accessor
  @Task() accessor auto = 1;
  // @ts-expect-error a #private method
  @Task() #private() {}
  // @ts-expect-error no call
  @Task bare(sku: string) {
    return sku;
  }
  // @ts-expect-error no call
  @Task async bareAsync() {}
  // @ts-expect-error no call
  @Task static bareStatic() {}

  uses() {
    this.#private();
  }
}

export class RefusedOnParameter {
  // @ts-expect-error a parameter
  method(@Task() sku: string) {
    return sku;
  }
}

// @ts-expect-error a class
@Task()
export class RefusedOnClass {}

// Nest's applyDecorators takes what it takes of these.
declare function applyDecorators(...decorators: (ClassDecorator | MethodDecorator | PropertyDecorator)[]): void;
applyDecorators(Task({ cacheKeyFn: taskInputHash }));
