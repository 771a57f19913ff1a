import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 10;
/** What every timer may be late by, and a loop that has something to do. */
const USUAL_MS = 25;

/**
 * What a machine that others keep busy takes from this process: it looks at the clock every few milliseconds, and what it comes too late
 * was lost. Bounds in time are for the rest.
 */
export class LostTime {
  #ms = 0;
  #began = performance.now();
  #isOver = false;

  /** @param look done at every step: that takes no time either, unless who has to answer stands still */
  static beside(look: () => Promise<unknown> = async () => {}): LostTime {
    const lost = new LostTime();
    void lost.#watch(look);
    return lost;
  }

  /** So far, in milliseconds. */
  get ms(): number {
    return this.#ms + this.#late;
  }

  stop(): void {
    this.#isOver = true;
  }

  /** In the step under way. */
  get #late(): number {
    const late = performance.now() - this.#began - STEP_MS;
    return late > USUAL_MS ? late : 0;
  }

  async #watch(look: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      await sleep(STEP_MS, undefined, { ref: false });
      await look().catch(() => {}); // whoever has to answer is gone
      this.#ms += this.#late;
      this.#began = performance.now();
    }
  }
}
