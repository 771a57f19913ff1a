import { single } from '../base/single.js';
import type { Scope } from '../runs/frame.js';
import type { Runtime } from '../runs/runtime.js';

interface Bindings {
  /** Whether anything was ever bound: until then nobody looks. */
  any: boolean;
  /** `null`: bound to none, whatever a class that it extends is bound to. */
  readonly ponds: WeakMap<object, Runtime | null>;
  /** Told of a receiver whose call falls to the default pond, in a process that binds services. */
  onStray: ((receiver: object) => void) | undefined;
}

const bindings = single<Bindings>('bindings', () => ({ any: false, ponds: new WeakMap(), onStray: undefined }));

/** Has the methods of an instance, or of all instances of a class, run in a pond; with `null`, in that of whoever calls. */
export function bind(target: object, runtime: Runtime | null): void {
  bindings.any = true;
  bindings.ponds.set(target, runtime);
}

/** What a target itself is bound to. */
export function bindingOf(target: object): Runtime | null | undefined {
  return bindings.ponds.get(target);
}

/** Takes a binding back. */
export function unbind(target: object): void {
  bindings.ponds.delete(target);
}

/** Who is told of calls that fall to the default pond although services are bound. */
export function onStray(listener: (receiver: object) => void): void {
  bindings.onStray = listener;
}

/** The pond that a receiver is bound to: itself first, then its class and those it extends. */
function boundTo(receiver: unknown): Runtime | undefined {
  if ((typeof receiver !== 'object' && typeof receiver !== 'function') || receiver === null) return undefined;
  for (let link: object | null = receiver; link !== null; link = Object.getPrototypeOf(link) as object | null) {
    const direct = bindings.ponds.get(link);
    if (direct !== undefined) return direct ?? undefined;
    const owner: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
    const byClass = typeof owner === 'function' ? bindings.ponds.get(owner) : undefined;
    if (byClass !== undefined) return byClass ?? undefined;
  }
  return undefined;
}

/** The pond of a call: `pond.run` > bound instance > bound class > the ambient run's > the default one. */
export function resolveRuntime(receiver: unknown, scope: Scope | undefined, fallback: () => Runtime): Runtime {
  if (scope?.explicit) return scope.runtime;
  const bound = bindings.any ? boundTo(receiver) : undefined;
  if (bound !== undefined) return bound;
  if (scope !== undefined) return scope.runtime;
  if (bindings.onStray !== undefined && typeof receiver === 'object' && receiver !== null) bindings.onStray(receiver);
  return fallback();
}
