import { single } from '../base/single.js';
import { bind, unbind } from '../pond/bindings.js';
import type { Runtime } from '../runs/runtime.js';

/** Which ponds' applications have a class among their providers. */
const claims = single('nestjs-claims', () => ({
  byClass: new WeakMap<object, Set<Runtime>>(),
  byPond: new WeakMap<Runtime, Set<object>>(),
}));

/**
 * Has a class run in the pond of the application it belongs to: static methods, and instances that Nest did not make. A class of two
 * applications, or two ponds, is bound to neither; it then runs in the pond of whoever calls.
 */
export function claim(type: object, runtime: Runtime): void {
  const ponds = claims.byClass.get(type) ?? new Set();
  claims.byClass.set(type, ponds.add(runtime));
  const types = claims.byPond.get(runtime) ?? new Set();
  claims.byPond.set(runtime, types.add(type));
  settle(type, ponds);
}

/** Takes back what a pond's application has claimed. */
export function release(runtime: Runtime): void {
  for (const type of claims.byPond.get(runtime) ?? []) {
    const ponds = claims.byClass.get(type);
    ponds?.delete(runtime);
    settle(type, ponds ?? new Set());
  }
  claims.byPond.delete(runtime);
}

function settle(type: object, ponds: ReadonlySet<Runtime>): void {
  const [only] = ponds;
  if (only === undefined) unbind(type);
  else bind(type, ponds.size === 1 ? only : null);
}
