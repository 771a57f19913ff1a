import { InvalidOptionsError } from '../base/errors.js';
import { mergeOptions, signal } from '../base/option-reader.js';
import { start } from '../engine/call.js';
import { lens, type OverridesGiven } from './lens.js';
import type { RefreshVerb, WithOptionsVerb } from './view-types.js';

/**
 * The calls of a service under other options: `withOptions(svc, { refreshCache: true, signal }).quote('A1')`. What is given as
 * `undefined` is unset, with what has no effect without it. Other verbs look through it: `returnState(withOptions(svc, { … })).quote('A1')`.
 */
export const withOptions = ((target: unknown, ...rest: readonly unknown[]): unknown => {
  const given = rest.at(-1);
  const method = rest.slice(0, -1);
  if (typeof given !== 'object' || given === null) {
    const remedy = 'Give withOptions(service, { … }) or withOptions(this, this.method, { … }).';
    throw new InvalidOptionsError({ where: 'withOptions', value: given, problem: 'takes options', remedy });
  }
  const overrides: { readonly signal?: unknown } = mergeOptions(given);
  if (overrides.signal !== undefined) signal(overrides.signal, 'withOptions', 'signal');
  return lens(
    'withOptions',
    (site, args) => start(site.frame(args), 'value'),
    overrides as OverridesGiven,
  )(target, ...method);
}) as unknown as WithOptionsVerb;

/** Runs a task whatever is stored, overwrites it, and gives the new value: `refresh(svc).quote('A1')`. */
export const refresh = lens('refresh', (site, args) => start(site.frame(args), 'value'), {
  refreshCache: true,
}) as unknown as RefreshVerb;
