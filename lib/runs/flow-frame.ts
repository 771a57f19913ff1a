import { NoFlowRunError } from '../base/errors.js';
import type { Definition } from '../definitions/definition.js';
import type { Dictionary } from '../definitions/dictionary.js';
import { KEY_SOURCE, type KeySource } from '../keys/key-function.js';
import type { FlowInfo, FlowKeyContext, FlowRun, FlowRunContext } from '../states/run-context.js';
import { Frame, printsOf, type Scope } from './frame.js';
import type { Plan } from './plan.js';
import { RunIdentity } from './run-identity.js';
import { runName } from './run-template.js';
import type { RunValues } from './run-values.js';
import type { TaskFrame } from './task-frame.js';

interface FlowTally {
  hits: number;
  misses: number;
}

/** A flow's call and run: its context, the scope of its body, and what it knows of its task runs. */
export class FlowFrame extends Frame implements FlowRunContext {
  readonly kind = 'flow';
  readonly inFlow = true;
  readonly calledAt: number;
  // Asked by every task inside: kept, not looked up through the flows around.
  readonly explicit: boolean;
  readonly logPrints: boolean;
  taskRuns = 0;
  cachedTaskRuns = 0;
  savedMs = 0;
  /** Runs of tasks with a key whose method ran. */
  missedTaskRuns = 0;
  /** What subflows that have ended counted. */
  readonly #ofSubflows: FlowTally = { hits: 0, misses: 0 };
  /** What the flow around has been told. */
  readonly #told: FlowTally = { hits: 0, misses: 0 };
  /** Hooks and submitted runs that the flow's end awaits. */
  readonly pending = new Set<Promise<unknown>>();
  /** Submitted runs that failed; whoever asked for one by the end has seen it. */
  readonly failedRuns = new Set<{ readonly asked: boolean; readonly sentence: string }>();
  readonly #ordinals = new Map<Definition, { next: number }>();
  #lastCounted: Definition | undefined = undefined;
  #lastOrdinal: { next: number } = { next: 0 };
  #identity: RunIdentity | undefined = undefined;

  constructor(plan: Plan, receiver: unknown, args: readonly unknown[], parent: Scope | undefined) {
    super(plan, receiver, args, parent);
    this.explicit = parent?.explicit ?? false;
    this.logPrints = printsOf(plan, parent);
    this.calledAt = plan.runtime.clock.now();
  }

  get flowFrame(): this {
    return this;
  }

  get identity(): RunIdentity {
    this.#identity ??= RunIdentity.named(this.#givenName());
    return this.#identity;
  }

  #givenName(): string | undefined {
    const { settings } = this.plan;
    return settings.runName === undefined ? undefined : runName(settings.runName, this, undefined);
  }

  /** The next number of this task's runs. */
  countRun(definition: Definition): number {
    this.taskRuns++;
    if (definition !== this.#lastCounted) {
      let ordinal = this.#ordinals.get(definition);
      if (ordinal === undefined) {
        ordinal = { next: 0 };
        this.#ordinals.set(definition, ordinal);
      }
      this.#lastCounted = definition;
      this.#lastOrdinal = ordinal;
    }
    return this.#lastOrdinal.next++;
  }

  /** Takes the last number back: what only asks for a key is no run. */
  uncountRun(): void {
    this.taskRuns--;
    this.#lastOrdinal.next--;
  }

  /** Runs of tasks with a key, those of subflows that have ended among them: served, and run. */
  get tally(): Readonly<FlowTally> {
    const { hits, misses } = this.#ofSubflows;
    return { hits: this.cachedTaskRuns + hits, misses: this.missedTaskRuns + misses };
  }

  /** Adds its tally to that of the flow around; what has been told before, at the end of an attempt, counts once. */
  tellFlowAround(): void {
    const { parentFlow } = this;
    if (parentFlow === undefined) return;
    const { hits, misses } = this.tally;
    parentFlow.#ofSubflows.hits += hits - this.#told.hits;
    parentFlow.#ofSubflows.misses += misses - this.#told.misses;
    Object.assign(this.#told, { hits, misses });
  }

  get source(): string {
    return `Flow run '${this.identity.name}'`;
  }

  /** The flow run that called this one. */
  get parentFlow(): FlowFrame | undefined {
    return this.parent?.flowFrame;
  }

  get flow(): FlowInfo {
    return this.plan.info;
  }

  get flowRun(): FlowRun {
    return new FlowRunView(this);
  }

  get flowRunId(): string {
    return this.identity.id;
  }

  /** What the key function of a cached flow sees. */
  get keyContext(): FlowKeyContext {
    return new FlowKeys(this);
  }
}

class FlowRunView implements FlowRun {
  readonly #frame: FlowFrame;

  constructor(frame: FlowFrame) {
    this.#frame = frame;
  }

  get id(): string {
    return this.#frame.identity.id;
  }

  get name(): string {
    return this.#frame.identity.name;
  }

  get flowName(): string {
    return this.#frame.plan.definition.name;
  }

  get parameters(): Readonly<Dictionary> {
    return this.#frame.parameters;
  }

  get startTime(): Date {
    return new Date(this.#frame.startedAt || this.#frame.calledAt);
  }

  get parentTaskRunId(): string | undefined {
    const parent = this.#frame.parent?.frame;
    return parent?.kind === 'task' ? (parent as TaskFrame).identity.id : undefined;
  }

  toJSON(): object {
    const { id, name, flowName, startTime, parentTaskRunId } = this;
    return { id, name, flowName, startTime, parentTaskRunId };
  }
}

class FlowKeys implements FlowKeyContext {
  readonly kind = 'flow-key';
  readonly #frame: FlowFrame;

  constructor(frame: FlowFrame) {
    this.#frame = frame;
  }

  get flow(): FlowInfo {
    return this.#frame.plan.info;
  }

  get inFlow(): boolean {
    return this.#frame.parentFlow !== undefined;
  }

  get flowRun(): FlowRun {
    return this.#parent('flowRun').flowRun;
  }

  get flowRunId(): string {
    return this.#parent('flowRunId').identity.id;
  }

  get values(): RunValues {
    return this.#frame.values;
  }

  get parameters(): Dictionary {
    return this.#frame.parameters;
  }

  get args(): readonly unknown[] {
    return this.#frame.args;
  }

  get [KEY_SOURCE](): KeySource {
    return this.#frame[KEY_SOURCE];
  }

  #parent(what: string): FlowFrame {
    this.#frame.askedForFlowRun = true;
    if (this.#frame.parentFlow === undefined) throw new NoFlowRunError(this.#frame.plan.where, what);
    return this.#frame.parentFlow;
  }
}
