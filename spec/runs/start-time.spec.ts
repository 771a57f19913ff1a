import { describe, expect, it } from '@jest/globals';
import { createPond, getTaskRunContext, task } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

describe('the start time of a run', () => {
  it('is when its first attempt began, whenever it is read', async () => {
    const pond = createTestPond();
    const started = pond.clock.now();
    const late = task(
      async () => {
        const { taskRun } = getTaskRunContext();
        await pond.clock.advance('1h');
        const first = taskRun.startTime;
        await pond.clock.advance('1h');
        return [first, taskRun.startTime];
      },
      { name: 'late' },
    );
    expect(await pond.run(() => late())).toEqual([new Date(started), new Date(started)]);
  });

  it('does not move with a retry', async () => {
    const pond = createTestPond();
    const started = pond.clock.now();
    let attempts = 0;
    const seen: unknown[] = [];
    const again = task(
      async () => {
        await pond.clock.advance('1s');
        if (++attempts < 3) throw new Error('again');
        seen.push(getTaskRunContext().taskRun.startTime);
      },
      { name: 'again', retries: 2 },
    );
    await pond.run(() => again());
    expect(seen).toEqual([new Date(started)]);
  });

  it('comes after the wait for a turn', async () => {
    const pond = createTestPond();
    const started = pond.clock.now();
    const starts: unknown[] = [];
    const one = task(
      async () => {
        await pond.clock.advance('1s');
        starts.push(getTaskRunContext().taskRun.startTime);
      },
      { name: 'one at a time', concurrency: 1 },
    );
    await pond.run(() => Promise.all([one(), one()]));
    expect(starts).toEqual([new Date(started), new Date(started + 1_000)]);
  });

  it('is whole milliseconds, not before those of the call and not after those of now', async () => {
    let fraction = 0.7;
    const after = () => () => {};
    const clock = { now: () => Math.floor(5_000 + fraction), monotonic: () => fraction, after };
    const pond = createPond({ clock, logLevel: 'silent' });
    const read = task(
      async () => {
        fraction += 0.4;
        const { taskRun } = getTaskRunContext();
        const first = taskRun.startTime?.getTime();
        fraction += 0.89;
        return [first, taskRun.startTime?.getTime()];
      },
      { name: 'read' },
    );
    expect(await pond.run(() => read())).toEqual([5_001, 5_001]);
    fraction = 0.1;
    expect(await pond.run(() => read())).toEqual([5_000, 5_000]);
  });
});
