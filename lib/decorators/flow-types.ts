import type { Misuse } from '../base/misuse.js';
import type { FlowOptions } from '../definitions/flow-options.js';
import type { CacheKeyFn } from '../keys/key-function.js';
import type { CheckedDecorator } from './checked-decorator.js';
import type { AnyMethod, NoUnknown, OptionsObject } from './option-checks.js';

/** What `@Flow(options)` gives: a decorator of methods that fit the options O. */
export type FlowDecorator<O> = CheckedDecorator<O, '@Flow'>;

/** The type of `Flow`. Callbacks cannot be inferred from the method (TypeScript #39903): annotate what they take. */
export interface FlowFactory {
  /** `@Flow()` and `@Flow({ … })`. */
  <const O extends FlowOptions | OpenFlowOptions | FlowOptionsOfTask>(
    options?: O & OptionsObject & NoUnknown<O, FlowOptions, '@Flow'>,
  ): FlowDecorator<OptionsOf<O>>;
  /** `@Flow` under standard decorators. */
  (value: AnyMethod | object | undefined, context: DecoratorContext): Misuse<Uncalled>;
  /** `@Flow` under `experimentalDecorators`. */
  (target: object, key: string | symbol, descriptor: object): Misuse<Uncalled>;
}

type Uncalled = '@Flow needs a call: write @Flow() or @Flow({ … })';

/** Lets unknown options through as far as NoUnknown, which has a sentence for them. */
export interface OpenFlowOptions<R = never> extends FlowOptions<never, R> {
  readonly [unknown: string]: unknown;
}

/** With a key function that was typed for tasks, as `CacheKeyFn<object>`; what it reads of a task run is absent in a flow. */
export interface FlowOptionsOfTask<R = never> extends Omit<FlowOptions<never, R>, 'cacheKeyFn'> {
  readonly cacheKeyFn: TaskKeyFn;
}

/** The generic twin signature keeps this type out of inference: the context of a key function written in place is a FlowKeyContext. */
interface TaskKeyFn {
  (...given: Parameters<CacheKeyFn>): ReturnType<CacheKeyFn>;
  <_>(...given: Parameters<CacheKeyFn>): ReturnType<CacheKeyFn>;
}

/** The whole bound stands for options that did not fit, or none: nothing to check then. */
type OptionsOf<O> = [FlowOptions] extends [O] ? object : O;
