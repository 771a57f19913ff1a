import type { AnyFunction, Definition } from '../definitions/definition.js';
import { invalidatingOf } from '../definitions/invalidating.js';
import { declaredOn, definitionOf } from '../definitions/registry.js';

const NONE: readonly Definition[] = Object.freeze([]);

const found = new WeakMap<object, readonly Definition[]>();
const invalidating = new WeakMap<object, boolean>();

/** The tasks and flows that an object has by its prototypes: a class's prototype for its instances, the class for its static methods. */
export function tasksOf(home: unknown): readonly Definition[] {
  if ((typeof home !== 'object' && typeof home !== 'function') || home === null) return NONE;
  let tasks = found.get(home);
  if (tasks === undefined) {
    tasks = search(home);
    found.set(home, tasks);
  }
  return tasks;
}

/** Whether a class has methods of ours, of instances or static ones. */
export function isDecorated(type: unknown): boolean {
  return typeof type === 'function' && (hasOurs(type.prototype) || hasOurs(type));
}

/** Whether an instance has. */
export function isDecoratedInstance(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return hasOurs(Object.getPrototypeOf(value));
  } catch {
    return false; // a Proxy of the user's
  }
}

/** Tasks and flows, or a method that only invalidates: it does so in its pond. */
function hasOurs(home: unknown): boolean {
  if (tasksOf(home).length > 0) return true;
  if ((typeof home !== 'object' && typeof home !== 'function') || home === null) return false;
  let answer = invalidating.get(home);
  if (answer === undefined) {
    answer = invalidates(home);
    invalidating.set(home, answer);
  }
  return answer;
}

function invalidates(home: object): boolean {
  for (const link of linksOf(home)) {
    const values = Object.values(Object.getOwnPropertyDescriptors(link)).map(({ value }) => value as unknown);
    if (values.some((value) => typeof value === 'function' && invalidatingOf(value as AnyFunction) !== undefined))
      return true;
  }
  return false;
}

/** A prototype or a class, and those it inherits from, without the language's own. */
function* linksOf(home: object): Generator<object> {
  const end = typeof home === 'function' ? Function.prototype : Object.prototype;
  for (let link: object | null = home; link !== null && link !== end; link = Object.getPrototypeOf(link)) yield link;
}

function search(home: object): readonly Definition[] {
  const tasks = new Set<Definition>();
  const overridden = new Set<PropertyKey>();
  for (const link of linksOf(home)) {
    const keys = Reflect.ownKeys(link);
    for (const key of keys) {
      const definition = definitionOf(Object.getOwnPropertyDescriptor(link, key)?.value);
      if (definition !== undefined && !overridden.has(key)) tasks.add(definition);
    }
    // Another decorator may have wrapped ours, which then is not the property any more.
    for (const definition of declaredOn(link)) if (!overridden.has(definition.subject.key)) tasks.add(definition);
    for (const key of keys) overridden.add(key);
  }
  return [...tasks];
}
