import { crypto } from '../base/crypto.js';
import { LeaseLostError } from '../base/errors.js';
import { isThenable } from '../base/maybe-promise.js';
import { Cancellation } from '../runs/cancellation.js';
import type { Frame } from '../runs/frame.js';
import type { HeldLease } from '../runs/runtime.js';
import type { Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { abandonLead, type Failed, renewLease } from './store-access.js';

const HANDED_BACK: Miss = { reason: 'not-stored', detail: 'its last run was still under way when its pond was closed' };
let ownProcess: string | undefined;
let leads = 0;

/** Tells one holder of a key from every other, in all processes. */
export function newToken(): string {
  ownProcess ??= crypto().randomUUID();
  return `${ownProcess}:${leads++}`;
}

/** The hold of a running computation on its key in a shared store. */
export interface Lease {
  /** Whether somebody else may have the key by now. */
  readonly lost: boolean;
  /** Stops renewing. */
  end(): void;
}

/**
 * Renews a lease until it ends. If it is lost (the process was paused, the key was invalidated), the body's signal aborts with
 * `LeaseLostError`; a body that goes on all the same is refused its write.
 */
export function keepLease(frame: Frame, key: StoreKey, token: string, leaseMs: number, everyMs: number): Lease {
  const { clock, leases } = frame.runtime;
  let lost = false;
  let stop = (): void => {};
  const next = (): void => {
    stop = clock.after(
      everyMs,
      () => {
        if (frame.runtime.closed) return; // so is the store
        const answer = renewLease(frame.plan, key, token, leaseMs);
        if (isThenable(answer)) void answer.then(decide);
        else decide(answer);
      },
      false,
    );
  };
  const decide = (answer: boolean | Failed): void => {
    if (ended) return;
    if (answer === false) lose();
    else next(); // a store that fails now may be back in time
  };
  let ended = false;
  const lose = (): void => {
    lost = true;
    const { execution } = frame;
    execution.cancellation ??= new Cancellation();
    execution.cancellation.abortSignal(new LeaseLostError(frame.source));
  };
  next();
  const end = (): void => {
    ended = true;
    stop();
    leases.delete(held);
  };
  const held: HeldLease = {
    handBack() {
      end();
      return abandonLead(frame.plan, key, token, HANDED_BACK, true);
    },
  };
  leases.add(held);
  return {
    get lost() {
      return lost;
    },
    end,
  };
}
