import { types } from 'node:util';
import { InvalidOptionsError } from '../base/errors.js';
import type { AnyFunction } from '../definitions/definition.js';
import { CachePolicy } from '../keys/policies.js';
import { define } from './define.js';
import { GENERATOR, isUncalled, keepFace, methodDecorator } from './dialect.js';
import type { TaskFactory } from './task-types.js';
import type { TaskTwin } from './twin-types.js';

/**
 * Makes a method a task: its calls are runs with states, and with `cacheKeyFn` or `cachePolicy` a call whose key matches a state that
 * finished returns that state's result, named Cached, without running the method. Called as before.
 *
 * `@Task()`, `@Task({ cacheKeyFn, cacheExpiration, … })` or short `@Task(cacheKeyFn, cacheExpiration?)`. Works under
 * `experimentalDecorators` and standard decorators, on instance and static methods. Throws `InvalidOptionsError` at decoration.
 */
export const Task = ((...given: readonly unknown[]) => {
  const options = optionsOf('Task', given);
  return methodDecorator('Task', (subject, calledFrom) => define('task', subject, options, calledFrom));
}) as unknown as TaskFactory;

/** The same for a function: `const quote = task(async (sku: string) => …, { name: 'quote', cacheKeyFn: taskInputHash })`. */
export const task = ((fn: unknown, options: object = {}) =>
  twin('task', fn, options, task as unknown as AnyFunction)) as unknown as TaskTwin;

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** What a decorator was given: options, or the short form. */
export function optionsOf(name: string, given: readonly unknown[]): object {
  if (isUncalled(given)) {
    throw new InvalidOptionsError({
      where: `@${name}`,
      problem: 'is written without parentheses',
      remedy: `Write @${name}().`,
    });
  }
  const [first = {}, second, ...more] = given;
  const where = `@${name}`;
  const shortForm = `Write @${name}({ … }) or @${name}(cacheKeyFn, cacheExpiration).`;
  if (isClass(first))
    throw new InvalidOptionsError({ where, problem: 'stands on a class, or was given one', remedy: shortForm });
  if (first instanceof CachePolicy) {
    const remedy = `Write @${name}({ cachePolicy: … }).`;
    throw new InvalidOptionsError({ where, problem: 'was given a cache policy for a key function', remedy });
  }
  if (more.length > 0 || (second !== undefined && typeof first !== 'function')) {
    throw new InvalidOptionsError({
      where,
      value: given.at(-1),
      problem: 'was given too many arguments',
      remedy: shortForm,
    });
  }
  if (typeof first !== 'function') return first as object;
  return second === undefined ? { cacheKeyFn: first } : { cacheKeyFn: first, cacheExpiration: second };
}

/** A function that is a task or flow. */
export function twin(role: 'task' | 'flow', fn: unknown, options: object, calledFrom: AnyFunction): AnyFunction {
  if (typeof fn !== 'function') {
    throw new InvalidOptionsError({
      where: role,
      value: fn,
      problem: 'takes a function',
      remedy: `Write ${role}(fn, options).`,
    });
  }
  if (types.isGeneratorFunction(fn)) {
    throw new InvalidOptionsError({
      where: role,
      problem: `was given ${GENERATOR}`,
      remedy: 'Give a function that returns its result.',
    });
  }
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionsError({
      where: role,
      value: options,
      problem: 'takes an options object',
      remedy: `Write ${role}(fn, { … }).`,
    });
  }
  const name = Object.hasOwn(options, 'name') ? (options as { name?: unknown }).name : undefined;
  const key = typeof name === 'string' && name !== '' ? name : fn.name;
  if (key === '') {
    const remedy = `Write ${role}(fn, { name: '…' }): its keys belong to the name.`;
    throw new InvalidOptionsError({ where: role, problem: 'needs a name, and the function has none', remedy });
  }
  const wrapper = define(role, { fn: fn as AnyFunction, key, isStatic: false, isTwin: true }, options, calledFrom);
  keepFace(fn as AnyFunction, wrapper);
  return wrapper;
}
