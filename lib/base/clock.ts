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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(), // looked up at each call: the user's fake timers put another Date in place
  monotonic: () => performance.now(),
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
