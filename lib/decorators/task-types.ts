import type { Misuse } from '../base/misuse.js';
import type { TaskOptions } from '../definitions/task-options.js';
import type { CheckedDecorator } from './checked-decorator.js';
import type { AnyMethod, NoUnknown } from './option-checks.js';

export type { Misuse } from '../base/misuse.js';
export type { Check } from './option-checks.js';

/** What `@Task(options)` gives: a decorator of methods that fit the options O. */
export type TaskDecorator<O> = CheckedDecorator<O, '@Task'>;

/** The type of `Task`. Callbacks cannot be inferred from the method (TypeScript #39903): annotate what they take. */
export interface TaskFactory {
  /** `@Task()`, `@Task({ … })`, and the short form `@Task(cacheKeyFn, cacheExpiration)`. */
  <const O extends TaskOptions | OpenTaskOptions | KeyFn, const E extends Expiration | undefined>(
    optionsOrKeyFn?: O & object & NoUnknown<O, TaskOptions, '@Task'>,
    cacheExpiration?: E,
  ): TaskDecorator<OptionsOf<O, E>>;
  /** `@Task` under standard decorators. */
  (
    value: AnyMethod | object | undefined,
    context:
      | DecoratorContext
      | Misuse<"cacheExpiration is a length such as '20s' or '2h30m', or a function of the result">,
  ): Misuse<Uncalled>;
  /** `@Task` under `experimentalDecorators`. */
  (target: object, key: string | symbol, descriptor: object): Misuse<Uncalled>;
}

type KeyFn = NonNullable<TaskOptions['cacheKeyFn']>;
type Expiration = NonNullable<TaskOptions['cacheExpiration']>;

/** Lets unknown options through as far as NoUnknown, which has a sentence for them. */
export interface OpenTaskOptions<R = never> extends TaskOptions<never, R> {
  readonly [unknown: string]: unknown;
}

/** The short form as options. The whole bound stands for arguments that did not fit, or none: nothing to check then. */
type OptionsOf<O, E> = [TaskOptions] extends [O]
  ? object
  : O extends AnyMethod
    ? { readonly cacheKeyFn: O; readonly cacheExpiration: E }
    : O;

type Uncalled = '@Task needs a call: write @Task() or @Task({ … })';
