import { single } from '../base/single.js';
import { onStray } from '../pond/bindings.js';
import type { Runtime } from '../runs/runtime.js';
import { nestLog } from './nest-log.js';

/** Ponds of applications that run, and classes that were told of. */
const strays = single('nestjs-strays', () => ({ ponds: new Set<Runtime>(), told: new WeakSet<object>() }));

/** From now on an instance that no application made, whose call falls to the default pond, is told of, once for each class. */
export function watchForStrays(runtime: Runtime): void {
  strays.ponds.add(runtime);
  onStray(tell);
}

export function stopWatching(runtime: Runtime): void {
  strays.ponds.delete(runtime);
}

function tell(receiver: object): void {
  if (strays.ponds.size === 0) return;
  const type = receiver.constructor as { readonly name?: string } | undefined;
  const mark = typeof type === 'function' ? (type as object) : receiver;
  if (strays.told.has(mark)) return;
  strays.told.add(mark);
  const name = type?.name || 'a class without a name';
  nestLog.warn(
    `${name} has tasks, but this instance is no provider of the application: it uses the default pond, with its own store.\n\n` +
      `Potential solutions:\n- Add ${name} to the providers of a module, and have it injected.\n- Bind it: pond.bind(${name}).\n`,
    'Flowpond',
  );
}
