import { formatMs } from '../base/duration.js';
import { CancelledError, TaskTimeoutError } from '../base/errors.js';
import { disowned } from '../base/maybe-promise.js';
import type { Frame } from '../runs/frame.js';
import type { Lead, LeadRequest } from '../stores/store.js';
import { Ending } from './ending.js';
import type { Flight } from './single-flight.js';
import { usable } from './stale.js';
import type { Failed } from './store-access.js';

/** A message may be lost: look again at least this often. */
const LOOK_AGAIN_MS = 1_000;
/** Nor more often than this, whatever a store says; and so many wakings in a row are believed. */
const LOOK_AGAIN_AT_MOST_MS = 10;
const BELIEVED_WAKINGS = 1_000;

type Waiting = Extract<Lead, { status: 'wait' }>;

/** The deadline of a wait has passed. */
export class WaitedTooLong {
  constructor(
    readonly detail: string,
    /** What the call gets by `onWaitTimeout`; undefined where it is to run. */
    readonly ending: Ending | undefined,
  ) {}
}

/**
 * A run elsewhere holds the key: waits for its end, by message or timer, then asks again. Answers with what the store says then, or how
 * the wait ended without it.
 */
export async function waitElsewhere(
  flight: Flight,
  request: LeadRequest,
  first: Waiting,
): Promise<Lead | Failed | Ending | WaitedTooLong> {
  const { plan, runtime, execution } = flight.leader;
  const { clock } = runtime;
  const deadline = execution.waitsUntil ?? clock.monotonic() + plan.settings.waitTimeoutMs;
  for (let [lead, wakings]: [Waiting, number] = [first, 0]; ; wakings++) {
    await woken(flight, lead, Math.max(0, deadline - clock.monotonic()), wakings < BELIEVED_WAKINGS);
    if (flight.cancellation?.cancelled)
      return Ending.cancelled(new CancelledError(flight.leader.source, flight.cancellation.reason));
    if (clock.monotonic() >= deadline) return waitedTooLong(flight, lead);
    const next = await flight.ask(request);
    if (typeof next === 'symbol' || next.status !== 'wait') return next;
    lead = next;
  }
}

/** A waiter's deadline has passed. */
function waitedTooLong({ leader }: Flight, lead: Waiting): WaitedTooLong {
  const detail = `waited ${formatMs(leader.plan.settings.waitTimeoutMs)} for a run elsewhere that holds the key`;
  const ending = afterTheWait(leader, lead, detail);
  if (ending !== undefined) ending.gaveUp = true;
  return new WaitedTooLong(detail, ending);
}

/** As `onWaitTimeout` says; undefined where the call is to run. */
function afterTheWait({ source, plan }: Frame, lead: Waiting, detail: string): Ending | undefined {
  const { onWaitTimeout, waitTimeoutMs } = plan.settings;
  if (onWaitTimeout === 'fail')
    return Ending.timedOut(new TaskTimeoutError(`${source}: the wait for a run elsewhere`, waitTimeoutMs));
  const stale = onWaitTimeout === 'stale' ? usable(plan, lead.stale) : undefined;
  return stale && Ending.stale(stale, { reason: 'wait-timeout', detail });
}

function woken(flight: Flight, lead: Waiting, mostMs: number, believe: boolean): Promise<void> {
  return new Promise((resolve) => {
    let stopListening: (() => void) | undefined;
    const done = (): void => {
      stopTimer();
      stopListening?.();
      resolve();
    };
    const left = lead.leaseLeftMs >= LOOK_AGAIN_AT_MOST_MS ? lead.leaseLeftMs : LOOK_AGAIN_AT_MOST_MS;
    const stopTimer = flight.leader.runtime.clock.after(Math.min(left, LOOK_AGAIN_MS, mostMs), done);
    stopListening = flight.cancellation?.onCancel(done);
    if (believe) lead.woken?.then(done, done);
    else disowned(lead.woken);
  });
}
