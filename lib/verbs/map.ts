import { InvalidOptionsError } from '../base/errors.js';
import { lens } from './lens.js';
import { submitted } from './submit.js';
import type { MapVerb, Unmapped } from './view-types.js';

const UNMAPPED = Symbol.for('flowpond.unmapped');

/** Has `map` give an array whole to every run: `map(svc).score(users, unmapped(weights))`. */
export function unmapped<T>(value: T): Unmapped<T> {
  return { [UNMAPPED]: true, value } as unknown as Unmapped<T>;
}

/**
 * Submits one run per item: `map(svc).quote(['A1', 'B2'], 3)`. Arrays are walked together and must have one length; everything else,
 * and what is `unmapped`, goes to every run. Answers with the futures, in order.
 */
export const map = lens('map', (site, args) => {
  const { where } = site.definition;
  const lengths = new Set(args.filter(Array.isArray).map((list) => (list as unknown[]).length));
  if (lengths.size === 0) {
    const remedy = 'Give an array to walk, or call submit.';
    throw new InvalidOptionsError({ where: `map(${where})`, problem: 'got no array', remedy });
  }
  if (lengths.size > 1) {
    const remedy = 'Give arrays of one length; mark one that goes whole to every run with unmapped().';
    throw new InvalidOptionsError({
      where: `map(${where})`,
      problem: `got arrays of lengths ${[...lengths].join(' and ')}`,
      remedy,
    });
  }
  const [length = 0] = lengths;
  return Array.from({ length }, (_, index) =>
    submitted(
      site,
      args.map((arg) => itemOf(arg, index)),
    ),
  );
}) as unknown as MapVerb;

function itemOf(arg: unknown, index: number): unknown {
  if (Array.isArray(arg)) return arg[index];
  if (typeof arg === 'object' && arg !== null && UNMAPPED in arg) return (arg as unknown as Unmapped<unknown>).value;
  return arg;
}
