import { describe, expect, it } from '@jest/globals';
import {
  forwardRef,
  Global,
  Inject,
  Injectable,
  type InjectionToken,
  Module,
  type OnModuleInit,
  Optional,
  Scope,
} from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef, NestFactory, REQUEST } from '@nestjs/core';
import { defaultPond, Invalidates, memoryStore, Pond, Task, taskInputHash, tryGetRunContext } from '../../lib/index.js';
import { FlowpondModule } from '../../lib/nestjs/index.js';
import { unbind } from '../../lib/pond/bindings.js';
import { currentScope } from '../../lib/runs/frame.js';
import { createTestPond } from '../../lib/testing/index.js';
import { started } from './applications.js';

/** The pond that a run is in. */
const here = (): unknown => currentScope()?.runtime;

/** What an application's pond is called below. */
const pondOf = (app: { get<T>(token: InjectionToken<T>): T }): unknown => app.get<Pond>(Pond).runtime;

@Injectable()
class Witness implements OnModuleInit {
  readonly inConstructor: Promise<unknown>;
  inField = this.where();
  laterInConstructor: Promise<unknown>;
  inModuleInit: unknown;

  constructor() {
    this.inConstructor = this.where();
    this.laterInConstructor = Promise.resolve().then(() => this.where());
  }

  async onModuleInit() {
    this.inModuleInit = await this.where();
  }

  @Task()
  async where() {
    return here();
  }

  @Task()
  static async whereStatic() {
    return here();
  }

  async all() {
    return [
      await this.inConstructor,
      await this.inField,
      await this.laterInConstructor,
      this.inModuleInit,
      await this.where(),
    ];
  }
}

const times = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one);

describe('a provider', () => {
  it('runs in the pond of its application, from its constructor on', async () => {
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Witness] });
    expect(await app.get(Witness).all()).toEqual(times(5, pondOf(app)));
    expect(await Witness.whereStatic()).toBe(pondOf(app));
  });

  it('does so with options that come later', async () => {
    const store = memoryStore();
    const later = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { store };
    };
    const app = await started({ imports: [FlowpondModule.forRootAsync({ useFactory: later })], providers: [Witness] });
    expect(await app.get(Witness).all()).toEqual(times(5, pondOf(app)));
    expect(app.get(Pond).runtime.allStores()).toEqual([store]);
  });

  it('works without the module, in the default pond', async () => {
    const app = await started({ providers: [Witness] });
    expect(await app.get(Witness).all()).toEqual(times(5, defaultPond().runtime));
    expect(await new Witness().where()).toBe(defaultPond().runtime);
  });

  it('keeps to pond.run, which names a pond for all inside', async () => {
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Witness] });
    const other = createTestPond();
    expect(await other.run(() => app.get(Witness).where())).toBe(other.runtime);
    const inside = await other.run(() => started({ imports: [FlowpondModule.forRoot()], providers: [Witness] }));
    const witness: Witness = inside.get(Witness);
    expect(await witness.inConstructor).toBe(other.runtime);
    expect(await witness.where()).toBe(pondOf(inside));
  });

  it('runs in a pond that a test has put in place of the application’s', async () => {
    const pond = createTestPond();
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Witness] }, (builder) =>
      builder.overrideProvider(Pond).useValue(pond),
    );
    expect(await app.get(Witness).all()).toEqual(times(5, pond.runtime));
    await app.close();
    expect(pond.runtime.closed).toBe(false);
  });

  it('is found though another decorator has wrapped the task', async () => {
    const audited = (_: object, __: string, descriptor: PropertyDescriptor): PropertyDescriptor => {
      const inner = descriptor.value as (...args: unknown[]) => unknown;
      return {
        ...descriptor,
        value(...args: unknown[]) {
          return Reflect.apply(inner, this, args);
        },
      };
    };
    @Injectable()
    class Audited {
      readonly first = this.where();
      @audited
      @Task()
      async where() {
        return here();
      }
    }
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Audited] });
    expect([await app.get(Audited).first, await app.get(Audited).where()]).toEqual(times(2, pondOf(app)));
  });

  it('with no task but a method that invalidates is bound as well', async () => {
    @Injectable()
    class Prices {
      runs = 0;
      @Task({ cacheKeyFn: taskInputHash, tags: ['prices'] })
      async read() {
        return ++this.runs;
      }
    }
    @Injectable()
    class Import {
      @Invalidates({ tags: ['prices'] })
      async load() {}
    }
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Prices, Import] });
    const prices: Prices = app.get(Prices);
    expect([await prices.read(), await prices.read()]).toEqual([1, 1]);
    await app.get(Import).load();
    expect(await prices.read()).toBe(2);
  });

  it('that inherits its tasks is bound as well', async () => {
    @Injectable()
    class Heir extends Witness {}
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Heir] });
    expect(await app.get(Heir).all()).toEqual(times(5, pondOf(app)));
  });

  it('is bound however it is given: class, factory, value, alias, or made on demand', async () => {
    class OnDemand extends Witness {}
    @Injectable()
    class Asking {
      constructor(
        readonly ref: ModuleRef,
        @Inject('factory') readonly factory: Witness,
        @Inject('later') readonly later: Witness,
        @Inject('value') readonly value: Witness,
        @Inject('class') readonly byClass: Witness,
        @Inject('alias') readonly alias: Witness,
      ) {}
    }
    const value = new Witness();
    await value.inConstructor;
    const app = await started({
      imports: [FlowpondModule.forRoot()],
      providers: [
        Asking,
        { provide: 'factory', useFactory: () => new Witness() },
        { provide: 'later', useFactory: async () => (await null) ?? new Witness() },
        { provide: 'value', useValue: value },
        { provide: 'class', useClass: Witness },
        { provide: 'alias', useExisting: 'class' },
      ],
    });
    const asking = app.get(Asking);
    const pond = pondOf(app);
    for (const one of [asking.factory, asking.later, asking.byClass, asking.alias])
      expect(await one.all()).toEqual(times(5, pond));
    expect(await value.where()).toBe(pond);
    const made = await asking.ref.create(OnDemand);
    expect([await made.inConstructor, await made.laterInConstructor, await made.where()]).toEqual(times(3, pond));
  });

  it('of a circle is bound, also the object that its constructor had', async () => {
    @Injectable()
    class Hen extends Witness {
      constructor(@Inject(forwardRef(() => Egg)) readonly egg: unknown) {
        super();
      }
    }
    @Injectable()
    class Egg extends Witness {
      constructor(@Inject(forwardRef(() => Hen)) readonly hen: unknown) {
        super();
      }
    }
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Hen, Egg] });
    expect(await app.get(Hen).all()).toEqual(times(5, pondOf(app)));
    expect(await app.get(Egg).all()).toEqual(times(5, pondOf(app)));
  });

  it('of a module that is loaded later is bound', async () => {
    @Injectable()
    class Late extends Witness {}
    @Module({ providers: [Late] })
    class LateModule {}
    const app = await started({ imports: [FlowpondModule.forRoot()] });
    const loaded = await app.get(LazyModuleLoader).load(() => LateModule);
    const late = loaded.get(Late);
    expect([await late.inConstructor, await late.where()]).toEqual(times(2, pondOf(app)));
  });

  it('that the options of the pond need is bound once the pond is there', async () => {
    @Injectable()
    class Settings extends Witness {
      @Task({ cacheKeyFn: taskInputHash })
      async logLevel() {
        return 'error' as const;
      }
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const options = FlowpondModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: async (settings: Settings) => ({ logLevel: await settings.logLevel() }),
    });
    const app = await started({ imports: [options], providers: [Witness] });
    expect(await app.get(Settings).where()).toBe(pondOf(app));
    expect(app.get(Settings).inModuleInit).toBe(pondOf(app));
    expect(await app.get(Settings).inConstructor).toBe(defaultPond().runtime);
  });
});

describe('two applications in one process', () => {
  @Injectable()
  class PerRequest extends Witness {
    constructor(@Inject(REQUEST) readonly request: unknown) {
      super();
    }
  }
  @Injectable({ scope: Scope.TRANSIENT })
  class PerConsumer extends Witness {}
  @Injectable()
  class Consumer {
    constructor(
      readonly own: PerConsumer,
      readonly witness: Witness,
      @Inject('factory') readonly factory: Witness,
      @Optional() readonly nobody?: string,
    ) {}
  }
  const shared = {
    imports: [FlowpondModule.forRoot()],
    providers: [Witness, PerRequest, PerConsumer, Consumer, { provide: 'factory', useFactory: () => new Witness() }],
  };

  it('share classes and even the module definition, and never a pond', async () => {
    const [one, two] = await Promise.all([started(shared), started(shared)]);
    expect(pondOf(one)).not.toBe(pondOf(two));
    for (const app of [one, two]) {
      const consumer = app.get(Consumer);
      for (const witness of [consumer.witness, consumer.factory])
        expect(await witness.all()).toEqual(times(5, pondOf(app)));
      expect([await consumer.own.inConstructor, await consumer.own.where()]).toEqual(times(2, pondOf(app)));
    }
  });

  it('keep request-scoped providers apart, however their requests meet', async () => {
    const apps = await Promise.all([started(shared), started(shared)]);
    const seen = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const app = apps[index % 2] as (typeof apps)[0];
        const one = await app.resolve(PerRequest, ContextIdFactory.create());
        const ponds = [await one.inConstructor, await one.laterInConstructor, await one.where()];
        return ponds.every((pond) => pond === pondOf(app));
      }),
    );
    expect(seen).toEqual(times(60, true));
  });

  it('leave a class that both have to whoever calls, and give it back to the one that stays', async () => {
    const [one, two] = [await started(shared), await started(shared)];
    expect(await Witness.whereStatic()).toBe(defaultPond().runtime);
    expect(await two.get(Pond).run(() => Witness.whereStatic())).toBe(pondOf(two));
    await two.close();
    expect(await Witness.whereStatic()).toBe(pondOf(one));
    expect(await new Witness().where()).toBe(pondOf(one));
    await one.close();
    expect(await Witness.whereStatic()).toBe(defaultPond().runtime);
  });

  it('leave nothing of a class behind them: one that it extends counts again', async () => {
    @Injectable()
    class Heir extends Witness {}
    const app = await started({ imports: [FlowpondModule.forRoot()], providers: [Heir] });
    const other = createTestPond();
    class Base extends Heir {}
    other.bind(Heir);
    expect(await new Base().where()).toBe(other.runtime);
    await app.close();
    other.bind(Witness);
    expect(await new Heir().where()).toBe(other.runtime);
    unbind(Witness);
  });

  it('bind a value anew once the pond it was in is closed', async () => {
    const value = new Witness();
    const metadata = { imports: [FlowpondModule.forRoot()], providers: [{ provide: 'value', useValue: value }] };
    const one = await started(metadata);
    expect(await value.where()).toBe(pondOf(one));
    await one.close();
    const two = await started(metadata);
    expect(await value.where()).toBe(pondOf(two));
  });
});

describe('named ponds', () => {
  @Injectable()
  class Reports extends Witness {}
  @Module({ imports: [FlowpondModule.forFeature({ pond: 'reports' })], providers: [Reports], exports: [Reports] })
  class ReportsModule {}

  it('are used by the providers of the modules that choose them', async () => {
    const app = await started({
      imports: [FlowpondModule.forRoot(), FlowpondModule.forRoot({ name: 'reports' }), ReportsModule],
      providers: [Witness],
    });
    const reports = app.get<Pond>('Pond(reports)').runtime;
    expect(reports).not.toBe(pondOf(app));
    expect(await app.get(Reports).all()).toEqual(times(5, reports));
    expect(await app.get(Witness).all()).toEqual(times(5, pondOf(app)));
  });

  it('leave the other modules to the default pond of the process where there is no other', async () => {
    const app = await started({
      imports: [FlowpondModule.forRoot({ name: 'reports' }), ReportsModule],
      providers: [Witness],
    });
    expect(await app.get(Witness).where()).toBe(defaultPond().runtime);
    expect(await app.get(Reports).where()).toBe(app.get<Pond>('Pond(reports)').runtime);
  });

  it('that are not global are used by the modules that import them', async () => {
    const pond = FlowpondModule.forRoot({ isGlobal: false });
    @Injectable()
    class Inside extends Witness {}
    @Injectable()
    class Outside extends Witness {}
    @Module({ imports: [pond], providers: [Inside] })
    class InsideModule {}
    const app = await started({ imports: [InsideModule], providers: [Outside] });
    expect(await app.get(Inside).where()).toBe(app.get(Pond, { strict: false }).runtime);
    expect(await app.get(Outside).where()).toBe(defaultPond().runtime);
  });

  it('do not follow an alias: what it stands for stays where it was made', async () => {
    const pond = FlowpondModule.forRoot({ isGlobal: false });
    @Module({ providers: [Witness], exports: [Witness] })
    class Outside {}
    @Module({ imports: [pond, Outside], providers: [{ provide: 'alias', useExisting: Witness }], exports: ['alias'] })
    class Inside {}
    const app = await started({ imports: [Inside] });
    expect(await app.get<Witness>('alias', { strict: false }).where()).toBe(defaultPond().runtime);
  });

  it('give a provider that is listed in two modules each its own', async () => {
    @Module({
      imports: [FlowpondModule.forFeature({ pond: 'reports' })],
      providers: [{ provide: 'of reports', useClass: Witness }],
    })
    class Second {}
    const app = await started({
      imports: [FlowpondModule.forRoot(), FlowpondModule.forRoot({ name: 'reports' }), Second],
      providers: [Witness],
    });
    expect(await app.get(Witness).all()).toEqual(times(5, pondOf(app)));
    const second = app.get<Witness>('of reports');
    expect(await second.all()).toEqual(times(5, app.get<Pond>('Pond(reports)').runtime));
  });
});

describe('options that are made later', () => {
  class Factory {
    createFlowpondOptions() {
      return { namespace: 'from a class' };
    }
  }
  @Global()
  @Module({ providers: [Factory], exports: [Factory] })
  class FactoryModule {}

  it.each([
    ['useFactory', FlowpondModule.forRootAsync({ useFactory: () => ({ namespace: 'from a class' }) })],
    ['useClass', FlowpondModule.forRootAsync({ useClass: Factory })],
    ['useExisting', FlowpondModule.forRootAsync({ useExisting: Factory, imports: [FactoryModule] })],
  ])('come by %s', async (_, module) => {
    const app = await started({ imports: [module] });
    expect(app.get(Pond).runtime.namespace).toBe('from a class');
  });

  it('go with a name', async () => {
    const app = await started({
      imports: [FlowpondModule.forRootAsync({ name: 'reports', useFactory: async () => ({ namespace: 'r' }) })],
    });
    expect(app.get<Pond>('Pond(reports)').runtime.namespace).toBe('r');
  });
});

it('an application that is only looked at has no ponds, and starts', async () => {
  @Module({ imports: [FlowpondModule.forRoot()], providers: [Witness] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { preview: true, logger: false });
  await app.close();
});

it('no run is around a constructor: a pond is, and that is all', async () => {
  const seen: unknown[] = [];
  @Injectable()
  class Looking {
    constructor() {
      seen.push(tryGetRunContext(), currentScope()?.explicit);
    }
    @Task()
    async task() {}
  }
  await started({ imports: [FlowpondModule.forRoot()], providers: [Looking] });
  expect(seen).toEqual([undefined, false]);
});
