import { single } from '../base/single.js';
import type { Scope } from '../runs/frame.js';
import type { Runtime } from '../runs/runtime.js';

interface Bindings {
  /** Whether anything was ever bound: until then nobody looks. */
  any: boolean;
  readonly ponds: WeakMap<object, Runtime>;
}

const bindings = single<Bindings>('bindings', () => ({ any: false, ponds: new WeakMap() }));

/** Has the methods of an instance, or of all instances of a class, run in a pond. */
export function bind(target: object, runtime: Runtime): void {
  bindings.any = true;
  bindings.ponds.set(target, runtime);
}

/** The pond that a receiver is bound to: itself first, then its class and those it extends. */
function boundTo(receiver: unknown): Runtime | undefined {
  if ((typeof receiver !== 'object' && typeof receiver !== 'function') || receiver === null) return undefined;
  for (let link: object | null = receiver; link !== null; link = Object.getPrototypeOf(link) as object | null) {
    const direct = bindings.ponds.get(link);
    if (direct !== undefined) return direct;
    const owner: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
    const byClass = typeof owner === 'function' ? bindings.ponds.get(owner) : undefined;
    if (byClass !== undefined) return byClass;
  }
  return undefined;
}

/** The pond of a call: `pond.run` > bound instance > bound class > the ambient run's > the default one. */
export function resolveRuntime(receiver: unknown, scope: Scope | undefined, fallback: () => Runtime): Runtime {
  if (scope?.explicit) return scope.runtime;
  const bound = bindings.any ? boundTo(receiver) : undefined;
  return bound ?? scope?.runtime ?? fallback();
}
