import { single } from '../base/single.js';
import type { Definition } from '../definitions/definition.js';
import type { Cancellation } from '../runs/cancellation.js';

/** Bodies of one task under way in this process, and who waits for a turn, first come first served. */
class Limiter {
  #running = 0;
  readonly #queue: Waiter[] = [];

  /** A turn: at once (undefined), or a promise of whether it came before the wait was cancelled. */
  take(most: number, cancellation: Cancellation | undefined): Promise<boolean> | undefined {
    if (this.#running < most && this.#queue.length === 0) {
      this.#running++;
      return undefined;
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        most,
        turn: () => {
          stop?.();
          resolve(true);
        },
      };
      const stop = cancellation?.onCancel(() => {
        const index = this.#queue.indexOf(waiter);
        if (index >= 0) this.#queue.splice(index, 1);
        resolve(false);
        this.#next(); // whoever stood behind may have a higher limit
      });
      if (!cancellation?.cancelled) this.#queue.push(waiter);
    });
  }

  /** Gives the turn back; the next in line has it at once. */
  giveBack(): void {
    this.#running--;
    this.#next();
  }

  #next(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#running < next.most; next = this.#queue[0]) {
      this.#queue.shift();
      this.#running++;
      next.turn();
    }
  }
}

/** Who waits, and the limit of that call: `withOptions` may give another. */
interface Waiter {
  readonly most: number;
  readonly turn: () => void;
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
