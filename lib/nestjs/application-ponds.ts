import type { InjectionToken } from '@nestjs/common';
import type { Injector } from '@nestjs/core/injector/injector.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { NestSetupError } from '../base/errors.js';
import { bind, bindingOf } from '../pond/bindings.js';
import type { Pond } from '../pond/pond.js';
import type { PondRuntime } from '../pond/pond-runtime.js';
import { claim } from './claims.js';
import { isDecorated, isDecoratedInstance } from './decorated.js';
import { type RequestSettings, splitOptions } from './module-options.js';
import { CHOSEN_POND, DECLARED_POND, type DeclaredPond, getPondToken, pondLabel } from './tokens.js';

/** The modules of one application, by token: Nest's `ModulesContainer`. */
export type Modules = ReadonlyMap<string, Module>;

/** A pond of an application, and the module that declares it. */
export interface PondPlace extends DeclaredPond {
  readonly module: Module;
  /** There once the pond is made; in Nest's preview mode nothing is. */
  runtime: PondRuntime | undefined;
  requests: RequestSettings;
}

const applications = new WeakMap<Modules, ApplicationPonds>();

/**
 * The ponds of one application: which module's providers run in which. Nothing of it is global, so that two applications in one
 * process do not mix, although they share classes.
 */
export class ApplicationPonds {
  readonly #modules: Modules;
  readonly #places: PondPlace[] = [];
  readonly #byClass = new WeakMap<object, { readonly place: PondPlace | undefined }>();
  /** Modules whose providers are bound. */
  readonly #bound = new WeakMap<Module, PondRuntime | undefined>();

  private constructor(modules: Modules) {
    this.#modules = modules;
  }

  static of(modules: Modules): ApplicationPonds {
    let ponds = applications.get(modules);
    if (ponds === undefined) {
      ponds = new ApplicationPonds(modules);
      applications.set(modules, ponds);
    }
    return ponds;
  }

  /**
   * Makes the ponds, before anything else of the modules is made but what their options need, and binds the classes. Called when the
   * application starts, and again for modules that are loaded later.
   */
  async load(injector: Injector): Promise<void> {
    const known = new Set(this.#places.map(({ module }) => module));
    for (const module of this.#modules.values()) {
      const declared = declaredBy<DeclaredPond>(module, DECLARED_POND);
      if (declared !== undefined && !known.has(module))
        this.#declare({ ...declared, module, runtime: undefined, requests: {} });
    }
    for (const module of this.#modules.values()) this.#placeOf(module); // throws for a name that nobody has
    if (this.#places.length === 0) return;
    for (const place of this.#places) if (place.runtime === undefined) await make(place, injector);
    for (const module of this.#modules.values()) this.#bind(module);
  }

  /** The pond of what a module makes. */
  runtimeOf(module: Module): PondRuntime | undefined {
    return this.#bound.get(module);
  }

  /** The pond of a controller, resolver or gateway. */
  placeOfClass(type: object): PondPlace | undefined {
    let found = this.#byClass.get(type);
    if (found === undefined) {
      const host = [...this.#modules.values()].find((module) =>
        [...wrappersOf(module)].some((wrapper) => wrapper.metatype === type),
      );
      found = { place: host === undefined ? this.place(undefined) : this.#placeOf(host) };
      this.#byClass.set(type, found);
    }
    return found.place;
  }

  /** A pond by its name. */
  place(name: string | undefined): PondPlace | undefined {
    return this.#places.find((place) => place.name === name);
  }

  get names(): readonly string[] {
    return this.#places.map(({ name }) => pondLabel(name));
  }

  #declare(place: PondPlace): void {
    const before = this.place(place.name);
    if (before !== undefined) {
      const call = place.name === undefined ? 'forRoot()' : `forRoot({ name: '${place.name}' })`;
      throw new NestSetupError(`FlowpondModule.${call} was called twice: ${pondLabel(place.name)} would be two.`, [
        'Call it once, in the root module; a global pond needs no further import.',
        'Keep what it answers in a constant, and import that wherever it is needed.',
        `Is it meant to be another pond? Name it: FlowpondModule.forRoot({ name: 'reports', … }).`,
      ]);
    }
    this.#places.push(place);
  }

  /** The pond that a module chose; else the default one, where it is global or imported. */
  #placeOf(module: Module): PondPlace | undefined {
    const chosen = new Set<string>();
    for (const imported of module.imports) {
      const name = declaredBy<string>(imported, CHOSEN_POND);
      if (name !== undefined) chosen.add(name);
    }
    if (chosen.size > 1) throw twoChosen(module, [...chosen]);
    const [name] = chosen;
    const place = this.place(name);
    if (place === undefined && name !== undefined) throw unknownPond(module, name, this.names);
    const reaches = name !== undefined || place?.isGlobal || (place !== undefined && module.imports.has(place.module));
    return reaches ? place : undefined;
  }

  /** Binds a module's classes, and the instances that are there already: values, and what the ponds' own options needed. */
  #bind(module: Module): void {
    if (this.#bound.has(module)) return;
    const runtime = this.#placeOf(module)?.runtime;
    this.#bound.set(module, runtime);
    if (runtime === undefined) return;
    for (const wrapper of wrappersOf(module)) {
      if (wrapper.isAlias) continue;
      if (isClassWrapper(wrapper) && isDecorated(wrapper.metatype)) claim(wrapper.metatype as object, runtime);
      if (isDecoratedInstance(wrapper.instance)) bindMade(wrapper.instance, runtime);
    }
  }
}

/** Has Nest make a pond, and whatever that needs. A test may have put another in its place. */
async function make(place: PondPlace, injector: Injector): Promise<void> {
  const { module, name, optionsToken } = place;
  const load = async (token: InjectionToken): Promise<unknown> => {
    const wrapper = module.getProviderByKey(token);
    await injector.loadProvider(wrapper, module);
    return wrapper.instance;
  };
  const options = await load(optionsToken);
  const pond = (await load(getPondToken(name))) as Partial<Pond> | null | undefined;
  if (pond?.runtime === undefined) return;
  place.runtime = pond.runtime;
  place.requests = splitOptions(options, 'FlowpondModule.forRoot').requests;
}

/** Whether Nest makes the provider of a class. */
export function isClassWrapper(wrapper: InstanceWrapper): boolean {
  return typeof wrapper.metatype === 'function' && (wrapper.inject === undefined || wrapper.inject === null);
}

/** All that a module has made. */
export function* wrappersOf(module: Module): Iterable<InstanceWrapper> {
  yield* module.providers.values();
  yield* module.controllers.values();
  yield* module.injectables.values();
}

/** Binds what was made; what a pond that still runs has is left to it, as a factory may give what another module made. */
export function bindMade(instance: object, runtime: PondRuntime): void {
  const before = bindingOf(instance);
  if (before === undefined || before === null || before.closed) bind(instance, runtime);
}

function declaredBy<T>(module: Module, token: symbol): T | undefined {
  return module.providers.get(token)?.instance as T | undefined;
}

function unknownPond(module: Module, name: string, known: readonly string[]): NestSetupError {
  return new NestSetupError(
    `${module.name} imports FlowpondModule.forFeature({ pond: '${name}' }), but the application has no pond of this name: it has ${known.join(', ') || 'none'}.`,
    [
      `Import FlowpondModule.forRoot({ name: '${name}', … }) in the root module.`,
      `Correct the name in ${module.name}.`,
    ],
  );
}

function twoChosen(module: Module, names: readonly string[]): NestSetupError {
  return new NestSetupError(
    `${module.name} imports FlowpondModule.forFeature of several ponds: ${names.map((name) => `'${name}'`).join(', ')}.`,
    ['Choose one pond for the providers of a module, and put those of the other in a module of their own.'],
  );
}
