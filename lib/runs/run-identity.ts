import { crypto } from '../base/crypto.js';
import type { Origin } from '../states/cache-outcome.js';
import type { RecordOrigin } from '../stores/record.js';
import { randomRunName } from './run-name.js';

/**
 * A run's id and name, both made when they are read. Small, and free of inputs: a stored value keeps it to say who computed it.
 */
export class RunIdentity implements RecordOrigin {
  #id: string | undefined = undefined;
  /** Without the number that a task's run in a flow has. */
  #name: string | undefined;
  readonly #ordinal: number;
  readonly #flow: RunIdentity | undefined;

  private constructor(name: string | undefined, ordinal: number, flow: RunIdentity | undefined) {
    this.#name = name;
    this.#ordinal = ordinal;
    this.#flow = flow;
  }

  /** A task's run: `quote-3` in a flow run, `quote` outside (ordinal -1). */
  static ofTask(base: string, ordinal: number, flow: RunIdentity | undefined): RunIdentity {
    return new RunIdentity(base, ordinal, flow);
  }

  /** A run with a name of its own; a random one where it has none. */
  static named(name: string | undefined, flow?: RunIdentity): RunIdentity {
    return new RunIdentity(name, -1, flow);
  }

  get id(): string {
    this.#id ??= crypto().randomUUID();
    return this.#id;
  }

  get name(): string {
    this.#name ??= randomRunName();
    return this.#ordinal < 0 ? this.#name : `${this.#name}-${this.#ordinal}`;
  }

  get origin(): Origin {
    const flow = this.#flow;
    return { taskRunId: this.id, taskRunName: this.name, ...(flow === undefined ? {} : { flowRunName: flow.name }) };
  }
}
