import { InvalidOptionsError } from '../base/errors.js';

/** What an entry point set for everything inside by `pond.run({ tenant, … })`: own properties only, frozen. */
export type RunValues = Readonly<Record<string, unknown>>;

/** Where nothing was set. */
export const NO_VALUES: RunValues = Object.freeze(Object.create(null) as Record<string, unknown>);

/**
 * Values over those of the scope around. Set once: a name that has a value keeps it, so that nothing inside a run, and no argument of a
 * task, can change whose run it is. Throws `InvalidOptionsError` where one would.
 */
export function withValues(outer: RunValues, given: RunValues, where: string): RunValues {
  const names = Object.keys(given);
  if (names.length === 0) return outer;
  const values = Object.assign(Object.create(null) as Record<string, unknown>, outer);
  for (const name of names) {
    if (Object.hasOwn(outer, name) && !Object.is(outer[name], given[name])) {
      throw new InvalidOptionsError({
        where,
        option: name,
        problem: 'already has another value in the scope around, and is set once',
        remedy: 'Set it at the entry point, outside of every run.',
      });
    }
    values[name] = given[name];
  }
  return Object.freeze(values);
}

/** Whether a value is there: 0, '' and false are, undefined and null are not. */
export function hasValue(values: RunValues, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== undefined && values[name] !== null;
}
