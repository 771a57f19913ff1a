import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CancelledError,
  memoryStore,
  refresh,
  type State,
  type StateStore,
  submit,
  Task,
  type TaskFuture,
  taskInputHash,
} from '../../lib/index.js';
import { AsyncStore, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

/** What one caller does, and what the body that its call begins does. */
interface Step {
  readonly act: 'call' | 'refresh' | 'call and leave';
  readonly body: 'value' | 'error' | 'cancelled';
  readonly pond: 0 | 1;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('call' as const, 'call' as const, 'refresh' as const, 'call and leave' as const),
  body: fc.constantFrom('value' as const, 'value' as const, 'error' as const, 'cancelled' as const),
  pond: fc.constantFrom(0 as const, 1 as const),
});

interface Body {
  readonly number: number;
  readonly refresh: boolean;
  readonly error: Error;
  readonly begun: number;
  outcome: 'running' | 'value' | 'error' | 'cancelled';
}

/**
 * Plays steps in whatever order the scheduler finds, over one key, and checks what must hold of every order: who gets what,
 * how often the body runs, and that nothing is left.
 */
async function play(steps: readonly Step[], ponds: 1 | 2, store: StateStore, scheduler: fc.Scheduler): Promise<void> {
  const bodies: Body[] = [];
  let now = 0;
  let plainRunning = 0;
  class Service {
    @Task({ cacheKeyFn: taskInputHash, cacheIf: () => true }) async work(): Promise<Body> {
      const plan = steps[bodies.length % steps.length] as Step;
      const mine: Body = {
        number: bodies.length,
        refresh: beginningRefresh,
        error: new Error('body'),
        outcome: 'running',
        begun: now++,
      };
      bodies.push(mine);
      if (!mine.refresh) plainRunning++;
      await scheduler.schedule(Promise.resolve(), `body ${mine.number}`);
      if (!mine.refresh) plainRunning--;
      mine.outcome = plan.body;
      if (plan.body === 'error') throw mine.error;
      if (plan.body === 'cancelled') throw new CancelledError(`body ${mine.number}`);
      return mine;
    }
  }
  let beginningRefresh = false;
  const all = [pondUnderTest({ store }), pondUnderTest({ store })].slice(0, ponds);
  const service = new Service();
  const calls: {
    readonly step: Step;
    readonly future: TaskFuture<Body>;
    readonly at: number;
    readonly refreshes: boolean;
  }[] = [];

  const begin = (one: Step): void => {
    const pond = all[one.pond % ponds] as (typeof all)[number];
    const refreshes = one.act === 'refresh';
    const at = now++;
    beginningRefresh = refreshes;
    const future = pond.run(() =>
      refreshes ? submit(refresh(service)).work() : submit(service).work(),
    ) as TaskFuture<Body>;
    beginningRefresh = false;
    calls.push({ step: one, future, at, refreshes });
    if (one.act === 'call and leave') void scheduler.schedule(Promise.resolve(), 'leave').then(() => future.cancel());
  };
  for (const [index, one] of steps.entries())
    void scheduler.schedule(Promise.resolve(), `call ${index}`).then(() => begin(one));
  await scheduler.waitAll();
  for (let idle = 0; idle < 3; ) {
    await flush();
    if (scheduler.count() === 0) idle++;
    else await scheduler.waitAll();
  }

  expect(calls).toHaveLength(steps.length);
  const states = await Promise.all(calls.map(({ future }) => future.wait()));
  states.forEach((state, index) => {
    const call = calls[index] as (typeof calls)[number];
    if (state.isCompleted()) {
      // A value comes from one body that gave it, and for a refresh from none begun before it.
      const body = state.result() as Body;
      expect(body.outcome).toBe('value');
      expect(bodies).toContain(body);
      if (call.refreshes) expect(body.begun).toBeGreaterThan(call.at);
    } else if (state.isCancelled()) {
      // Its own wish, or its own body’s; never somebody else’s.
      const own = call.step.act === 'call and leave';
      const led = state.cache?.status !== 'joined' && bodies.some(({ outcome }) => outcome === 'cancelled');
      expect(own || led).toBe(true);
    } else {
      expect(state.name).toBe('Failed');
      const error = caught(() => state.result());
      expect(bodies.some((body) => body.outcome === 'error' && body.error === error)).toBe(true);
    }
  });
  expect(plainRunning).toBe(0);
  // Each call begins at most one body, and whoever hit or joined none.
  const began = calls.filter(({ future }) => future.taskRun.runCount > 0).length;
  expect(bodies).toHaveLength(began);
  expect(all.reduce((sum, pond) => sum + pond.stats().runs, 0)).toBe(bodies.length);
  // What is stored is what a body gave, and never older than what anybody was told is stored.
  const keep = states.map((state, index) =>
    state.cache?.reason === 'not-stored' || !calls[index]?.future.taskRun.runCount ? -1 : begunOf(state),
  );
  const newest = Math.max(-1, ...keep);
  const [pond] = all as [(typeof all)[number]];
  const before = bodies.length;
  const last = pond.run(() => submit(service).work()) as TaskFuture<Body>;
  await flush();
  await scheduler.waitAll();
  const end = await last.wait();
  expect(end.isCached()).toBe(newest >= 0 || bodies.length === before);
  if (end.isCached()) expect(begunOf(end)).toBeGreaterThanOrEqual(newest);
}

/** When the body began that gave a state its value; -1 where it has none. */
function begunOf(state: State): number {
  return state.isCompleted() ? (state.result() as Body).begun : -1;
}

function caught(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('any interleaving of calls, refreshes, failures and cancellations of one key', () => {
  it('gives everybody a right answer and leaves nothing running, in one pond', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), fc.scheduler(), (steps, scheduler) =>
        play(steps, 1, memoryStore(), scheduler),
      ),
      { numRuns: 500 },
    );
  }, 300_000);

  it('gives everybody a right answer and leaves nothing running, over an asynchronous store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.scheduler(), (steps, scheduler) =>
        play(steps, 1, new AsyncStore(), scheduler),
      ),
      { numRuns: 300 },
    );
  }, 300_000);

  it('gives everybody a right answer and leaves nothing running, in two ponds over one store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.scheduler(), (steps, scheduler) =>
        play(steps, 2, memoryStore(), scheduler),
      ),
      { numRuns: 300 },
    );
  }, 300_000);

  it('never has two plain calls compute at once, whoever leaves nobody', async () => {
    const staying = step.filter(({ act }) => act === 'call');
    await fc.assert(
      fc.asyncProperty(fc.array(staying, { minLength: 2, maxLength: 10 }), fc.scheduler(), async (steps, scheduler) => {
        let running = 0;
        let most = 0;
        let bodies = 0;
        class Service {
          @Task({ cacheKeyFn: taskInputHash }) async work() {
            const plan = steps[bodies++ % steps.length] as Step;
            most = Math.max(most, ++running);
            try {
              await scheduler.schedule(Promise.resolve(), 'body');
            } finally {
              running--;
            }
            if (plan.body !== 'value') throw plan.body === 'error' ? new Error('body') : new CancelledError('body');
          }
        }
        const store = memoryStore();
        const ponds = [pondUnderTest({ store }), pondUnderTest({ store })];
        const service = new Service();
        const futures = steps.map(({ pond }) => ponds[pond]?.run(() => submit(service).work()));
        await scheduler.waitFor(Promise.all(futures.map((one) => one?.wait())));
        expect(most).toBe(1);
      }),
      { numRuns: 300 },
    );
  }, 300_000);
});
