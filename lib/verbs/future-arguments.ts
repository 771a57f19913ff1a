import { isTaskFuture } from '../engine/task-future.js';

/** Deeper than this, futures are not looked for. */
const MAX_DEPTH = 20;

/**
 * The arguments with every future in them, deep inside arrays and plain objects, replaced by its result. Rejects with a future's
 * own error. Each object is looked into once, however often it occurs, so that graphs and cycles cost no more than their size.
 */
export function awaitedArguments(args: readonly unknown[]): readonly unknown[] | Promise<readonly unknown[]> {
  const futures = new Set<Future>();
  collect(args, 0, futures, new Set());
  return futures.size === 0 ? args : resolved(args, futures);
}

type Future = { result(): Promise<unknown> };

function collect(value: unknown, depth: number, futures: Set<Future>, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (isTaskFuture(value)) {
    futures.add(value);
    return;
  }
  seen.add(value);
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) for (const part of value as readonly unknown[]) collect(part, depth + 1, futures, seen);
  else if (isPlain(value))
    for (const name of Object.keys(value)) collect(plainValue(value, name), depth + 1, futures, seen);
}

async function resolved(args: readonly unknown[], futures: ReadonlySet<Future>): Promise<readonly unknown[]> {
  const list = [...futures];
  const results = await Promise.all(list.map((future) => future.result()));
  const result = new Map<unknown, unknown>(list.map((future, index) => [future, results[index]]));
  return replaced(args, 0, result, new Map()) as readonly unknown[];
}

/** A copy wherever a future is inside, the thing itself everywhere else. */
function replaced(
  value: unknown,
  depth: number,
  result: ReadonlyMap<unknown, unknown>,
  made: Map<object, unknown>,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (result.has(value)) return result.get(value);
  if (depth > MAX_DEPTH) return value;
  if (made.has(value)) return made.get(value);
  made.set(value, value); // what comes back to itself on the way keeps the original
  const part = (one: unknown): unknown => replaced(one, depth + 1, result, made);
  const copy = Array.isArray(value) ? replacedList(value, part) : isPlain(value) ? replacedObject(value, part) : value;
  made.set(value, copy);
  return copy;
}

type Replace = (part: unknown) => unknown;

function replacedList(list: readonly unknown[], replace: Replace): readonly unknown[] {
  const copy = list.map(replace);
  return copy.some((part, index) => !Object.is(part, list[index])) ? copy : list;
}

function replacedObject(object: object, replace: Replace): object {
  let copy: object | undefined;
  for (const name of Object.keys(object)) {
    const part = plainValue(object, name);
    const own = replace(part);
    if (Object.is(own, part)) continue;
    copy ??= Object.create(
      Object.getPrototypeOf(object) as object | null,
      Object.getOwnPropertyDescriptors(object),
    ) as object;
    Object.defineProperty(copy, name, { value: own, enumerable: true, configurable: true, writable: true });
  }
  return copy ?? object;
}

/** A getter is not run to look for futures. */
function plainValue(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
