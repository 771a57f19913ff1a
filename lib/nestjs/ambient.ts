import type { Cancellation } from '../runs/cancellation.js';
import { currentScope, runInScope, type Scope } from '../runs/frame.js';
import { NO_VALUES, type RunValues } from '../runs/run-values.js';
import type { Runtime } from '../runs/runtime.js';

/** A scope that names a pond, which what is bound to another does not follow. Inside `pond.run` that pond stays. */
export function ambientScope(
  runtime: Runtime,
  values?: RunValues | undefined,
  cancellation?: Cancellation | undefined,
): Scope {
  const parent = currentScope();
  const explicit = parent?.explicit ?? false;
  return {
    runtime: explicit && parent !== undefined ? parent.runtime : runtime,
    explicit,
    parent,
    flowFrame: parent?.flowFrame,
    frame: parent?.frame,
    cancellation: cancellation ?? parent?.cancellation,
    values: values ?? parent?.values ?? NO_VALUES,
    logPrints: parent?.logPrints ?? runtime.logPrints,
  };
}

/** Runs a function where calls that nothing else binds use this pond. */
export function runAmbient<T>(runtime: Runtime, fn: () => T): T {
  return runInScope(ambientScope(runtime), fn);
}
