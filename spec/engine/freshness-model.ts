import { expect } from '@jest/globals';
import fc from 'fast-check';
import {
  getTaskRunContext,
  invalidate,
  refresh,
  returnState,
  type StateStore,
  Task,
  taskInputHash,
} from '../../lib/index.js';
import { flush, pondUnderTest } from './pond-under-test.js';

/** What somebody does, in which of two ponds over one store. */
export interface Step {
  readonly act: 'call' | 'refresh' | 'invalidate' | 'invalidate tag' | 'invalidate task' | 'expire' | 'advance';
  readonly body: 'value' | 'error';
  readonly pond: 0 | 1;
}

const CALL = 'call' as const;

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    act: fc.constantFrom(
      CALL,
      CALL,
      CALL,
      CALL,
      'refresh' as const,
      'invalidate' as const,
      'invalidate tag' as const,
      'invalidate task' as const,
      'expire' as const,
      'advance' as const,
      'advance' as const,
    ),
    body: fc.constantFrom('value' as const, 'value' as const, 'error' as const),
    pond: fc.constantFrom(0 as const, 1 as const),
  }),
  { minLength: 4, maxLength: 14 },
);

/** The freshness options that are played through. */
export const OPTIONS = [
  { staleWhileRevalidate: '20s' },
  { staleIfError: '20s' },
  { staleIfError: '20s', softTimeout: '1s' },
  { staleWhileRevalidate: '10s', staleIfError: '20s', softTimeout: '1s' },
  { cacheFailures: { expiration: '3s' } },
] as const;

interface Body {
  readonly begun: number;
  readonly called: number;
  readonly refresh: boolean;
  ended: number;
}

interface Span {
  readonly from: number;
  to: number;
}

/**
 * Plays steps in whatever order the scheduler finds. Whatever it is, no call that began after an invalidation had ended gets a value whose
 * body had begun before it; a key is computed once at a time, but for a run that was overtaken; a refresh is never answered with an expired
 * value; and nothing is left running. (How long expired values are served: `freshness-histories.spec.ts`.)
 */
export async function play(
  all: readonly Step[],
  options: (typeof OPTIONS)[number],
  stores: readonly [StateStore, StateStore],
  scheduler: fc.Scheduler,
): Promise<void> {
  let now = 0;
  const bodies: Body[] = [];
  const voids: Span[] = [];
  const overtakes: number[] = [];
  class Service {
    @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '5s', tags: ['t'], ...options }) async work(): Promise<Body> {
      const { values } = getTaskRunContext();
      const mine: Body = {
        begun: now++,
        called: values.began as number,
        refresh: values.act === 'refresh',
        ended: Infinity,
      };
      const { body } = all[bodies.length % all.length] as Step;
      bodies.push(mine);
      await scheduler.schedule(Promise.resolve(), `body ${bodies.length}`);
      mine.ended = now++;
      if (body === 'error') throw new Error('down');
      return mine;
    }
  }
  const one = pondUnderTest({ store: stores[0], storeTimeout: '1h' });
  const ponds = [one, pondUnderTest({ store: stores[1], clock: one.clock, storeTimeout: '1h' })] as const;
  const service = new Service();
  const done: Promise<void>[] = [];

  const call = async ({ act, pond }: Step): Promise<void> => {
    const began = now++;
    if (act === 'refresh') overtakes.push(began);
    const state = await ponds[pond].run({ act, began }, () =>
      returnState(act === 'refresh' ? refresh(service) : service).work(),
    );
    if (!state.isCompleted()) return;
    const value = state.result();
    for (const { from, to } of voids) if (to < began) expect(value.begun).toBeGreaterThan(from);
    const { cache } = state;
    if (cache?.status === 'stale') expect(act).toBe('call');
  };
  const forget = async ({ act, pond }: Step): Promise<void> => {
    const span: Span = { from: now++, to: Infinity };
    overtakes.push(span.from);
    const where = ponds[pond];
    if (act === 'invalidate') await where.run(() => invalidate(service).work());
    else if (act === 'expire') await where.expire({ task: service.work });
    else await where.invalidate(act === 'invalidate tag' ? { tags: ['t'] } : { task: service.work });
    span.to = now++;
    if (act !== 'expire') voids.push(span);
  };
  for (const [index, step] of all.entries()) {
    void scheduler.schedule(Promise.resolve(), `${step.act} ${index}`).then(() => {
      if (step.act === 'advance') one.clock.advance('3s');
      else done.push(step.act === 'call' || step.act === 'refresh' ? call(step) : forget(step));
    });
  }
  for (let idle = 0; idle < 4; ) {
    await flush();
    if (scheduler.count() > 0) await scheduler.waitAll();
    else if (one.clock.timers > 0 && idle > 1) one.clock.advance('1s');
    else idle++;
  }
  await Promise.all(done);
  for (const [index, body] of bodies.entries()) {
    const running = bodies.slice(0, index).filter((other) => other.ended > body.begun);
    for (const other of running) {
      // What overtakes a run may come between its right to compute and its body.
      const overtaken = overtakes.some((at) => at > other.called && at < body.begun);
      expect(overtaken || body.refresh || other.refresh).toBe(true);
    }
  }
}
