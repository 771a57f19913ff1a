import { SelfWaitError } from '../base/errors.js';
import { Cancellation } from '../runs/cancellation.js';
import type { Frame, Scope } from '../runs/frame.js';
import type { StoreKey } from '../stores/store-key.js';
import { Ending } from './ending.js';

/**
 * One computation of one key in this process, with everybody who waits for it. The body belongs to the flight, not to the
 * caller who began it: who leaves ends only its own wait, and the body is stopped when nobody waits.
 */
export class Flight {
  readonly leader: Frame;
  readonly key: StoreKey;
  /** Stops the body; undefined while no waiter could ever leave. */
  readonly cancellation: Cancellation | undefined;
  /** Flights that runs inside this one wait for. */
  readonly waitsFor = new Set<Flight>();
  /** The caller that began it waits no more; the run goes on for others. */
  leaderLeft = false;
  #waiters = 1;
  #over: Promise<Ending> | undefined;
  #end: ((ending: Ending) => void) | undefined;

  constructor(leader: Frame, key: StoreKey) {
    this.leader = leader;
    this.key = key;
    this.cancellation = leader.waiting === undefined ? undefined : new Cancellation();
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

  /** Nobody joins from now on; a newer flight of the key stays. */
  close(): void {
    if (this.#flights.get(this.key.text) === this) this.#flights.delete(this.key.text);
  }

  /** Tells those who wait. */
  ended(ending: Ending): void {
    this.close();
    this.#end?.(ending);
  }

  /** When it ends, however it ends. */
  get over(): Promise<Ending> {
    this.#over ??= new Promise((resolve) => {
      this.#end = resolve;
    });
    return this.#over;
  }

  /** Waits for the end, or until the caller's own reason to stop. */
  async wait(frame: Frame): Promise<Ending> {
    const { waiting } = frame;
    if (waiting === undefined) return this.over;
    return new Promise((resolve) => {
      const stop = waiting.onCancel((reason) => {
        resolve(Ending.cancelledFor(reason, frame.source));
        if (frame === this.leader) this.leaderLeft = true;
        this.#leave(reason);
      });
      void this.over.then((ending) => {
        stop();
        resolve(ending);
      });
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
    if (--this.#waiters > 0) return;
    this.close();
    this.cancellation?.cancel(reason);
  }
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
