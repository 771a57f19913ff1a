import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clock } from '../../lib/base/clock.js';
import { Deadlines } from '../../lib/base/deadlines.js';
import { fakeClock } from '../../lib/testing/index.js';

/** The clock of a process that may be busy: timers fire when it turns to them, however long they have been due. */
class BusyClock implements Clock {
  time = 0;
  readonly timers = new Map<object, { readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = {};
    this.timers.set(timer, { at: this.time + ms, callback: AsyncResource.bind(callback) }); // as those of Node do
    return () => this.timers.delete(timer);
  }

  /** Is busy for so long, then fires once what is due. */
  turn(ms: number): void {
    this.time += ms;
    for (const [timer, { at, callback }] of [...this.timers]) {
      if (at <= this.time && this.timers.delete(timer)) callback();
    }
  }
}

describe('deadlines', () => {
  it('are met to the millisecond where the process is idle, each in its turn', async () => {
    const clock = fakeClock();
    const deadlines = new Deadlines(clock);
    const ended: string[] = [];
    deadlines.start(1_000, () => ended.push('first'));
    await clock.advance(130);
    deadlines.start(1_000, () => ended.push('second'));
    await clock.advance(869);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(['first']);
    await clock.advance(129);
    expect(ended).toEqual(['first']);
    await clock.advance(1);
    expect(ended).toEqual(['first', 'second']);
    expect(clock.timers).toBe(0);
  });

  it('do not count time in which the process could not hear', () => {
    const clock = new BusyClock();
    let ended = false;
    new Deadlines(clock).start(200, () => {
      ended = true;
    });
    for (let i = 0; i < 4; i++) clock.turn(5_000); // each step of 50 ms took 5 s
    expect(ended).toBe(false);
    clock.turn(0);
    expect(ended).toBe(true);
  });

  it('let everything be read that is there before they end', () => {
    const clock = new BusyClock();
    const deadlines = new Deadlines(clock);
    let ended = false;
    const deadline = deadlines.start(50, () => {
      ended = true;
    });
    clock.turn(50);
    deadline.end(); // the turn of the event loop brought the answer
    clock.turn(1_000);
    expect([ended, clock.timers.size]).toEqual([false, 0]);
  });

  it('begun while the process is late have their whole time', () => {
    const clock = new BusyClock();
    const deadlines = new Deadlines(clock);
    const ended: string[] = [];
    deadlines.start(50, () => ended.push('first'));
    clock.time += 400; // busy, and asks again before timers have their turn
    deadlines.start(50, () => ended.push('second'));
    clock.turn(0);
    clock.turn(0);
    expect(ended).toEqual(['first']);
    clock.turn(49);
    clock.turn(0);
    expect(ended).toEqual(['first']);
    clock.turn(1);
    clock.turn(0);
    expect(ended).toEqual(['first', 'second']);
  });

  it('of which one begins another are met all the same', async () => {
    const clock = fakeClock();
    const deadlines = new Deadlines(clock);
    let ended = 0;
    const again = (): void => {
      ended++;
      if (ended < 4) deadlines.start(100, again);
    };
    deadlines.start(100, again);
    await clock.advance(399);
    expect(ended).toBe(3);
    await clock.advance(1);
    expect([ended, clock.timers]).toEqual([4, 0]);
  });

  it('that are ended twice, or when they have passed, do no harm to others', async () => {
    const clock = fakeClock();
    const deadlines = new Deadlines(clock);
    const ended: number[] = [];
    const all = [0, 1, 2].map((i) => deadlines.start(100, () => ended.push(i)));
    all[1]?.end();
    all[1]?.end();
    await clock.advance(100);
    all[0]?.end();
    expect([ended, clock.timers]).toEqual([[0, 2], 0]);
  });

  it('leave no timer behind when none of them waits any more', () => {
    const clock = fakeClock();
    const deadlines = new Deadlines(clock);
    const all = [deadlines.start(100, () => {}), deadlines.start(100, () => {})];
    all[0]?.end();
    expect(clock.timers).toBe(1);
    all[1]?.end();
    expect(clock.timers).toBe(0);
  });

  it('end outside of every scope: their timer is one for all', () => {
    const clock = new BusyClock();
    const deadlines = new Deadlines(clock);
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    for (const name of ['a', 'b'])
      storage.run(name, () => deadlines.start(50, () => seen.push(storage.getStore() ?? 'none')));
    clock.turn(50);
    clock.turn(0);
    expect(seen).toEqual(['none', 'none']);
  });

  it('of any lengths, begun and ended at any time, pass when they should', async () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 120 }),
      ms: fc.integer({ min: 1, max: 300 }),
      endsAfter: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const clock = fakeClock();
        const deadlines = new Deadlines(clock);
        const found: (number | undefined)[] = [];
        const wanted: (number | undefined)[] = [];
        for (const [i, { wait, ms, endsAfter }] of steps.entries()) {
          await clock.advance(wait);
          found[i] = undefined;
          const deadline = deadlines.start(ms, () => {
            found[i] = clock.monotonic();
          });
          if (endsAfter !== undefined) clock.after(endsAfter, () => deadline.end());
          wanted[i] = endsAfter !== undefined && endsAfter <= ms ? undefined : clock.monotonic() + ms;
          // Ended in the very millisecond: whichever comes first.
          if (endsAfter === ms) wanted[i] = Number.NaN;
        }
        await clock.advance(1_000);
        for (const [i, at] of wanted.entries()) if (!Number.isNaN(at)) expect([i, found[i]]).toEqual([i, at]);
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
