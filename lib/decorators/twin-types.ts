import type { FlowOptions } from '../definitions/flow-options.js';
import type { TaskOptions } from '../definitions/task-options.js';
import type { ResultOf } from '../verbs/view-types.js';
import type { FlowOptionsOfTask, OpenFlowOptions } from './flow-types.js';
import type { AnyMethod, NoUnknown, OptionsObject, Verdicts } from './option-checks.js';
import type { OpenTaskOptions } from './task-types.js';

/**
 * The type of `task`: gives the function's own type, generics and overloads kept. Callbacks that take the result are inferred from
 * the function; those that read inputs by name are annotated and checked.
 */
export type TaskTwin = <
  F extends AnyMethod,
  const O extends TaskOptions<never, OutcomeOf<NoInfer<F>>> | OpenTaskOptions<OutcomeOf<NoInfer<F>>>,
>(
  fn: F,
  options?: O & OptionsObject & NoUnknown<O, TaskOptions, 'task()'> & Refused<F, O, 'task()'>,
) => F;

/** The type of `flow`: as {@link TaskTwin}, of a flow. */
export type FlowTwin = <
  F extends AnyMethod,
  const O extends
    | FlowOptions<never, OutcomeOf<NoInfer<F>>>
    | OpenFlowOptions<OutcomeOf<NoInfer<F>>>
    | FlowOptionsOfTask<OutcomeOf<NoInfer<F>>>,
>(
  fn: F,
  options?: O & OptionsObject & NoUnknown<O, FlowOptions, 'flow()'> & Refused<F, O, 'flow()'>,
) => F;

type OutcomeOf<F extends AnyMethod> = ResultOf<ReturnType<F>>;

/** A sentence at each option that cannot work: unlike a decorator, a twin knows its function where the options are written. */
type Refused<F, O, By extends string> = {
  readonly [K in keyof O]: SentenceOr<unknown, Exclude<Verdicts<F, O, By>[K], undefined>>;
};

type SentenceOr<Otherwise, Sentence> = [Sentence] extends [never] ? Otherwise : Sentence;
