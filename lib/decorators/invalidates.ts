import { types } from 'node:util';
import { isThenable } from '../base/maybe-promise.js';
import type { AfterSuccess } from '../definitions/after-success.js';
import { type AnyFunction, parameterListOf, type Subject } from '../definitions/definition.js';
import { refusal, strictDictionary } from '../definitions/dictionary.js';
import { invalidatingOf, registerInvalidating } from '../definitions/invalidating.js';
import { definitionOf } from '../definitions/registry.js';
import { afterSuccess, goesOnBehind } from '../engine/after-success.js';
import { Ending } from '../engine/ending.js';
import { resolveRuntime } from '../pond/bindings.js';
import { defaultRuntime } from '../pond/default-pond.js';
import { currentScope } from '../runs/frame.js';
import { methodDecorator } from './dialect.js';
import { parseRule, placeAt, rulesOf } from './invalidates-rule.js';
import type { InvalidatesFactory } from './invalidates-types.js';

/**
 * Makes stored states void after each success of a method: `@Invalidates((service: Catalogue, { id }: { id: string }) =>
 * invalidate(service).get(id))`, `@Invalidates({ tags: ['products'] })`, `@Invalidates({ task: 'get' })`. Several may stand on one
 * method; each does its part, whatever becomes of the others.
 *
 * An asynchronous method answers when it is done. Of a method that is a task or flow too it belongs to the body, wherever it stands:
 * a hit has changed nothing. The method's answer or error is never another one: what cannot be made void is told as trouble
 * `not-invalidated`, and logged as an error. Throws `InvalidOptionsError` at decoration, or at a call before the method runs, where it
 * names what is no task.
 */
export const Invalidates = ((...given: readonly unknown[]) => {
  const parsed = parseRule(given);
  return methodDecorator('Invalidates', (subject) => invalidating(subject, rulesOf(parsed, subject)));
}) as unknown as InvalidatesFactory;

function invalidating(subject: Subject, rules: readonly AfterSuccess[]): AnyFunction {
  const definition = definitionOf(subject.fn);
  if (definition !== undefined && isSamePlace(definition.subject, subject)) {
    definition.afterSuccess.push(...rules);
    return subject.fn;
  }
  const below = invalidatingOf(subject.fn);
  return wrapping({ ...subject, fn: below?.fn ?? subject.fn }, [...(below?.rules ?? []), ...rules]);
}

/** A task that was taken from elsewhere keeps what it does there. */
function isSamePlace(one: Subject, other: Subject): boolean {
  return (
    one.key === other.key && one.declaringClass === other.declaringClass && one.classMetadata === other.classMetadata
  );
}

/** The method with what it does after success, for one that is neither task nor flow. */
function wrapping(subject: Subject, rules: readonly AfterSuccess[]): AnyFunction {
  const { fn } = subject;
  const list = definitionOf(fn)?.parameterList ?? parameterListOf(fn, undefined);
  // A method, so that it is no constructor and has no prototype, like what it stands for.
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      try {
        for (const rule of rules) rule.check(this);
      } catch (error) {
        if (types.isAsyncFunction(fn)) return Promise.reject(error);
        throw error;
      }
      const scope = currentScope();
      const where = placeAt(subject, this);
      const place = { runtime: resolveRuntime(this, scope, defaultRuntime), where };
      const succeeded = (returned: unknown): Promise<unknown> | undefined => {
        const { completed, value: result } = Ending.returned(returned, 'Task'); // a failed state is no success
        if (!completed) return undefined;
        const parameters = strictDictionary(list, args, refusal(list, where));
        return afterSuccess(rules, { receiver: this, parameters, result }, place);
      };
      const returned: unknown = Reflect.apply(fn, this, args as never[]);
      if (isThenable(returned)) return Promise.resolve(returned).then((value) => after(succeeded(value), value));
      const done = succeeded(returned);
      if (done !== undefined) goesOnBehind(done, place, scope?.flowFrame);
      return returned;
    },
  };
  registerInvalidating(wrapper, { fn, rules });
  return wrapper;
}

function after<T>(done: Promise<unknown> | undefined, value: T): T | Promise<T> {
  return done === undefined ? value : done.then(() => value);
}
