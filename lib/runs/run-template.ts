import { types } from 'node:util';
import { InvalidOptionsError, messageOf } from '../base/errors.js';
import type { Dictionary } from '../definitions/dictionary.js';
import type { Frame } from './frame.js';

const PLACE = /\{([^{}]{1,200})\}/g;
const MAX_NAME = 200;

/**
 * A run's name from its template, `'quote {sku}'` or `'report {day.year}'`, or from a function of the inputs. A name that cannot be made
 * falls back, with one warning: no run fails for its name.
 */
export function runName(
  given: string | ((parameters: object) => string),
  frame: Frame,
  fallback: string | undefined,
): string | undefined {
  try {
    const made: unknown = typeof given === 'function' ? given(frame.parameters) : filled(given, frame.parameters);
    if (typeof made !== 'string' || made === '') throw new TypeError('the name function gave no text');
    return made.length > MAX_NAME ? `${made.slice(0, MAX_NAME - 1)}…` : made;
  } catch (error) {
    const { where } = frame.plan;
    const message = `the run's name could not be made, another is used: ${messageOf(error)}`;
    frame.runtime.trouble({ kind: 'listener', where, message, error }, `name ${where}`);
    return fallback;
  }
}

function filled(template: string, parameters: Dictionary): string {
  return template.replace(PLACE, (_, path: string) => {
    const [first, ...more] = path.trim().split('.');
    let value: unknown = parameters[first as string];
    for (const name of more) value = ownValue(value, name);
    return shown(value);
  });
}

function shown(value: unknown): string {
  if (types.isDate(value)) return value.toISOString();
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function ownValue(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Dictionary)[name]
    : undefined;
}

/** Refuses, at decoration, a template that names a parameter which the method does not have. */
export function checkTemplate(template: unknown, names: readonly string[], where: string, option: string): void {
  if (typeof template !== 'string') return;
  for (const [, path] of template.matchAll(PLACE)) {
    const name = (path as string).trim().split('.')[0] as string;
    if (names.includes(name)) continue;
    const remedy =
      names.length === 0 ? 'The method has no named parameters.' : `Its parameters are ${names.join(', ')}.`;
    throw new InvalidOptionsError({
      where,
      option,
      value: template,
      problem: `names '${name}', which is no parameter`,
      remedy,
    });
  }
}
