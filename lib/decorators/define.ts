import { type AnyFunction, Definition, type Subject } from '../definitions/definition.js';
import { invalidatingOf } from '../definitions/invalidating.js';
import { register } from '../definitions/registry.js';
import { call } from '../engine/call.js';
import { resolveRuntime } from '../pond/bindings.js';
import { defaultRuntime } from '../pond/default-pond.js';
import { currentScope } from '../runs/frame.js';
import { checkTemplate } from '../runs/run-template.js';

/** A task or flow from what was decorated, and the function that callers use. All that can be known is worked out here, once. */
export function define(role: 'task' | 'flow', subject: Subject, options: object, calledFrom: AnyFunction): AnyFunction {
  const invalidating = invalidatingOf(subject.fn);
  const own = invalidating === undefined ? subject : { ...subject, fn: invalidating.fn };
  const definition = new Definition(role, own, options, calledFrom);
  definition.afterSuccess.push(...(invalidating?.rules ?? []));
  const option = role === 'task' ? 'taskRunName' : 'flowRunName';
  const template = definition.options[option];
  if (typeof template === 'string') checkTemplate(template, definition.parameterList.names, definition.where, option);
  // A method, so that it is no constructor and has no prototype, like what it stands for.
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      const scope = currentScope();
      return call(definition, resolveRuntime(this, scope, defaultRuntime), scope, this, args);
    },
  };
  definition.wrapper = wrapper;
  register(wrapper, definition);
  return wrapper;
}
