import { ConfigurableModuleBuilder, type DynamicModule, Inject, Module, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { NestSetupError } from '../base/errors.js';
import { text } from '../base/option-reader.js';
import { Pond } from '../pond/pond.js';
import { FlowInterceptor } from './flow-interceptor.js';
import { FlowpondHealthIndicator } from './health-indicator.js';
import { hookInjector } from './injector-hooks.js';
import {
  type FlowpondModuleExtras,
  type FlowpondModuleOptions,
  type FlowpondOptionsFactory,
  splitOptions,
} from './module-options.js';
import { nestLog } from './nest-log.js';
import { PondLifecycle } from './pond-lifecycle.js';
import { CHOSEN_POND, DECLARED_POND, type DeclaredPond, getPondToken } from './tokens.js';

const WHERE = 'FlowpondModule.forRoot';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<FlowpondModuleOptions>({ moduleName: 'Flowpond' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createFlowpondOptions')
    .setExtras<FlowpondModuleExtras>({ isGlobal: true, name: undefined }, withPond)
    .build();

/** Adds to a module what its pond needs. */
function withPond(definition: DynamicModule, { isGlobal = true, name }: FlowpondModuleExtras): DynamicModule {
  hookInjector();
  if (name !== undefined) text(name, WHERE, 'name');
  const token = getPondToken(name);
  const declared: DeclaredPond = { name, isGlobal, optionsToken: MODULE_OPTIONS_TOKEN };
  const providers: Provider[] = [
    { provide: DECLARED_POND, useValue: declared },
    { provide: token, useFactory: makePond, inject: [MODULE_OPTIONS_TOKEN] },
    { provide: PondLifecycle, useFactory: (pond: Pond) => new PondLifecycle(pond), inject: [token] },
    FlowInterceptor,
    FlowpondHealthIndicator,
  ];
  return {
    ...definition,
    global: isGlobal,
    providers: [...(definition.providers ?? []), ...providers],
    exports: [token, FlowInterceptor, FlowpondHealthIndicator],
  };
}

function makePond(options: FlowpondModuleOptions): Pond {
  const { pond: own } = splitOptions(options, WHERE);
  return PondLifecycle.own(new Pond({ ...own, logger: own.logger ?? nestLog }, WHERE));
}

/** Nest itself would look for a provider that nobody named. */
function checkSource(options: Partial<FlowpondModuleAsyncOptions> | null | undefined): void {
  if ((options?.useFactory ?? options?.useClass ?? options?.useExisting) !== undefined) return;
  throw new NestSetupError('FlowpondModule.forRootAsync() is not told where the options come from.', [
    'Give useFactory: (…) => ({ store, … }), with inject and imports for what it needs.',
    'Give useClass or useExisting: a class with createFlowpondOptions().',
    'Options that are known already: FlowpondModule.forRoot({ store, … }).',
  ]);
}

/** What `FlowpondModule.forFeature` takes. */
export interface FlowpondFeatureOptions {
  /** The name of the pond, as `forRoot` was given it. */
  readonly pond: string;
}

/** Options and way of getting them, as `forRootAsync` takes them: `useFactory`, `useClass` or `useExisting`. */
export type FlowpondModuleAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

export type { FlowpondOptionsFactory };

/** Says which pond the providers of the importing module use. */
@Module({})
class FlowpondFeatureModule {}

/**
 * Makes a pond for an application: every provider with `@Task` or `@Flow` methods runs in it, from its constructor on. The pond is
 * injected by its class, logs through Nest's `Logger`, and is closed with the application.
 */
@Module({})
export class FlowpondModule extends ConfigurableModuleClass {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    super();
    if ([...modules.values()].some((module) => module.providers.has(DECLARED_POND))) return;
    throw new NestSetupError('FlowpondModule is imported without forRoot(), so the application has no pond.', [
      'Import FlowpondModule.forRoot() in the root module.',
    ]);
  }

  /** Takes the options of `createPond`, `values`, `headers`, and `isGlobal`, `name`. Global unless said otherwise. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    // biome-ignore lint/complexity/noThisInStatic: `this` is the module that Nest imports
    return super.forRoot(options);
  }

  /** The same with options that are made later: `useFactory`, `useClass` or `useExisting`, with `inject` and `imports`. */
  static override forRootAsync(options: FlowpondModuleAsyncOptions): DynamicModule {
    checkSource(options);
    // biome-ignore lint/complexity/noThisInStatic: as above
    return super.forRootAsync(options);
  }

  /** Has the providers of the importing module use a named pond. */
  static forFeature(options: FlowpondFeatureOptions): DynamicModule {
    hookInjector(); // so that a name is refused where there is no forRoot at all
    const name = text(options?.pond, 'FlowpondModule.forFeature', 'pond');
    return { module: FlowpondFeatureModule, providers: [{ provide: CHOSEN_POND, useValue: name }] };
  }
}
