import { formatMs } from '../base/duration.js';
import { describeError, messageOf, SyncTaskError, TaskTimeoutError } from '../base/errors.js';
import { andThen, disowned, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import { Cancellation } from '../runs/cancellation.js';
import { type Frame, runInScope } from '../runs/frame.js';
import { withPrints } from '../runs/prints.js';
import type { TaskRunContext } from '../states/run-context.js';
import { afterSuccess, goesOnBehind } from './after-success.js';
import { enter, flowAround, isWatched } from './announce.js';
import { Ending } from './ending.js';
import { type Limiter, limiterOf } from './limits.js';

/** What a role does at the end of a body; a flow waits for what it submitted. Undefined: nothing. */
export type AfterBody = ((frame: Frame, ending: Ending) => MaybePromise<Ending>) | undefined;

/**
 * Runs the body, and again after failures as the options say, and goes on with the end: at once where nothing is to be done between, as each
 * promise fewer is a tenth of what a run costs. Only what it goes on with may throw; all else that can go wrong is an {@link Ending}.
 */
export function runAttempts<T>(
  frame: Frame,
  after: AfterBody,
  conclude: (ending: Ending) => MaybePromise<T>,
): MaybePromise<T> {
  const { execution, plan } = frame;
  const rules = plan.definition.afterSuccess;
  const { retries, timeoutMs, concurrency } = plan.settings;
  const { cancellation } = frame;
  const once = retries === 0 && timeoutMs === undefined && concurrency === undefined;
  const endsWithBody = once && after === undefined && cancellation === undefined;
  const goesOn = endsWithBody && rules.length === 0 ? conclude : undefined;
  const run: Tried = { frame, after, cancellation, endsWithBody, goesOn, concluded: undefined };
  let ended: MaybePromise<Ending>;
  try {
    execution.begunAt = frame.runtime.clock.monotonic();
    for (const rule of rules) rule.check(frame.receiver);
    const ending = attempts(run);
    if (run.concluded !== undefined) return run.concluded as Promise<T>;
    ended = isThenable(ending) ? timedLater(run, ending) : timed(frame, ending);
    if (rules.length > 0) ended = andThen(ended, (one) => succeeded(frame, one));
  } catch (error) {
    ended = timed(frame, Ending.crashed(error));
  }
  return andThen(ended, conclude);
}

/** Notes how long a run took, where that is stored or told. A clock of the user's that fails ends the run, so that nobody waits for it. */
function timed(frame: Frame, ending: Ending): Ending {
  try {
    if (frame.plan.lookup === 'yes' || isWatched(frame, ending.name))
      ending.computeMs = Math.max(0, frame.runtime.clock.monotonic() - frame.execution.begunAt);
    return ending;
  } catch (error) {
    return Ending.crashed(error);
  }
}

function timedLater(run: Tried, ending: Promise<Ending>): Promise<Ending> {
  if (run.endsWithBody) return ending;
  return ending.then(
    (one) => timed(run.frame, one),
    (error: unknown) => timed(run.frame, Ending.crashed(error)),
  );
}

/** What its `@Invalidates` do comes before the caller's answer, and changes nothing about it. */
function succeeded(frame: Frame, ending: Ending): MaybePromise<Ending> {
  if (!ending.completed) return ending;
  const { plan, receiver } = frame;
  const parameters = plan.strictInputs(frame.args); // not the key function's, which may have changed them
  const success = { receiver, parameters, result: ending.value };
  const done = runInScope(frame, () => afterSuccess(plan.definition.afterSuccess, success, plan));
  if (done === undefined) return ending;
  if (plan.isAsync) return done.then(() => ending);
  goesOnBehind(done, plan, flowAround(frame));
  return ending;
}

/** A run whose body is tried. */
interface Tried {
  readonly frame: Frame;
  readonly after: AfterBody;
  /** What stops the whole run; each attempt with a timeout has one of its own below it. */
  readonly cancellation: Cancellation | undefined;
  /** Whether there is nothing to do between a body's end and that of the attempts. */
  readonly endsWithBody: boolean;
  /** What the body's end goes on with itself. */
  readonly goesOn: ((ending: Ending) => unknown) | undefined;
  /** What came of that. */
  concluded: Promise<unknown> | undefined;
}

function attempts(run: Tried): MaybePromise<Ending> {
  for (;;) {
    const ending = attempt(run);
    if (isThenable(ending)) return run.endsWithBody ? ending : ending.then((one) => again(run, one));
    const delay = retryAfter(run, ending);
    if (delay === undefined) return ending;
    if (delay > 0) return afterDelay(run, delay);
  }
}

function again(run: Tried, ending: Ending): MaybePromise<Ending> {
  const delay = retryAfter(run, ending);
  if (delay === undefined) return ending;
  return delay > 0 ? afterDelay(run, delay) : attempts(run);
}

/** How long to wait before the next attempt, which is told of; undefined where there is none. */
function retryAfter(run: Tried, ending: Ending): number | undefined {
  if (ending.completed || !mayRetry(run, ending)) return undefined;
  const delay = delayMs(run.frame);
  enter(run.frame, 'AwaitingRetry', delay, retryMessage(run.frame, ending, delay));
  return delay;
}

/** One attempt: a turn where turns are limited, then the body. */
function attempt(run: Tried): MaybePromise<Ending> {
  const { frame, cancellation } = run;
  if (cancellation?.cancelled) return cancelledEnding(run);
  const { definition, settings } = frame.plan;
  if (settings.asyncOnly !== undefined && definition.ranAsync === false && !definition.promised)
    return syncRefusal(frame, settings.asyncOnly);
  const most = settings.concurrency;
  if (most === undefined) return body(run);
  const limiter = limiterOf(definition);
  const turn = limiter.take(most, cancellation);
  if (turn === undefined) return inTurn(run, limiter);
  return turn.then((came) => (came ? inTurn(run, limiter) : cancelledEnding(run)));
}

function inTurn(run: Tried, limiter: Limiter): MaybePromise<Ending> {
  const ending = run.cancellation?.cancelled ? cancelledEnding(run) : body(run);
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
function body(run: Tried): MaybePromise<Ending> {
  const { frame, after, cancellation: outer } = run;
  const { runtime, plan } = frame;
  const { settings, definition } = plan;
  const { execution } = frame;
  if (execution.attempt++ === 0 && settings.concurrency !== undefined) execution.wallTime = runtime.clock.now();
  if (execution.attempt === 1 && frame.kind === 'task' && settings.keyFn !== undefined) countMiss(frame);
  runtime.counters.runs++;
  enter(frame, execution.attempt === 1 ? 'Running' : 'Retrying');
  if (settings.timeoutMs !== undefined) execution.cancellation = Cancellation.following(outer);
  const returned = called(frame);
  if (returned instanceof Ending) {
    execution.cancellation = outer;
    return returned;
  }
  definition.ranAsync = isThenable(returned);
  if (!isThenable(returned)) {
    execution.cancellation = outer;
    return answeredAtOnce(frame, returned, after);
  }
  const promise = Promise.resolve(returned);
  // A body may have asked for its signal meanwhile; and only a promise's own `then` is sure to call back once.
  const goesOnAtOnce = frame.cancellation === undefined && promise.then === Promise.prototype.then;
  const goesOn = (goesOnAtOnce ? run.goesOn : undefined) ?? itself;
  const answered = promise.then(
    (value) => goesOn(timed(frame, returnedEnding(frame, value))),
    (error: unknown) => goesOn(timed(frame, Ending.failed(error, roleOf(frame)))),
  ) as Promise<Ending>;
  if (goesOn !== itself) run.concluded = answered;
  const ending = after === undefined ? answered : answered.then((one) => after(frame, one));
  if (frame.cancellation === undefined) return ending;
  return bounded(frame, ending, outer);
}

function itself(ending: Ending): Ending {
  return ending;
}

function countMiss({ flowFrame }: Frame): void {
  if (flowFrame !== undefined) flowFrame.missedTaskRuns++;
}

/** What the body returned; an ending where it threw at once. */
function called(frame: Frame): unknown {
  const { fn } = frame.plan.definition.subject;
  const call = (): unknown => Reflect.apply(fn, frame.receiver, frame.args);
  try {
    const returned = frame.logPrints ? withPrints(() => runInScope(frame, call)) : runInScope(frame, call);
    isThenable(returned); // a `then` that throws when read fails the run here
    return returned;
  } catch (error) {
    return Ending.failed(error, roleOf(frame));
  }
}

function returnedEnding(frame: Frame, value: unknown): Ending {
  try {
    return Ending.returned(value, roleOf(frame));
  } catch (error) {
    return Ending.crashed(error);
  }
}

function roleOf(frame: Frame): string {
  return frame.kind === 'task' ? 'Task' : 'Flow';
}

function answeredAtOnce(frame: Frame, returned: unknown, after: AfterBody): MaybePromise<Ending> {
  const { settings, where, store, definition } = frame.plan;
  if (!definition.promised) {
    if (settings.asyncOnly !== undefined) return syncRefusal(frame, settings.asyncOnly);
    if (frame.execution.keyCameLater) return Ending.crashed(new SyncTaskError(where, 'its cacheKeyFn gave a promise'));
    if (settings.keyFn !== undefined && !store.sync)
      return Ending.crashed(new SyncTaskError(where, `its store '${store.name}' answers later`));
  }
  const ending = Ending.returned(returned, roleOf(frame));
  return after === undefined ? ending : after(frame, ending);
}

function syncRefusal(frame: Frame, option: string): Ending {
  return Ending.crashed(new SyncTaskError(frame.plan.where, `its option \`${option}\` needs a promise`));
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
      // Where the attempt was cut off its signal stays, for a body that reads it only now.
      if (!own.cancelled) frame.execution.cancellation = outer;
      resolve(one);
    };
    stopListening = own.onCancel((reason) =>
      settle(
        reason instanceof TaskTimeoutError && own !== outer && !outer?.cancelled
          ? Ending.timedOut(reason)
          : Ending.cancelledFor(reason, frame.source),
      ),
    );
    ending.then(settle, (error: unknown) => settle(Ending.crashed(error)));
  });
}

function cancelledEnding({ frame, cancellation }: Tried): Ending {
  return Ending.cancelledFor(cancellation?.reason, frame.source);
}

function mayRetry({ frame, cancellation }: Tried, ending: Ending): boolean {
  const { retries, retryIf } = frame.plan.settings;
  if (!ending.failed || frame.attempt > retries || cancellation?.cancelled) return false;
  if (retryIf === undefined) return true;
  try {
    const wanted: unknown = retryIf(ending.error, frame as unknown as TaskRunContext);
    if (disowned(wanted)) throw new TypeError('it gave a promise, not true or false');
    return wanted === true;
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
  const what =
    ending.name === 'TimedOut'
      ? ending.message
      : `${roleOf(frame)} run failed with exception: ${describeError(ending.error)}`;
  return `${what} - Retry ${frame.attempt}/${frame.plan.settings.retries} will start ${when}`;
}

function afterDelay(run: Tried, ms: number): Promise<Ending> {
  const { frame, cancellation } = run;
  return new Promise<boolean>((resolve) => {
    let stopListening: (() => void) | undefined;
    const stopTimer = frame.runtime.clock.after(ms, () => {
      stopListening?.();
      resolve(true);
    });
    stopListening = cancellation?.onCancel(() => {
      stopTimer();
      resolve(false);
    });
  }).then((waited) => (waited ? attempts(run) : cancelledEnding(run)));
}
