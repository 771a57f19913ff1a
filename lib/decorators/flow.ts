import type { AnyFunction } from '../definitions/definition.js';
import { define } from './define.js';
import { methodDecorator } from './dialect.js';
import type { FlowFactory } from './flow-types.js';
import { optionsOf, twin } from './task.js';
import type { FlowTwin } from './twin-types.js';

/**
 * Makes a method a flow: each call is a flow run with an id and a name, carried by `AsyncLocalStorage`, to which every task called
 * inside belongs, however deep. With `cacheKeyFn` a flow's result is cached whole.
 *
 * `@Flow()` or `@Flow({ name, retries, timeout, logPrints, … })`. Throws `InvalidOptionsError` at decoration.
 */
export const Flow = ((...given: readonly unknown[]) => {
  const options = optionsOf('Flow', given);
  return methodDecorator('Flow', (subject, calledFrom) => define('flow', subject, options, calledFrom));
}) as unknown as FlowFactory;

/** The same for a function: `const nightly = flow(async (day: string) => …, { name: 'nightly' })`. */
export const flow = ((fn: unknown, options: object = {}) =>
  twin('flow', fn, options, flow as unknown as AnyFunction)) as unknown as FlowTwin;
