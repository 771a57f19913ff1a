import type { Clock } from '../base/clock.js';
import { type Duration, nonNegativeDuration } from '../base/duration.js';

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /**
   * Moves time on, fires what falls due on the way, in order, and has moved when it returns. Await it to have what was
   * waiting for those timers go on too.
   */
  advance(by: Duration): Promise<void>;
  /** Timers that wait. */
  readonly timers: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Midday, so that log lines and expiries of a spec fall on one day everywhere. */
const START = Date.UTC(2026, 0, 1, 12);

/** A clock for specs, given to `createPond({ clock })`. Starts at `startAt`, by default 2026-01-01 12:00 UTC. */
export function fakeClock(startAt: Date | number = START): FakeClock {
  const start = Number(startAt);
  const waiting = new Set<Timer>();
  let passed = 0;
  let orders = 0;

  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of waiting) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  };

  return {
    now: () => start + passed,
    monotonic: () => passed,
    after(ms, callback) {
      const timer = { at: passed + ms, order: orders++, callback };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    advance(by) {
      const target = passed + nonNegativeDuration(by, 'clock.advance', 'by');
      for (let timer = nextDue(target); timer !== undefined; timer = nextDue(target)) {
        waiting.delete(timer);
        passed = Math.max(passed, timer.at);
        timer.callback();
      }
      passed = target;
      return new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
    get timers() {
      return waiting.size;
    },
  };
}
