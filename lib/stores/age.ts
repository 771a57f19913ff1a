import type { Clock } from '../base/clock.js';

const TICKS = 10;

/**
 * Ages entries by a timer: to ask the clock at every hit would cost an eighth of it. What is stamped now is old after at most
 * `maxMs`, and after at least nine tenths of that. The timer stops by itself once nothing can be young any more.
 */
export class Age {
  readonly #clock: () => Clock;
  readonly #everyMs: number;
  #tick = 0;
  #lastStamp = 0;
  #stop: (() => void) | undefined;

  constructor(clock: () => Clock, maxMs: number) {
    this.#clock = clock;
    this.#everyMs = maxMs / TICKS;
  }

  /** For what is young from now on. */
  stamp(): number {
    this.#lastStamp = this.#tick;
    if (this.#stop === undefined) this.#wait();
    return this.#tick;
  }

  isOld(stamp: number): boolean {
    return this.#tick - stamp >= TICKS;
  }

  close(): void {
    this.#stop?.();
    this.#tick = Number.POSITIVE_INFINITY;
  }

  #wait(): void {
    const clock = this.#clock();
    const [wall, steady] = [clock.now(), clock.monotonic()];
    const elapsed = (): void => {
      // A timer is late after a long turn, a SIGSTOP or a sleep; which of the two clocks noticed depends on the system.
      const ms = Math.max(clock.now() - wall, clock.monotonic() - steady);
      this.#tick += Math.max(1, Math.floor(ms / this.#everyMs));
      this.#stop = undefined;
      if (!this.isOld(this.#lastStamp)) this.#wait();
    };
    this.#stop = clock.after(this.#everyMs, elapsed, false);
  }
}
