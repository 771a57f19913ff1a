import { ModuleRef } from '@nestjs/core';
import { Injector } from '@nestjs/core/injector/injector.js';
import { InstanceLoader } from '@nestjs/core/injector/instance-loader.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { NestSetupError } from '../base/errors.js';
import type { PondRuntime } from '../pond/pond-runtime.js';
import { runAmbient } from './ambient.js';
import { ApplicationPonds, bindMade, isClassWrapper, type Modules } from './application-ponds.js';
import { isDecorated, isDecoratedInstance } from './decorated.js';
import { refuseDynamicScope } from './dynamic-scope.js';

/** A method of Nest's that is not part of its public types. */
type Method = (this: never, ...args: never[]) => Promise<unknown>;

const HOOKED = Symbol.for('flowpond.nestjs.hooked');

/** The pond of what a module makes. */
const runtimes = new WeakMap<Module, PondRuntime>();

/**
 * Puts three steps into Nest's injector, once for each copy of `@nestjs/core`. Nest has no place of its own for them, and modules are
 * made side by side: without these no pond is there for sure when the first constructor runs, and of two applications that share a class no
 * instance knows its own. An application without a FlowpondModule is not touched.
 */
export function hookInjector(): void {
  const own = Injector.prototype as object as { [HOOKED]?: true };
  if (own[HOOKED]) return;
  const [loader, injector, moduleRef] = [InstanceLoader, Injector, ModuleRef].map(({ prototype }) => prototype) as [
    object,
    object,
    object,
  ];
  replace<[Map<string, Module>]>(loader, 'createInstances', pondsFirst);
  replace<[unknown[], InstanceWrapper]>(injector, 'instantiateClass', bindWhatIsMade);
  replace<[new () => unknown, Module]>(moduleRef, 'instantiateClass', bindWhatIsAskedFor);
  Object.defineProperty(own, HOOKED, { value: true });
}

/** Before the modules' instances the ponds; after them a look at the scopes, which are known only then. */
async function pondsFirst(
  next: () => Promise<unknown>,
  self: object,
  [modules]: readonly [Map<string, Module>],
): Promise<unknown> {
  const { container, injector } = self as { container: { getModules(): Modules }; injector: Injector };
  const ponds = ApplicationPonds.of(container.getModules());
  await ponds.load(injector);
  for (const module of container.getModules().values()) {
    const runtime = ponds.runtimeOf(module);
    if (runtime !== undefined) runtimes.set(module, runtime);
  }
  const made = await next();
  for (const module of modules.values()) {
    const runtime = runtimes.get(module);
    if (runtime !== undefined) refuseDynamicScope(module, runtime);
  }
  return made;
}

/** A provider is made in the pond of its module, and bound to it, each instance by itself. */
async function bindWhatIsMade(
  next: () => Promise<unknown>,
  _: object,
  [, wrapper]: readonly [unknown[], InstanceWrapper],
): Promise<unknown> {
  const runtime = wrapper.host === undefined ? undefined : runtimes.get(wrapper.host);
  if (runtime === undefined || wrapper.isAlias) return next();
  if (isClassWrapper(wrapper) && !isDecorated(wrapper.metatype)) return next();
  return madeIn(runtime, next);
}

/** The same for `moduleRef.create(Class)`. */
async function bindWhatIsAskedFor(
  next: () => Promise<unknown>,
  _: object,
  [type, module]: readonly [new () => unknown, Module],
): Promise<unknown> {
  const runtime = runtimes.get(module);
  return runtime === undefined || !isDecorated(type) ? next() : madeIn(runtime, next);
}

async function madeIn(runtime: PondRuntime, make: () => Promise<unknown>): Promise<unknown> {
  const made = await runAmbient(runtime, make);
  if (isDecoratedInstance(made)) bindMade(made, runtime);
  return made;
}

type Step<A extends readonly unknown[]> = (
  next: () => Promise<unknown>,
  self: object,
  args: A & readonly unknown[],
) => Promise<unknown>;

function replace<A extends readonly unknown[]>(prototype: object, name: string, step: Step<A>): void {
  const original = (prototype as Record<string, unknown>)[name] as Method | undefined;
  if (typeof original !== 'function') {
    throw new NestSetupError(`flowpond/nestjs does not know this version of @nestjs/core: it has no ${name}.`, [
      'Use @nestjs/core 11 or 12.',
      'Update flowpond.',
    ]);
  }
  const { own } = {
    own(this: object, ...args: A): Promise<unknown> {
      return step(() => Reflect.apply(original, this, args) as Promise<unknown>, this, args);
    },
  };
  Object.defineProperty(prototype, name, { value: own, writable: true, configurable: true });
}
