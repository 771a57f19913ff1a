import { NoFlowRunError } from '../base/errors.js';
import type { Dictionary } from '../definitions/dictionary.js';
import type { FlowRun, TaskInfo, TaskRun, TaskRunContext } from '../states/run-context.js';
import type { FlowFrame } from './flow-frame.js';
import { Frame, printsOf, type Scope } from './frame.js';
import type { Plan } from './plan.js';
import { RunIdentity } from './run-identity.js';
import { runName } from './run-template.js';

/** A task's call and run: its context, and the scope of its body. */
export class TaskFrame extends Frame implements TaskRunContext {
  declare readonly kind: 'task';
  readonly flowFrame: FlowFrame | undefined;
  /** Counts this task's runs in the flow run; -1 outside a flow. */
  readonly ordinal: number;

  static {
    Object.defineProperty(TaskFrame.prototype, 'kind', { value: 'task' });
  }

  constructor(plan: Plan, receiver: unknown, args: readonly unknown[], parent: Scope | undefined) {
    super(plan, receiver, args, parent);
    this.flowFrame = parent?.flowFrame;
    this.ordinal = this.flowFrame === undefined ? -1 : this.flowFrame.countRun(plan.definition);
  }

  get identity(): RunIdentity {
    const { execution } = this;
    execution.identity ??= identityOf(this);
    return execution.identity;
  }

  /** The run's labels; a function of the inputs that fails leaves it without, and says so in {@link tagsOrThrow}. */
  get tags(): readonly string[] {
    try {
      return this.tagsOrThrow();
    } catch {
      return [];
    }
  }

  tagsOrThrow(): readonly string[] {
    const { tags } = this.plan.settings;
    if (typeof tags !== 'function') return tags;
    const { execution } = this;
    if (execution.tags === undefined) {
      const made: unknown = tags(this.parameters);
      if (!Array.isArray(made) || !made.every((tag) => typeof tag === 'string'))
        throw new TypeError('the tags function gave no list of texts');
      if (made.includes('')) throw new TypeError('the tags function gave an empty text');
      execution.tags = made as readonly string[];
    }
    return execution.tags;
  }

  get explicit(): boolean {
    return this.parent?.explicit ?? false;
  }

  get logPrints(): boolean {
    return printsOf(this.plan, this.parent);
  }

  get fence(): number {
    return this.execution.fence;
  }

  get previous(): unknown {
    return this.execution.previous;
  }

  get source(): string {
    return `Task run '${this.identity.name}'`;
  }

  get task(): TaskInfo {
    return this.plan.info;
  }

  get taskRun(): TaskRun {
    return new TaskRunView(this);
  }

  get taskRunId(): string {
    return this.identity.id;
  }

  get inFlow(): boolean {
    return this.flowFrame !== undefined;
  }

  get flowRunId(): string {
    this.askedForFlowRun = true;
    if (this.flowFrame === undefined) throw new NoFlowRunError(this.plan.where, 'flowRunId');
    return this.flowFrame.identity.id;
  }

  get flowRun(): FlowRun {
    this.askedForFlowRun = true;
    if (this.flowFrame === undefined) throw new NoFlowRunError(this.plan.where, 'flowRun');
    return this.flowFrame.flowRun;
  }
}

// Functions, not private methods: those would cost every instance a brand.

function identityOf(frame: TaskFrame): RunIdentity {
  const { plan, ordinal, flowFrame } = frame;
  const { name } = plan.definition;
  if (plan.settings.runName === undefined) return RunIdentity.ofTask(name, ordinal, flowFrame?.identity);
  return RunIdentity.named(runName(plan.settings.runName, frame, name), flowFrame?.identity);
}

/** What others see of a task run. */
class TaskRunView implements TaskRun {
  readonly #frame: TaskFrame;

  constructor(frame: TaskFrame) {
    this.#frame = frame;
  }

  get id(): string {
    return this.#frame.identity.id;
  }

  get name(): string {
    return this.#frame.identity.name;
  }

  get taskKey(): string {
    return this.#frame.plan.identity;
  }

  get flowRunId(): string {
    return this.#frame.flowRunId;
  }

  get runCount(): number {
    return this.#frame.attempt;
  }

  get startTime(): Date | undefined {
    return this.#frame.startedAt === 0 ? undefined : new Date(this.#frame.startedAt);
  }

  get tags(): readonly string[] {
    return this.#frame.tags;
  }

  get parameters(): Readonly<Dictionary> {
    return this.#frame.parameters;
  }

  toJSON(): object {
    const { id, name, taskKey, runCount, startTime, tags } = this;
    return { id, name, taskKey, runCount, startTime, tags };
  }
}
