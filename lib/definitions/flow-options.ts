import type { Duration } from '../base/duration.js';
import { type Parsed, readOptions, type Schema } from '../base/option-reader.js';
import type { CachePolicy } from '../keys/policies.js';
import type { FlowInfo, FlowKeyContext, FlowRun, FlowRunContext } from '../states/run-context.js';
import type { State } from '../states/state.js';
import type { Returns, StateStore } from '../stores/store.js';
import { nameOfRun, runSchema } from './task-options.js';

/** A function told of a flow run's state. What it throws is logged and changes nothing. */
export type FlowHook = (flow: FlowInfo, flowRun: FlowRun, state: State) => unknown;

/** What `@Flow` takes. P is what the callbacks read of the inputs by name, R what the method resolves to. */
export interface FlowOptions<P = never, R = never> {
  /** What logs and runs call it. Default: the method's name. */
  readonly name?: string | undefined;
  /** What its keys belong to, instead of class and method. */
  readonly identity?: string | undefined;
  /** A change forgets what was stored. Default: none. */
  readonly version?: string | number | undefined;
  /** The parameters' names, where a build renames them. Default: read from the source. */
  readonly parameters?: readonly string[] | undefined;
  /** The run's name: a template such as `'nightly {day}'`, or a function. Default: adjective-animal. */
  readonly flowRunName?: string | ((parameters: P) => string) | undefined;
  /** Attempts after the first. Default 0. */
  readonly retries?: number | undefined;
  /** Wait before a retry: one for all, a list (the last repeats), or a function of the attempt that failed. Default 0. */
  readonly retryDelay?: Duration | readonly Duration[] | ((attempt: number) => Duration) | undefined;
  /** Spreads each delay by up to this share either way, 0 to 1. Default 0. */
  readonly retryJitter?: number | undefined;
  /** Which errors are worth another attempt. Default: all. */
  readonly retryIf?: ((error: unknown, context: FlowRunContext) => boolean) | undefined;
  /** Longest an attempt may take; then the state is TimedOut. Default: no limit. */
  readonly timeout?: Duration | undefined;
  /** Whether `console.log` inside becomes a log line of the run. Default: the flow's around it, then the pond's. */
  readonly logPrints?: boolean | undefined;
  /** Told at each attempt's begin. */
  readonly onRunning?: FlowHook | readonly FlowHook[] | undefined;
  /** Told of a completed run, hits too. */
  readonly onCompletion?: FlowHook | readonly FlowHook[] | undefined;
  /** Told once of a failed run, after its retries. */
  readonly onFailure?: FlowHook | readonly FlowHook[] | undefined;
  /** What makes two runs identical; with it the flow's result is cached whole. Default: none. */
  readonly cacheKeyFn?:
    | ((context: FlowKeyContext, parameters: P) => string | null | undefined | Promise<string | null | undefined>)
    | undefined;
  /** The same, as a policy. Not together with `cacheKeyFn`. */
  readonly cachePolicy?: CachePolicy | undefined;
  /** How long a stored result stays valid, counted from the end of the run. Default: for ever. */
  readonly cacheExpiration?: Duration | ((result: R, context: FlowRunContext) => Duration | undefined) | undefined;
  /** Which results are worth storing. Default: all. */
  readonly cacheIf?: ((result: R, context: FlowRunContext) => boolean) | undefined;
  /** true: runs and overwrites; false: never, whatever the pond says. Default: the pond's. */
  readonly refreshCache?: boolean | undefined;
  /** The class of the result, or of the elements of an array: a persistent store gives instances of it back. */
  readonly returns?: Returns | undefined;
  /** Name of one of the pond's stores, or a store. Default: the pond's. */
  readonly store?: string | StateStore | undefined;
}

const flowSchema = {
  ...runSchema,
  flowRunName: nameOfRun,
} satisfies Schema;

/** A flow's options as given, each one read and checked. */
export type ParsedFlowOptions = Parsed<typeof flowSchema>;

/** Reads a flow's options. `where` is `Class.method` for the error. */
export function parseFlowOptions(given: unknown, where: string): ParsedFlowOptions {
  return readOptions(flowSchema, given, where);
}
