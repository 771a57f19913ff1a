import type { Clock } from '../base/clock.js';
import type { Duration } from '../base/duration.js';
import { nonNegativeDuration, positiveDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import { flag, oneOf, type Parsed, type Read, readOptions, type Schema } from '../base/option-reader.js';
import { type ParsedTaskOptions, parseTaskOptions, type TaskOptions } from '../definitions/task-options.js';
import type { LogFormat, LogLevel } from '../log/logger.js';
import type { CachingMode } from '../runs/runtime.js';
import { isStateStore, type StateStore } from '../stores/store.js';

/** What `createPond` and `configure` take. */
export interface PondOptions {
  /** Where states are kept unless a task names another store. Default: `memoryStore()`. */
  readonly store?: StateStore | undefined;
  /** More stores, by the name that tasks give as `store`. */
  readonly stores?: Readonly<Record<string, StateStore>> | undefined;
  /** `off`: nothing is looked up or stored. `refresh`: everything runs and is stored anew. Default `on`, or `FLOWPOND_CACHING`. */
  readonly caching?: CachingMode | undefined;
  /** What a run does when its store fails: `run` without it, or `fail` with a `StoreError`. Default `run`. */
  readonly onStoreError?: 'run' | 'fail' | undefined;
  /** Longest wait for an answer of a store. Default 1 s. */
  readonly storeTimeout?: Duration | undefined;
  /** Takes all log lines: pino, Nest's, console, or anything with debug, info, warn, error. Default: lines on stderr. */
  readonly logger?: object | undefined;
  /** Default `warn`, or `FLOWPOND_LOG`. */
  readonly logLevel?: LogLevel | undefined;
  /** Lines for people, or one JSON object a line. Default `pretty`, or `FLOWPOND_LOG_FORMAT`. */
  readonly logFormat?: LogFormat | undefined;
  /** Whether prints in runs become log lines, where neither task nor flow says. Default false. */
  readonly logPrints?: boolean | undefined;
  /** Where all time comes from. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Keeps this pond's keys apart from others' in a shared store. Default: none. */
  readonly namespace?: string | undefined;
  /** Options of tasks that say nothing else; those that would have no effect on a task, or that a method not known to be async cannot have, are left out. */
  readonly taskDefaults?: Omit<TaskOptions<object, unknown>, 'name' | 'identity' | 'parameters' | 'async'> | undefined;
}

const LEVELS = oneOf('silent', 'error', 'warn', 'info', 'debug');
const FORMATS = oneOf('pretty', 'json');
const MODES = oneOf('on', 'off', 'refresh');

const store: Read<StateStore> = (value, where, option) => {
  if (isStateStore(value)) return value;
  const remedy = 'Give memoryStore(), or an object with the methods of StateStore.';
  throw new InvalidOptionsError({ where, option, value, problem: 'is no store', remedy });
};

const stores: Read<ReadonlyMap<string, StateStore>> = (value, where, option) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionsError({
      where,
      option,
      value,
      problem: 'must name stores',
      remedy: 'Give { reports: memoryStore() }.',
    });
  }
  return new Map(Object.entries(value).map(([name, one]) => [name, store(one, where, `${option}.${name}`)]));
};

const clock: Read<Clock> = (value, where, option) => {
  const given = value as Partial<Record<keyof Clock, unknown>> | null;
  const complete =
    typeof given === 'object' &&
    given !== null &&
    ['now', 'monotonic', 'after'].every((m) => typeof given[m as keyof Clock] === 'function');
  if (complete) return given as Clock;
  throw new InvalidOptionsError({
    where,
    option,
    value,
    problem: 'is no clock',
    remedy: 'Give fakeClock() of flowpond/testing, or leave it out.',
  });
};

const logger: Read<object> = (value, where, option) => {
  if ((typeof value === 'object' || typeof value === 'function') && value !== null) return value;
  const remedy = 'Give pino, console, or an object with debug, info, warn and error.';
  throw new InvalidOptionsError({ where, option, value, problem: 'is no logger', remedy });
};

const namespace: Read<string> = (value, where, option) => {
  if (typeof value === 'string') return value;
  throw new InvalidOptionsError({ where, option, value, problem: 'must be a text', remedy: 'Leave it out for none.' });
};

const taskDefaults: Read<ParsedTaskOptions> = (value, where, option) => {
  const parsed = parseTaskOptions(value, `${where}, ${option}`);
  for (const own of ['name', 'identity', 'parameters', 'async'] as const) {
    if (parsed[own] === undefined) continue;
    const remedy = 'Give it to the task itself.';
    throw new InvalidOptionsError({ where, option: `${option}.${own}`, problem: 'belongs to one task', remedy });
  }
  return parsed;
};

const schema = {
  store,
  stores,
  caching: MODES,
  onStoreError: oneOf('run', 'fail'),
  storeTimeout: positiveDuration as Read<number>,
  logger,
  logLevel: LEVELS,
  logFormat: FORMATS,
  logPrints: flag,
  clock,
  namespace,
  taskDefaults,
} satisfies Schema;

/** A pond's options as given, each one read and checked. */
export type ParsedPondOptions = Parsed<typeof schema>;

/** Reads a pond's options. */
export function parsePondOptions(given: unknown, where: string): ParsedPondOptions {
  return readOptions(schema, given, where);
}

/** What the environment says, and what it says that cannot be read: a typing error there must not stop a program. */
export interface FromEnvironment {
  readonly options: ParsedPondOptions;
  readonly faults: readonly string[];
}

const VARIABLES = [
  ['FLOWPOND_LOG', 'logLevel', LEVELS],
  ['FLOWPOND_LOG_FORMAT', 'logFormat', FORMATS],
  ['FLOWPOND_CACHING', 'caching', MODES],
] as const;

/** Reads `FLOWPOND_LOG`, `FLOWPOND_LOG_FORMAT` and `FLOWPOND_CACHING`. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): FromEnvironment {
  const options: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [variable, option, read] of VARIABLES) {
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (value === undefined || value === '') continue;
    try {
      options[option] = read(value.toLowerCase(), 'the environment', variable);
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  return { options, faults };
}

/** How long `close()` waits for what is still under way. */
export function closeDeadline(value: unknown): number {
  return nonNegativeDuration(value, 'pond.close', 'deadline');
}
