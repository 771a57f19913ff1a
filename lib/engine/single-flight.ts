import { formatMs } from '../base/duration.js';
import { SelfWaitError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { Cancellation } from '../runs/cancellation.js';
import type { Frame, Scope } from '../runs/frame.js';
import { TaskFrame } from '../runs/task-frame.js';
import type { StateRecord } from '../stores/record.js';
import type { Lead, LeadRequest } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { Ending } from './ending.js';
import { SharedAnswer } from './shared-answer.js';
import { staleEnding, type WhyStale } from './stale.js';
import { askLead, type Failed } from './store-access.js';

/**
 * One computation of one key in this process, with everybody who waits for it. The body belongs to the flight, not to the
 * caller who began it: who leaves ends only its own wait, and the body is stopped when nobody waits, unless it goes on behind for
 * those who took an expired value.
 */
export class Flight {
  /** The call that began it. */
  readonly caller: Frame;
  /** Whose run it is: the caller's, or a renewal's behind it. */
  leader: Frame;
  readonly key: StoreKey;
  /** Stops the body; undefined while no waiter could ever leave. */
  cancellation: Cancellation | undefined;
  /** Questions sent to the store so far. What one of them found may have been invalidated before a later call began. */
  asked = 0;
  /** Whether the body has begun. */
  running = false;
  /** What those who wait ask the store about the expired value. */
  readonly questions = new SharedAnswer<StateRecord | undefined>();
  /** Flights that runs inside this one wait for. */
  readonly waitsFor = new Set<Flight>();
  /** The caller that began it waits no more; the run goes on for others. */
  leaderLeft = false;
  #waiters = 1;
  #goesOn = false;
  /** What the caller has before the end. */
  #given: Ending | undefined;
  #give: ((ending: Ending) => void) | undefined;
  #ending: Ending | undefined;
  #over: Promise<Ending> | undefined;
  #end: ((ending: Ending) => void) | undefined;

  constructor(leader: Frame, key: StoreKey) {
    this.caller = leader;
    this.leader = leader;
    this.key = key;
    const mayLeave = leader.waiting !== undefined || leader.plan.settings.softTimeoutMs !== undefined;
    this.cancellation = mayLeave ? new Cancellation() : undefined;
    leader.execution.cancellation = this.cancellation;
    leader.execution.flight = this;
    this.#flights.set(key.text, this);
  }

  get #flights(): Map<string, unknown> {
    return this.leader.plan.keyring.flights;
  }

  /** The flight of this key that a call may join, if there is one. */
  static of(frame: Frame, key: StoreKey): Flight | undefined {
    return frame.plan.keyring.flights.get(key.text) as Flight | undefined;
  }

  /** Asks the store for the right to compute. */
  ask(request: LeadRequest): MaybePromise<Lead | Failed> {
    this.asked++;
    return askLead(this.leader.plan, this.key, request);
  }

  /** Nobody joins from now on; a newer flight of the key stays. */
  close(): void {
    if (this.#flights.get(this.key.text) === this) this.#flights.delete(this.key.text);
  }

  /** Whether what it computes may have one of these tags. */
  hasLabel(labels: ReadonlySet<string>): boolean {
    const { leader } = this;
    if (leader.kind === 'flow') return false;
    const own = leader.plan.settings.tags;
    const tags = typeof own === 'function' ? leader.execution.tags : own;
    return tags === undefined || tags.some((tag) => labels.has(tag));
  }

  /** Tells those who wait. */
  ended(ending: Ending): void {
    this.close();
    this.#ending = ending;
    this.#end?.(ending);
  }

  /**
   * Gives the caller an expired value. The run goes on in a task run of its own, which belongs to the caller's flow run and outlives
   * it: nobody waits for it but `close()`.
   */
  renewBehind(stale: Ending): void {
    const { caller } = this;
    const renewal = new TaskFrame(caller.plan, caller.receiver, caller.args, caller.parent);
    renewal.waiting = undefined;
    renewal.execution.key = caller.key;
    renewal.execution.flight = this;
    caller.execution.flight = undefined;
    caller.execution.cancellation = undefined;
    this.leader = renewal;
    this.cancellation = undefined;
    this.#given = stale;
    this.#give?.(stale);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#goesOn) return;
    this.#goesOn = true;
    const { pending } = this.leader.runtime;
    const { over } = this;
    pending.add(over);
    void over.then(() => pending.delete(over));
  }

  /** How it ended; undefined until then. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Whether others wait for it beside the call that began it. */
  get hasJoiners(): boolean {
    return this.#waiters > 1 || this.leaderLeft;
  }

  /** Whether the caller took an expired value, and its own run went on. */
  get wentOn(): boolean {
    return this.leaderLeft && this.#goesOn;
  }

  /** When it ends, however it ends. */
  get over(): Promise<Ending> {
    if (this.#ending !== undefined) return Promise.resolve(this.#ending);
    this.#over ??= new Promise((resolve) => {
      this.#end = resolve;
    });
    return this.#over;
  }

  /** Waits for the end, until the call's own reason to stop, or until it takes an expired value after its `softTimeout`. A refresh takes none. */
  async wait(frame: Frame, mayTakeStale = true): Promise<Ending> {
    if (frame === this.caller && this.#given !== undefined) return this.#given;
    const { renewForMs } = frame.plan.settings;
    const softTimeoutMs = mayTakeStale ? frame.plan.settings.softTimeoutMs : undefined;
    const mayBeGiven = frame === this.caller && renewForMs > 0;
    if (frame.waiting === undefined && softTimeoutMs === undefined && !mayBeGiven) return this.over;
    return new Promise((resolve) => {
      const stops: (() => void)[] = [];
      let waits = true;
      const end = (ending: Ending): void => {
        if (!waits) return;
        waits = false;
        for (const stop of stops) stop();
        resolve(ending);
      };
      const leave = (reason: unknown): void => {
        end(Ending.cancelledFor(reason, frame.source));
        if (frame === this.leader) this.leaderLeft = true;
        this.#leave(reason);
      };
      const takeStale = async (): Promise<void> => {
        const stale = await staleEnding(frame.plan, this, 'either', tooSlow(softTimeoutMs));
        if (stale === undefined || !waits) return;
        end(stale);
        if (frame === this.leader) this.leaderLeft = true;
        if (this.running) this.#goOn();
        this.#leave(undefined);
      };
      if (mayBeGiven) this.#give = end;
      if (softTimeoutMs !== undefined) stops.push(frame.runtime.clock.after(softTimeoutMs, () => void takeStale()));
      if (frame.waiting !== undefined) stops.push(frame.waiting.onCancel(leave));
      void this.over.then(end);
    });
  }

  /** Waits for the flight of another; a wait that could never end is refused. */
  async join(frame: Frame): Promise<Ending> {
    const own = flightsAround(frame.parent);
    this.#waiters++;
    for (const flight of own) flight.waitsFor.add(this);
    try {
      return await this.wait(frame);
    } finally {
      for (const flight of own) flight.waitsFor.delete(this);
    }
  }

  /** Whether this joiner is the one to tell hooks of a failure: the first, where the leader is gone. */
  inherits(): boolean {
    const { leaderLeft } = this;
    this.leaderLeft = false;
    return leaderLeft;
  }

  #leave(reason: unknown): void {
    if (--this.#waiters > 0 || this.#goesOn) return;
    this.close();
    this.cancellation?.cancel(reason);
  }
}

function tooSlow(softTimeoutMs = 0): WhyStale {
  return { reason: 'expired', detail: `its renewal takes longer than ${formatMs(softTimeoutMs)}` };
}

/** The error of a call made inside the very run that it would wait for; undefined where it is not. */
export function selfWait(frame: Frame, flight: Flight): SelfWaitError | undefined {
  const chain: string[] = [];
  for (let scope = frame.parent; scope !== undefined; scope = scope.parent) {
    if (scope.frame === undefined || scope.frame !== scope) continue;
    chain.unshift(scope.frame.plan.where);
    if (scope.frame.flight === flight) return new SelfWaitError([...chain, frame.plan.where]);
  }
  return undefined;
}

/** Whether that flight, in turn, waits for one that the call is inside of: two runs would wait for each other for ever. */
export function wouldDeadlock(frame: Frame, flight: Flight): boolean {
  const own = new Set(flightsAround(frame.parent));
  if (own.size === 0) return false;
  const seen = new Set<Flight>();
  const queue = [flight];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (own.has(next)) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...next.waitsFor);
  }
  return false;
}

function flightsAround(from: Scope | undefined): Flight[] {
  const flights: Flight[] = [];
  for (let scope = from; scope !== undefined; scope = scope.parent) {
    const flight = scope.frame?.flight;
    if (flight !== undefined) flights.push(flight as Flight);
  }
  return flights;
}
