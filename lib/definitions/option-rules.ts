import { InvalidOptionsError } from '../base/errors.js';
import { mergeOptions } from '../base/option-reader.js';
import type { ParsedTaskOptions } from './task-options.js';

const NEED_A_KEY = [
  'cacheKeyScope',
  'instanceKey',
  'varyBy',
  'cacheExpiration',
  'expirationJitter',
  'cacheIf',
  'cacheFailures',
  'staleWhileRevalidate',
  'staleIfError',
  'softTimeout',
  'refreshCache',
  'store',
  'returns',
  'resultCopy',
  'lease',
  'waitTimeout',
  'onWaitTimeout',
] as const;

/** Without a time in which an expired value may be served there is none to take early, or when a wait is over. */
const NEED_A_WINDOW = ['softTimeout'] as const;

const NEED_RETRIES = ['retryDelay', 'retryJitter', 'retryIf'] as const;

/** Refuses options that contradict each other, or have no effect without another. */
export function checkRunOptions(options: ParsedTaskOptions, where: string): void {
  if (options.cacheKeyFn !== undefined && options.cachePolicy !== undefined) {
    throw new InvalidOptionsError({
      where,
      option: 'cachePolicy',
      problem: 'contradicts `cacheKeyFn`',
      remedy: 'Give one of the two.',
    });
  }
  if (options.cacheKeyFn === undefined && options.cachePolicy === undefined) {
    refuseWithout(
      options,
      NEED_A_KEY,
      where,
      'a `cacheKeyFn` or `cachePolicy`',
      'Add cacheKeyFn: taskInputHash, or leave it out.',
    );
  }
  if (options.expirationJitter !== undefined && options.cacheExpiration === undefined) {
    refuseWithout(options, ['expirationJitter'], where, '`cacheExpiration`', 'Add an expiry, or leave it out.');
  }
  if (!hasWindow(options)) {
    const needed = '`staleWhileRevalidate` or `staleIfError`';
    refuseWithout(options, NEED_A_WINDOW, where, needed, "Add staleIfError: '1h', or leave it out.");
  }
  if (options.retries === undefined || options.retries === 0) {
    refuseWithout(options, NEED_RETRIES, where, '`retries`', 'Add retries: 3, or leave it out.');
  }
}

function hasWindow({ staleWhileRevalidate, staleIfError }: ParsedTaskOptions): boolean {
  return staleWhileRevalidate !== undefined || staleIfError !== undefined;
}

function refuseWithout(options: object, names: readonly string[], where: string, needed: string, remedy: string): void {
  for (const option of names) {
    if ((options as Record<string, unknown>)[option] === undefined) continue;
    throw new InvalidOptionsError({ where, option, problem: `has no effect without ${needed}`, remedy });
  }
}

/**
 * Options over others; a key function takes the place of a policy, and a policy that of a key function. What has no effect any more goes:
 * `retries: 0` takes with it what the others say of retries, `cacheKeyFn: undefined` what they say of storing.
 */
export function withOverrides(options: ParsedTaskOptions, overrides: ParsedTaskOptions): ParsedTaskOptions {
  const merged: ParsedTaskOptions = mergeOptions(options, overrides);
  const { cacheKeyFn, cachePolicy } = overrides;
  if (cacheKeyFn !== undefined) drop(merged, ['cachePolicy'], overrides);
  if (cachePolicy !== undefined) drop(merged, ['cacheKeyFn'], overrides);
  if (merged.cacheKeyFn === undefined && merged.cachePolicy === undefined) drop(merged, NEED_A_KEY, overrides);
  if (merged.cacheExpiration === undefined) drop(merged, ['expirationJitter'], overrides);
  if (!hasWindow(merged)) drop(merged, NEED_A_WINDOW, overrides);
  if (merged.retries === undefined || merged.retries === 0) drop(merged, NEED_RETRIES, overrides);
  return merged;
}

/** Takes options away, but for those that are asked for. */
function drop(options: object, names: readonly string[], asked: object): void {
  for (const name of names) if (!Object.hasOwn(asked, name)) Reflect.deleteProperty(options, name);
}

/** Options that only an asynchronous task can have. */
const NEED_A_PROMISE = [
  'timeout',
  'concurrency',
  'retryDelay',
  'retryJitter',
  'staleWhileRevalidate',
  'softTimeout',
] as const;

/** Keeps of a pond's defaults what can have an effect on a task with these options; `promised`: it is known to be asynchronous. */
export function withDefaults(
  options: ParsedTaskOptions,
  defaults: ParsedTaskOptions,
  promised: boolean,
): ParsedTaskOptions {
  const merged = withOverrides(defaults, options);
  if (!promised) drop(merged, NEED_A_PROMISE, options);
  return merged;
}
