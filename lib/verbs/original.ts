import type { AnyFunction } from '../definitions/definition.js';
import { definitionOf } from '../definitions/registry.js';
import { lens } from './lens.js';
import type { OriginalVerb } from './view-types.js';

/** The undecorated method, on the same receiver: `original(svc).quote('A1')` runs no task, whatever is stored. */
export const original = lens('original', (site, args) => {
  let fn: AnyFunction = site.definition.subject.fn;
  for (let inner = definitionOf(fn); inner !== undefined; inner = definitionOf(fn)) fn = inner.subject.fn;
  return Reflect.apply(fn, site.receiver, args);
}) as unknown as OriginalVerb;
