import type { ExecutionContext } from '@nestjs/common';
import { InvalidOptionsError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { flag, fn, type Parsed, readOptions, type Schema } from '../base/option-reader.js';
import type { PondOptions } from '../pond/options.js';

/** What `FlowpondModule.forRoot` takes: the pond's options, and what `FlowInterceptor` does with them. */
export interface FlowpondModuleOptions extends PondOptions {
  /**
   * What a request, message or event carries for everything inside: `(context) => ({ tenant, user })`. Tasks name it in `varyBy`. Called by
   * `FlowInterceptor`, after the guards. What it throws fails the request.
   */
  readonly values?: ((context: ExecutionContext) => MaybePromise<Readonly<Record<string, unknown>>>) | undefined;
  /** Whether `FlowInterceptor` answers with `x-flow-run`, `x-flow-run-id` and `x-cache`. Default true. */
  readonly headers?: boolean | undefined;
}

/** What a class given as `useClass` or `useExisting` must have. */
export interface FlowpondOptionsFactory {
  createFlowpondOptions(): MaybePromise<FlowpondModuleOptions>;
}

/** What `forRoot` and `forRootAsync` take beside the options. */
export interface FlowpondModuleExtras {
  /** Whether every module's providers use the pond, and can have it injected. Default true; else those of modules that import it. */
  readonly isGlobal?: boolean | undefined;
  /** Makes it a pond beside the default one: modules choose it by `FlowpondModule.forFeature({ pond: name })`. */
  readonly name?: string | undefined;
}

const ofRequests = {
  values: fn<NonNullable<FlowpondModuleOptions['values']>>('of the execution context'),
  headers: flag,
} satisfies Schema;

/** What `FlowInterceptor` needs to know of a pond. */
export type RequestSettings = Parsed<typeof ofRequests>;

/** Options of the module, taken apart: the pond's, and those of requests. Throws `InvalidOptionsError`. */
export function splitOptions(
  given: unknown,
  where: string,
): { readonly pond: PondOptions; readonly requests: RequestSettings } {
  if (typeof given !== 'object' || given === null) {
    const remedy = 'Give { store, … }, or {} for the defaults.';
    throw new InvalidOptionsError({ where, value: given, problem: 'takes an options object', remedy });
  }
  const pond: Record<string, unknown> = {};
  const requests: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(given)) {
    (Object.hasOwn(ofRequests, option) ? requests : pond)[option] = value;
  }
  return { pond, requests: readOptions(ofRequests, requests, where) };
}
