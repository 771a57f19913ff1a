import { CancelledError, describeError, messageOf, SyncTaskError, TaskTimeoutError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { formatMs } from '../base/duration.js';
import { Cancellation } from '../runs/cancellation.js';
import { type Frame, runInScope } from '../runs/frame.js';
import type { TaskRunContext } from '../states/run-context.js';
import { withPrints } from '../runs/prints.js';
import { enter } from './announce.js';
import { Ending } from './ending.js';
import { type Limiter, limiterOf } from './limits.js';

/** What a role does at the end of a body; a flow waits for what it submitted. Undefined: nothing. */
export type AfterBody = ((frame: Frame, ending: Ending) => MaybePromise<Ending>) | undefined;

/** Runs the body, and again after failures as the options say. Never throws: every end is an {@link Ending}. */
export function runAttempts(frame: Frame, after: AfterBody): MaybePromise<Ending> {
  const started = frame.runtime.clock.monotonic();
  const ending = attempts(frame, after);
  const timed = (one: Ending): Ending => {
    one.computeMs = Math.max(0, frame.runtime.clock.monotonic() - started);
    return one;
  };
  return isThenable(ending) ? ending.then(timed) : timed(ending);
}

function attempts(frame: Frame, after: AfterBody): MaybePromise<Ending> {
  for (;;) {
    const ending = attempt(frame, after);
    if (isThenable(ending)) return ending.then((one) => again(frame, one, after));
    if (ending.completed || !mayRetry(frame, ending)) return ending;
    const delay = delayMs(frame);
    enter(frame, 'AwaitingRetry', delay, retryMessage(frame, ending, delay));
    if (delay > 0) return afterDelay(frame, delay, () => attempts(frame, after));
  }
}

function again(frame: Frame, ending: Ending, after: AfterBody): MaybePromise<Ending> {
  if (ending.completed || !mayRetry(frame, ending)) return ending;
  const delay = delayMs(frame);
  enter(frame, 'AwaitingRetry', delay, retryMessage(frame, ending, delay));
  return delay > 0 ? afterDelay(frame, delay, () => attempts(frame, after)) : attempts(frame, after);
}

/** One attempt: a turn where turns are limited, then the body. */
function attempt(frame: Frame, after: AfterBody): MaybePromise<Ending> {
  if (frame.cancellation?.cancelled) return cancelledEnding(frame);
  const most = frame.plan.settings.concurrency;
  if (most === undefined) return body(frame, after);
  const limiter = limiterOf(frame.plan.definition);
  const turn = limiter.take(most, frame.cancellation);
  if (turn === undefined) return inTurn(frame, after, limiter);
  return turn.then((came) => (came ? inTurn(frame, after, limiter) : cancelledEnding(frame)));
}

function inTurn(frame: Frame, after: AfterBody, limiter: Limiter): MaybePromise<Ending> {
  const ending = body(frame, after);
  if (!isThenable(ending)) {
    limiter.giveBack();
    return ending;
  }
  return ending.then((one) => {
    limiter.giveBack();
    return one;
  });
}

/** The body, inside the run's own scope. */
function body(frame: Frame, after: AfterBody): MaybePromise<Ending> {
  const { runtime, plan } = frame;
  const { settings, definition } = plan;
  if (frame.attempt === 0) frame.startedAt = runtime.clock.now();
  frame.attempt++;
  runtime.counters.runs++;
  enter(frame, frame.attempt === 1 ? 'Running' : 'Retrying');
  const outer = frame.cancellation;
  if (settings.timeoutMs !== undefined) frame.cancellation = Cancellation.following(outer);
  const returned = called(frame);
  if (returned instanceof Ending) {
    frame.cancellation = outer;
    return returned;
  }
  definition.ranAsync = isThenable(returned);
  if (!isThenable(returned)) {
    frame.cancellation = outer;
    return answeredAtOnce(frame, returned, after);
  }
  const answered = Promise.resolve(returned).then(
    (value) => Ending.returned(value, roleOf(frame)),
    (error: unknown) => Ending.failed(error, roleOf(frame)),
  );
  const ending = after === undefined ? answered : answered.then((one) => after(frame, one));
  if (frame.cancellation === undefined) return ending;
  return bounded(frame, ending, outer);
}

/** What the body returned; an ending where it threw at once. */
function called(frame: Frame): unknown {
  const { fn } = frame.plan.definition.subject;
  const call = (): unknown => Reflect.apply(fn, frame.receiver, frame.args);
  try {
    return frame.logPrints ? withPrints(() => runInScope(frame, call)) : runInScope(frame, call);
  } catch (error) {
    return Ending.failed(error, roleOf(frame));
  }
}

function roleOf(frame: Frame): string {
  return frame.kind === 'task' ? 'Task' : 'Flow';
}

function answeredAtOnce(frame: Frame, returned: unknown, after: AfterBody): MaybePromise<Ending> {
  const { settings, where, store, definition } = frame.plan;
  if (!definition.promised) {
    if (settings.asyncOnly !== undefined) return Ending.crashed(new SyncTaskError(where, `its option \`${settings.asyncOnly}\` needs a promise`));
    if (settings.keyFn !== undefined && !store.sync) return Ending.crashed(new SyncTaskError(where, `its store '${store.name}' answers later`));
  }
  const ending = Ending.returned(returned, roleOf(frame));
  return after === undefined ? ending : after(frame, ending);
}

/** Ends the attempt at its timeout, or when nobody waits any more, whatever the body does then. */
function bounded(frame: Frame, ending: Promise<Ending>, outer: Cancellation | undefined): Promise<Ending> {
  const { timeoutMs } = frame.plan.settings;
  const own = frame.cancellation as Cancellation;
  return new Promise((resolve) => {
    const stopTimer =
      timeoutMs === undefined
        ? undefined
        : frame.runtime.clock.after(timeoutMs, () => own.cancel(new TaskTimeoutError(frame.source, timeoutMs)));
    let stopListening = (): void => {};
    const settle = (one: Ending): void => {
      stopTimer?.();
      stopListening();
      if (own !== outer) own.release();
      frame.cancellation = outer;
      resolve(one);
    };
    stopListening = own.onCancel((reason) =>
      settle(reason instanceof TaskTimeoutError && own !== outer && !outer?.cancelled ? Ending.timedOut(reason) : cancelledEnding(frame)),
    );
    ending.then(settle, (error: unknown) => settle(Ending.crashed(error)));
  });
}

function cancelledEnding(frame: Frame): Ending {
  const reason = frame.cancellation?.reason;
  return Ending.cancelled(reason instanceof CancelledError ? reason : new CancelledError(frame.source, reason));
}

function mayRetry(frame: Frame, ending: Ending): boolean {
  const { retries, retryIf } = frame.plan.settings;
  if (!ending.failed || frame.attempt > retries || frame.cancellation?.cancelled) return false;
  if (retryIf === undefined) return true;
  try {
    return retryIf(ending.error, frame as unknown as TaskRunContext) === true;
  } catch (error) {
    const message = `retryIf failed, so there is no further attempt: ${messageOf(error)}`;
    frame.runtime.trouble({ kind: 'retry-if', where: frame.source, message, error });
    return false;
  }
}

function delayMs(frame: Frame): number {
  const { retryDelay, retryJitter } = frame.plan.settings;
  const delay = safeDelay(frame, retryDelay);
  return retryJitter === 0 ? delay : Math.max(0, delay * (1 + retryJitter * (2 * Math.random() - 1)));
}

function safeDelay(frame: Frame, retryDelay: (attempt: number) => number): number {
  try {
    return retryDelay(frame.attempt);
  } catch (error) {
    const message = `retryDelay failed, the next attempt begins at once: ${messageOf(error)}`;
    frame.runtime.trouble({ kind: 'retry-if', where: frame.source, message, error });
    return 0;
  }
}

function retryMessage(frame: Frame, ending: Ending, delay: number): string {
  const when = delay === 0 ? 'immediately' : `${formatMs(delay)} from now`;
  const what = ending.name === 'TimedOut' ? ending.message : `${roleOf(frame)} run failed with exception: ${describeError(ending.error)}`;
  return `${what} - Retry ${frame.attempt}/${frame.plan.settings.retries} will start ${when}`;
}

function afterDelay(frame: Frame, ms: number, next: () => MaybePromise<Ending>): Promise<Ending> {
  return new Promise<boolean>((resolve) => {
    let stopListening: (() => void) | undefined;
    const stopTimer = frame.runtime.clock.after(ms, () => {
      stopListening?.();
      resolve(true);
    });
    stopListening = frame.cancellation?.onCancel(() => {
      stopTimer();
      resolve(false);
    });
  }).then((waited) => (waited ? next() : cancelledEnding(frame)));
}
