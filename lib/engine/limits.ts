import { single } from '../base/single.js';
import type { Definition } from '../definitions/definition.js';
import type { Cancellation } from '../runs/cancellation.js';

/** Bodies of one task under way in this process, and who waits for a turn, first come first served. */
class Limiter {
  #running = 0;
  readonly #queue: (() => void)[] = [];

  /** A turn: at once (undefined), or a promise of whether it came before the wait was cancelled. */
  take(most: number, cancellation: Cancellation | undefined): Promise<boolean> | undefined {
    if (this.#running < most && this.#queue.length === 0) {
      this.#running++;
      return undefined;
    }
    return new Promise((resolve) => {
      const turn = (): void => {
        stop?.();
        resolve(true);
      };
      const stop = cancellation?.onCancel(() => {
        const index = this.#queue.indexOf(turn);
        if (index >= 0) this.#queue.splice(index, 1);
        resolve(false);
      });
      if (!cancellation?.cancelled) this.#queue.push(turn);
    });
  }

  /** Gives the turn back; the next in line has it at once. */
  giveBack(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

const limiters = single('limiters', () => new WeakMap<Definition, Limiter>());

/** The limiter of a task. */
export function limiterOf(definition: Definition): Limiter {
  let limiter = limiters.get(definition);
  if (limiter === undefined) {
    limiter = new Limiter();
    limiters.set(definition, limiter);
  }
  return limiter;
}

export type { Limiter };
