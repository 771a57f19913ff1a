import { Scope } from '@nestjs/common';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { NestSetupError } from '../base/errors.js';
import type { Definition } from '../definitions/definition.js';
import { withDefaults } from '../definitions/option-rules.js';
import { settle } from '../definitions/settings.js';
import { NO_CACHE } from '../keys/policies.js';
import type { Runtime } from '../runs/runtime.js';
import { isClassWrapper, wrappersOf } from './application-ponds.js';
import { tasksOf } from './decorated.js';

/**
 * Refuses cached tasks of providers that Nest makes anew for each request or consumer, unless they say what tells the instances apart:
 * `this` is not part of a key, and there it holds a user. Throws {@link NestSetupError}.
 */
export function refuseDynamicScope(module: Module, runtime: Runtime): void {
  for (const wrapper of wrappersOf(module)) {
    if (wrapper.isAlias || !isClassWrapper(wrapper)) continue;
    const tasks = tasksOf((wrapper.metatype as { prototype?: unknown }).prototype);
    if (tasks.length === 0 || (wrapper.isDependencyTreeStatic() && !wrapper.isTransient)) continue;
    const unsafe = tasks.filter((task) => isUnsafe(task, runtime));
    if (unsafe.length > 0) throw refusal(wrapper, unsafe);
  }
}

function isUnsafe({ options, role, promised }: Definition, runtime: Runtime): boolean {
  const { keyFn, instanceKey, varyBy } = settle(
    role === 'task' ? withDefaults(options, runtime.taskDefaults, promised) : options,
  );
  return keyFn !== undefined && keyFn !== NO_CACHE.keyFn && instanceKey === undefined && varyBy.length === 0;
}

function refusal(wrapper: InstanceWrapper, unsafe: readonly Definition[]): NestSetupError {
  const type = String(wrapper.name);
  const methods = unsafe.map(({ where }) => where).join(', ');
  const whose = wrapper.isTransient ? 'consumer' : 'request';
  const are = unsafe.length === 1 ? 'is' : 'are';
  const solutions = [
    `Make ${type} a singleton, and pass what differs from ${whose} to ${whose} as an argument.`,
    "Let the key vary by values of the request: @Task({ varyBy: ['tenant'], … }), set by `values` of FlowpondModule and FlowInterceptor.",
    `Say what tells the instances apart: @Task({ instanceKey: (service: ${type}) => service.tenant, … }).`,
  ];
  return new NestSetupError(
    `${methods} ${are} cached, but ${type} is ${scopeOf(wrapper)}: each ${whose} has an instance of its own, and \`this\` is not part of ` +
      'the key. One user would be given the result of another.',
    unsafe.some(({ role }) => role === 'task') ? solutions : solutions.slice(0, 1),
  );
}

function scopeOf(wrapper: InstanceWrapper): string {
  if (wrapper.isTransient) return 'transient';
  if (wrapper.scope === Scope.REQUEST) return 'request-scoped';
  const dependencies = [
    ...(wrapper.getCtorMetadata() ?? []),
    ...(wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper),
    ...(wrapper.getEnhancersMetadata() ?? []),
  ];
  const cause = dependencies.find((one) => one !== undefined && !one.isDependencyTreeStatic());
  return `request-scoped${cause === undefined ? '' : ` through ${String(cause.name)}`}`;
}
