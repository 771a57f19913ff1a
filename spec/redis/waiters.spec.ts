import { describe, expect, it, jest } from '@jest/globals';
import { Waiters } from '../../lib/redis/waiters.js';

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await null;
  await null;
  return settled;
}

describe('the calls of a process that wait for a run elsewhere', () => {
  it('are woken by a message that comes before the answer that tells them to wait', async () => {
    const waiters = new Waiters();
    const asking = waiters.ask('a');
    waiters.wake('a');
    asking.wait(1_000);
    expect(await isSettled(asking.woken)).toBe(true);
  });

  it('are woken together, and no others', async () => {
    const waiters = new Waiters();
    const [one, two, other] = [waiters.ask('a'), waiters.ask('a'), waiters.ask('b')];
    for (const asking of [one, two, other]) asking.wait(1_000);
    waiters.wake('a');
    expect(await Promise.all([one, two, other].map(({ woken }) => isSettled(woken)))).toEqual([true, true, false]);
    waiters.wakeAll();
    expect(await isSettled(other.woken)).toBe(true);
    expect(waiters.size).toBe(0);
  });

  it('leave nothing behind where they need not wait', () => {
    const waiters = new Waiters();
    const [one, two] = [waiters.ask('a'), waiters.ask('a')];
    one.done();
    expect(waiters.size).toBe(1);
    two.done();
    expect(waiters.size).toBe(0);
    waiters.wake('a');
  });

  it('stay asleep where another call of the same key need not wait', async () => {
    const waiters = new Waiters();
    const [waiting, other] = [waiters.ask('a'), waiters.ask('a')];
    waiting.wait(1_000);
    other.done();
    expect(await isSettled(waiting.woken)).toBe(false);
    waiters.wakeAll();
  });

  it('are forgotten, awake, soon after the lease that they wait for', async () => {
    jest.useFakeTimers();
    try {
      const waiters = new Waiters();
      const asking = waiters.ask('a');
      asking.wait(500);
      jest.advanceTimersByTime(1_499);
      expect([await isSettled(asking.woken), waiters.size]).toEqual([false, 1]);
      jest.advanceTimersByTime(1);
      expect([await isSettled(asking.woken), waiters.size]).toEqual([true, 0]);
    } finally {
      jest.useRealTimers();
    }
  });
});
