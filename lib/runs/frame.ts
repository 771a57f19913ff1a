import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { single } from '../base/single.js';
import type { Dictionary } from '../definitions/dictionary.js';
import { KEY_SOURCE, type KeySource } from '../keys/key-function.js';
import { type Logger, sourceLogger } from '../log/logger.js';
import type { State } from '../states/state.js';
import { Cancellation } from './cancellation.js';
import { Execution } from './execution.js';
import type { FlowFrame } from './flow-frame.js';
import type { Plan } from './plan.js';
import { NO_VALUES, type RunValues } from './run-values.js';
import type { Runtime } from './runtime.js';

/** Where code runs: in a pond, perhaps in a flow, perhaps in a task. What the one `AsyncLocalStorage` carries. */
export interface Scope {
  readonly runtime: Runtime;
  /** Chosen by `pond.run`, so that it outranks what receivers are bound to. */
  readonly explicit: boolean;
  readonly parent: Scope | undefined;
  /** The innermost flow run. */
  readonly flowFrame: FlowFrame | undefined;
  /** The innermost run; undefined directly inside `pond.run`. */
  readonly frame: Frame | undefined;
  /** What ends the wait of calls made here. */
  readonly cancellation: Cancellation | undefined;
  /** What the entry point set: tenant, user, locale. */
  readonly values: RunValues;
  /** Whether prints here become log lines. */
  readonly logPrints: boolean;
  /** Whose lines they become, where that is not the innermost run: a key function prints for the task whose key it makes. */
  readonly printsAs?: Frame | undefined;
}

const storage = single('scope', () => new AsyncLocalStorage<Scope>());

/** Runs in the context of the importing module: nothing made there keeps a caller's context alive. */
const atRoot = AsyncLocalStorage.snapshot();

/** The scope of whatever runs now. */
export function currentScope(): Scope | undefined {
  return storage.getStore();
}

/** Runs a function inside a scope; what it starts keeps the scope. */
export function runInScope<T>(scope: Scope, fn: () => T): T {
  return storage.run(scope, fn);
}

/** A promise of a value that outlives the call: made outside every caller's context, which it would keep alive. */
export function rootPromise<T>(value: T): Promise<T> {
  return atRoot(resolved, value) as Promise<T>;
}

function resolved<T>(value: T): Promise<T> {
  return Promise.resolve(value);
}

/**
 * One call of a task or flow, from the call to its final state: the run context that users see, and the scope of the body.
 * Made for every call, so its fields are few and everything else is made when read.
 */
export abstract class Frame implements Scope {
  readonly plan: Plan;
  readonly receiver: unknown;
  args: readonly unknown[];
  readonly parent: Scope | undefined;
  /** What ends its caller's wait; the run itself may go on for others. */
  waiting: Cancellation | undefined;
  /** Set when the key function asked for the flow run. */
  askedForFlowRun = false;
  private byName: Dictionary | undefined = undefined;
  private run: Execution | undefined = undefined;

  constructor(plan: Plan, receiver: unknown, args: readonly unknown[], parent: Scope | undefined) {
    this.plan = plan;
    this.receiver = receiver;
    this.args = args;
    this.parent = parent;
    this.waiting = parent?.cancellation;
  }

  abstract readonly kind: 'task' | 'flow';
  abstract readonly flowFrame: FlowFrame | undefined;
  abstract readonly explicit: boolean;
  abstract readonly logPrints: boolean;
  /** `Task run 'quote-0'`, as log lines name it. */
  abstract get source(): string;

  get runtime(): Runtime {
    return this.plan.runtime;
  }

  get frame(): this {
    return this;
  }

  /** The run itself, which most calls never have. */
  get execution(): Execution {
    this.run ??= new Execution();
    return this.run;
  }

  get attempt(): number {
    return this.run === undefined ? 0 : this.run.attempt;
  }

  /** When the first attempt began, in milliseconds since 1970; 0 before it. */
  get startedAt(): number {
    return this.run === undefined ? 0 : this.run.startedAt(this.runtime.clock);
  }

  /** What the key function returned. */
  get key(): string | undefined {
    return this.run?.key;
  }

  /** Told of every state; set by `submit`. */
  get observer(): ((state: State) => void) | undefined {
    return this.run?.observer;
  }

  get cancellation(): Cancellation | undefined {
    return this.run?.cancellation;
  }

  get flight(): object | undefined {
    return this.run?.flight;
  }

  /** What `pond.run` set around the call; empty where it set nothing. */
  get values(): RunValues {
    return this.parent === undefined ? NO_VALUES : this.parent.values;
  }

  /** Aborts with the run; made when read, as most tasks never ask. */
  get signal(): AbortSignal {
    const { execution } = this;
    execution.cancellation ??= new Cancellation();
    return execution.cancellation.signal;
  }

  /** The inputs by name; reading a name that the method does not have throws `UnknownParameterError`. */
  get parameters(): Dictionary {
    this.byName ??= this.plan.strictInputs(this.args);
    return this.byName;
  }

  /** Sets the inputs of a submitted run, once the futures among them are there. */
  replaceArgs(args: readonly unknown[]): void {
    this.args = args;
    this.byName = undefined;
  }

  /** The inputs for the key function: the context's own, where they have to be told from what a user made. */
  get keyInputs(): Dictionary | undefined {
    const { plan } = this;
    return plan.keyInputs === undefined || plan.inputsArePlain ? plan.inputsFor(this.args) : this.parameters;
  }

  get logger(): Logger {
    return sourceLogger(this.runtime.log, () => this.source);
  }

  /** What built-in key functions need to know of the method. */
  get [KEY_SOURCE](): KeySource {
    const { definition, where } = this.plan;
    return {
      ...definition.parameterList,
      where,
      source: () => Function.prototype.toString.call(definition.subject.fn),
    };
  }

  [inspect.custom](): string {
    return `${this.kind === 'task' ? 'TaskRunContext' : 'FlowRunContext'} { ${this.source} }`;
  }
}

/** Whether a run's prints are logged: its own option, the run's around it, the pond's. */
export function printsOf(plan: Plan, parent: Scope | undefined): boolean {
  return plan.settings.logPrints ?? (parent?.frame === undefined ? plan.runtime.logPrints : parent.logPrints);
}
