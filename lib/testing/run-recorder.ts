import type { Pond } from '../pond/pond.js';
import type { TaskInfo } from '../states/run-context.js';

/** How often one task ran, and how often a stored or joined result was reused instead. */
export interface TaskTally {
  readonly task: TaskInfo;
  ran: number;
  cached: number;
}

/** Found on the pond itself: matchers and pond may come from two copies of the package. */
const RECORDER = Symbol.for('flowpond.recorder');

/** Counts, per task, the runs of a pond that entered Running and those that ended Cached. */
export class RunRecorder {
  readonly #tallies = new Map<string, TaskTally>();

  constructor(pond: Pond) {
    pond.events.on('task:Running', ({ task }) => {
      this.#of(task).ran++;
    });
    pond.events.on('task:Cached', ({ task }) => {
      this.#of(task).cached++;
    });
    Object.defineProperty(pond, RECORDER, { value: this });
  }

  /** The recorder of a pond; undefined for anything that has none. */
  static of(pond: unknown): RunRecorder | undefined {
    if (typeof pond !== 'object' || pond === null) return undefined;
    return (pond as { readonly [RECORDER]?: RunRecorder })[RECORDER];
  }

  /** The tasks of this name or identity; every task where none is asked for. */
  tallies(task?: string): readonly TaskTally[] {
    const all = [...this.#tallies.values()];
    return task === undefined ? all : all.filter((one) => one.task.name === task || one.task.identity === task);
  }

  #of(task: TaskInfo): TaskTally {
    let tally = this.#tallies.get(task.identity);
    if (tally === undefined) {
      tally = { task, ran: 0, cached: 0 };
      this.#tallies.set(task.identity, tally);
    }
    return tally;
  }
}
