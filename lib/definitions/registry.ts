import { single } from '../base/single.js';
import type { Definition } from './definition.js';

/** Which functions are tasks or flows. Weak, and one for all copies of the package; nothing lists it. */
const definitions = single('definitions', () => new WeakMap<object, Definition>());

/** By the prototype, or the class of static methods, that declares them: found also where another decorator wraps ours. Legacy dialect only. */
const declared = single('declared', () => new WeakMap<object, Definition[]>());

/** Notes that this function carries a definition out. */
export function register(wrapper: object, definition: Definition): void {
  definitions.set(wrapper, definition);
  const { declaringClass: home } = definition.subject;
  if (home !== undefined) declared.set(home, [...(declared.get(home) ?? []), definition]);
}

/** What was decorated on a prototype, or on a class as static methods, as far as decoration could know. */
export function declaredOn(home: object): readonly Definition[] {
  return declared.get(home) ?? [];
}

/** The definition that a function carries out, if it does. */
export function definitionOf(fn: unknown): Definition | undefined {
  return typeof fn === 'function' ? definitions.get(fn) : undefined;
}

/** Whether a function is a task or a flow. */
export function isTaskFunction(fn: object): boolean {
  return definitions.has(fn);
}
