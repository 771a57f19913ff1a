import { InvalidOptionsError } from '../base/errors.js';
import { type Read, readOptions, text } from '../base/option-reader.js';
import { quoted } from '../base/quoted.js';
import type { Definition } from '../definitions/definition.js';
import { definitionOf } from '../definitions/registry.js';

/** A task or flow: its method (`Pricing.prototype.quote`, `pricing.quote`), its twin, or its identity (`'Pricing.quote'`). */
export type TaskReference = ((this: never, ...args: never) => unknown) | string;

/**
 * What `pond.invalidate` and `pond.expire` take: states with a tag, all states of a task, one state of a task by the key that its key
 * function returned, or one of the scope that tasks with `cacheKeyScope: 'shared'` have in common.
 */
export type InvalidationTarget =
  | { readonly tags: string | readonly string[]; readonly task?: undefined; readonly key?: undefined }
  | { readonly task: TaskReference; readonly key?: string | undefined; readonly tags?: undefined }
  | { readonly key: string; readonly task?: undefined; readonly tags?: undefined };

/** A target as given, each part checked. */
export interface ParsedTarget {
  readonly tags?: readonly string[] | undefined;
  readonly task?: Definition | string | undefined;
  readonly key?: string | undefined;
}

const REMEDY = 'Give { tags: [...] }, { task: service.method }, { task, key } or { key }.';

/** A reader for one tag, or a list of tags that is not empty. */
export const tagList: Read<readonly string[]> = (value, where, option) => {
  const given: readonly unknown[] = Array.isArray(value) ? Array.from<unknown>(value) : [value];
  const bad = given.findIndex((tag) => typeof tag !== 'string' || tag === '');
  if (given.length === 0) fail(where, option, value, 'names no tag', REMEDY);
  if (bad >= 0) {
    const which = Array.isArray(value) ? `${option}[${bad}]` : option;
    fail(where, which, given[bad], 'must be a text that is not empty', "Give 'products' or ['sku:1', 'sku:2'].");
  }
  return given as readonly string[];
};

/** A reader for a function that is a task or flow. */
export const taskFunction: Read<Definition> = (value, where, option) =>
  definitionOf(value) ??
  fail(where, option, value, 'is no task', 'Give a method with @Task() or @Flow(), or what task(fn) or flow(fn) gave.');

const schema = {
  tags: tagList,
  task: ((value, where, option) =>
    typeof value === 'string' ? text(value, where, option) : taskFunction(value, where, option)) as Read<
    Definition | string
  >,
  key: text,
};

/** Reads a target; throws `InvalidOptionsError` where it is none, or says two things at once. */
export function parseTarget(given: unknown, where: string): ParsedTarget {
  if (given === undefined)
    throw new InvalidOptionsError({ where, problem: 'is not told what to forget', remedy: REMEDY });
  const { tags, task, key } = readOptions(schema, given, where, REMEDY);
  if (tags === undefined && task === undefined && key === undefined) {
    const remedy = `${REMEDY} All there is: pond.clear().`;
    throw new InvalidOptionsError({ where, value: given, problem: 'is not told what to forget', remedy });
  }
  if (tags !== undefined && (task !== undefined || key !== undefined)) {
    const remedy = 'Each forgets by itself: call it twice.';
    throw new InvalidOptionsError({ where, option: 'tags', problem: 'cannot be given beside `task` or `key`', remedy });
  }
  return { tags, task, key };
}

function fail(where: string, option: string, value: unknown, problem: string, remedy: string): never {
  throw new InvalidOptionsError({ where, option, value, problem, remedy });
}

const MOST_SHOWN = 3;

/** A target as later misses name who asked: `{ tags: ['sku:1'] }`. Keys are left out, as they may hold what is nobody's business. */
export function describeTarget({ tags, task, key }: ParsedTarget): string {
  if (tags !== undefined) return `{ tags: [${shortened(tags)}] }`;
  const own = task === undefined ? undefined : `task: ${typeof task === 'string' ? quoted(task) : task.where}`;
  return `{ ${[own, key === undefined ? undefined : 'key'].filter((part) => part !== undefined).join(', ')} }`;
}

function shortened(tags: readonly string[]): string {
  const shown = tags.slice(0, MOST_SHOWN).map(quoted);
  const more = tags.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')}, and ${more} more`;
}
