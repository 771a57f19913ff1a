import { single } from '../base/single.js';
import type { Runtime } from '../runs/runtime.js';
import { type PondOptions, parsePondOptions } from './options.js';
import { Pond } from './pond.js';

/** Where a task runs that no other pond claims. One in the process, made when first used. */
export function defaultPond(): Pond {
  known ??= single('default-pond', () => new Pond({}, 'configure'));
  return known;
}

/** This copy's way to the one in the process, without a look-up. */
let known: Pond | undefined;

/** The default pond as the engine sees it. */
export function defaultRuntime(): Runtime {
  return defaultPond().runtime;
}

/** Sets options of the default pond; what is not named stays as it was. Throws `InvalidOptionsError`. Answers with the pond. */
export function configure(options: PondOptions): Pond {
  const pond = defaultPond();
  pond.runtime.apply(parsePondOptions(options, 'configure'));
  return pond;
}
