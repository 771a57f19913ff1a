/**
 * Where all time comes from. A pond has one; specs give a fake one. `now()` is wall time in milliseconds (expiries are
 * absolute and may be shared with other processes), `monotonic()` never goes back and measures how long something took.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Calls back once after `ms`; answers with a function that stops it. Keeps the process alive till then unless `hold` is false. */
  after(ms: number, callback: () => void, hold?: boolean): () => void;
}

/** Node fires timers of more than this at once; longer ones are armed again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * `globalThis.performance` is an accessor, which costs as much as the clock behind it. As long as the timers are those that were there at
 * import, so is the clock: fake timers of the user's put others of both in place, and a clock without its timers is none.
 */
const { performance: ownPerformance, setTimeout: ownSetTimeout } = globalThis;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(), // looked up at each call, for the same reason
  monotonic: () => (setTimeout === ownSetTimeout ? ownPerformance : performance).now(),
  after(ms, callback, hold = true) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = setTimeout(
        () => (left > MAX_TIMER_MS ? arm(left - MAX_TIMER_MS) : callback()),
        Math.min(left, MAX_TIMER_MS),
      );
      if (!hold) timer.unref?.(); // a number under jsdom
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};
