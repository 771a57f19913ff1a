import type { Logger } from '../log/logger.js';

/** A flow run, as its tasks see it. */
export interface FlowRun {
  /** A UUID. */
  readonly id: string;
  /** Adjective-animal, or what `flowRunName` gave. */
  readonly name: string;
  readonly flowName: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly startTime: Date;
  /** The task run inside which this subflow was called. */
  readonly parentTaskRunId?: string | undefined;
}

/** A task run, from its call to its final state. */
export interface TaskRun {
  /** A UUID. */
  readonly id: string;
  /** `quote-0`, `quote-1` … within a flow run, or what `taskRunName` gave. */
  readonly name: string;
  /** The task's identity, as its keys have it. */
  readonly taskKey: string;
  /** Throws `NoFlowRunError` outside a flow. */
  readonly flowRunId: string;
  /** Attempts begun; 0 for a hit and for a run that joined another. */
  readonly runCount: number;
  readonly startTime?: Date | undefined;
  readonly tags: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What is known of a task itself. */
export interface TaskInfo {
  readonly name: string;
  /** What its keys belong to: declaring class, method, and the receiver's class where it is another. */
  readonly identity: string;
  readonly className?: string | undefined;
  readonly version?: string | undefined;
  readonly tags: readonly string[];
}

/** What is known of a flow itself. */
export interface FlowInfo {
  readonly name: string;
  readonly identity: string;
  readonly className?: string | undefined;
  readonly version?: string | undefined;
}

/** What a task's body, key function, predicates and hooks know of the run. Parts are made when they are read. */
export interface TaskRunContext {
  readonly kind: 'task';
  readonly task: TaskInfo;
  readonly taskRun: TaskRun;
  readonly taskRunId: string;
  /** Throws `NoFlowRunError` outside a flow; ask {@link inFlow}. */
  readonly flowRunId: string;
  /** Throws `NoFlowRunError` outside a flow; ask {@link inFlow}. */
  readonly flowRun: FlowRun;
  readonly inFlow: boolean;
  /** What the entry point set by `pond.run({ tenant, … })`; empty where it set nothing. Cannot be changed inside a run. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The inputs by name. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The inputs by position. */
  readonly args: readonly unknown[];
  readonly logger: Logger;
  /** Aborts when the attempt times out, or nobody waits for the run any more. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt; 0 before it. */
  readonly attempt: number;
  /** Generation of this computation, rising per key: what an outside system can compare to refuse a late writer. */
  readonly fence: number;
  /** The expired value that this run renews, where the store still has it: what a conditional request asks about. */
  readonly previous?: unknown;
}

/** What a flow's body and hooks know of the run. */
export interface FlowRunContext {
  readonly kind: 'flow';
  readonly flow: FlowInfo;
  readonly flowRun: FlowRun;
  readonly flowRunId: string;
  readonly inFlow: boolean;
  /** What the entry point set by `pond.run({ tenant, … })`; empty where it set nothing. Cannot be changed inside a run. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly attempt: number;
}

/** What the key function of a cached flow sees: no task run; the flow run is the one around it. */
export interface FlowKeyContext {
  readonly kind: 'flow-key';
  readonly flow: FlowInfo;
  /** The parent's; throws `NoFlowRunError` where there is none. */
  readonly flowRunId: string;
  /** The parent's; throws `NoFlowRunError` where there is none. */
  readonly flowRun: FlowRun;
  readonly inFlow: boolean;
  /** What the entry point set by `pond.run({ tenant, … })`; empty where it set nothing. Cannot be changed inside a run. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
}

/** The innermost run, of whichever kind. */
export type RunContext = TaskRunContext | FlowRunContext;
