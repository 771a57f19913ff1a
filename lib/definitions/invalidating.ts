import { single } from '../base/single.js';
import type { AfterSuccess } from './after-success.js';
import type { AnyFunction } from './definition.js';

/** A method that is no task or flow, with what it does after each success. */
export interface Invalidating {
  readonly fn: AnyFunction;
  readonly rules: readonly AfterSuccess[];
}

/** Which functions stand for such methods. Weak, and one for all copies of the package. */
const invalidating = single('invalidating', () => new WeakMap<object, Invalidating>());

/** Notes that a function stands for a method that invalidates. */
export function registerInvalidating(wrapper: object, what: Invalidating): void {
  invalidating.set(wrapper, what);
}

/** What a function stands for, where it is one of these. */
export function invalidatingOf(fn: AnyFunction): Invalidating | undefined {
  return invalidating.get(fn);
}
