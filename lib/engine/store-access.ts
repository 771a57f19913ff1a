import { messageOf, StoreError } from '../base/errors.js';
import { disowned, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Plan } from '../runs/plan.js';
import type { StateRecord } from '../stores/record.js';
import type { Commit, Lead, LeadRequest, Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';

/** The store did not do its part. The run goes on without it. */
export const FAILED = Symbol('store failed');
export type Failed = typeof FAILED;

const READ: Question<StateRecord | undefined> = { operation: 'read', act: () => undefined };

/**
 * The only way to a store: whatever it throws, rejects with or leaves unanswered becomes {@link FAILED}, is counted and told
 * of. With `onStoreError: 'fail'` it becomes a `StoreError` instead.
 */
export function readState(plan: Plan, key: StoreKey): MaybePromise<StateRecord | undefined | Failed> {
  if (!plan.circuit.healthy && !plan.circuit.admits(plan.runtime.clock.monotonic())) return leftAlone(plan, READ);
  try {
    const found = plan.store.get(key) ?? undefined; // null is what Redis clients say
    if (!plan.store.sync && isThenable(found)) return guarded(plan, READ, found.then(orNone));
    if (!plan.circuit.healthy) plan.circuit.succeeded();
    return found;
  } catch (error) {
    return failed(plan, READ, error);
  }
}

/** Holds a lease for another while; false where it was lost. */
export function renewLease(plan: Plan, key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean | Failed> {
  return guard(plan, { operation: 'renew', act: () => plan.store.renew(key, token, leaseMs), lenient: true });
}

function orNone(found: StateRecord | undefined | null): StateRecord | undefined {
  return found ?? undefined; // null is what Redis clients say
}

export function askLead(plan: Plan, key: StoreKey, request: LeadRequest): MaybePromise<Lead | Failed> {
  return guard(plan, {
    operation: 'lead',
    act: () => plan.store.lead(key, request),
    understands: isLead,
    // The run has gone on without it: nobody else is to wait for a lease that nobody uses.
    tooLate: (lead) => isLead(lead) && lead.status === 'lead' && giveUp(plan, key, request.token),
  });
}

export function commitState(
  plan: Plan,
  key: StoreKey,
  token: string,
  record: StateRecord,
): MaybePromise<Commit | Failed> {
  return guard(plan, {
    operation: 'write',
    act: () => plan.store.commit(key, token, record),
    understands: isCommit,
    failing: () => giveUp(plan, key, token),
  });
}

/** Gives up the right to compute. A run that ends without a value keeps its own error, whatever the store does. */
export function abandonLead(
  plan: Plan,
  key: StoreKey,
  token: string,
  miss: Miss,
  lenient: boolean,
): MaybePromise<unknown> {
  return guard(plan, { operation: 'abandon', act: () => plan.store.abandon(key, token, undefined, miss), lenient });
}

/** After a write that failed, and for a lease that came too late: without waiting, and whatever comes of it. */
function giveUp(plan: Plan, key: StoreKey, token: string): void {
  try {
    disowned(plan.store.abandon(key, token));
  } catch {
    // the failure before it has been told
  }
}

/** One question to a store. */
interface Question<T> {
  readonly operation: string;
  readonly act: () => MaybePromise<T>;
  /** Whether an answer is one; without it any is. */
  readonly understands?: (answer: unknown) => boolean;
  /** What to do with an answer after the deadline. */
  readonly tooLate?: (answer: T) => unknown;
  /** What to do beside telling of a failure. */
  readonly failing?: () => void;
  /** Never a `StoreError`. */
  readonly lenient?: boolean;
}

function guard<T>(plan: Plan, question: Question<T>): MaybePromise<T | Failed> {
  if (!plan.circuit.admits(plan.runtime.clock.monotonic())) return leftAlone(plan, question);
  let answer: MaybePromise<T>;
  try {
    answer = question.act();
    if (isThenable(answer)) return guarded(plan, question, answer as Promise<T>);
  } catch (error) {
    return failed(plan, question, error);
  }
  if (question.understands?.(answer) === false) return failed(plan, question, unintelligible());
  plan.circuit.succeeded();
  return answer;
}

/** No answer is waited for longer than the pond's `storeTimeout`. */
function guarded<T>(plan: Plan, question: Question<T>, answer: Promise<T>): Promise<T | Failed> {
  const { clock, storeTimeoutMs } = plan.runtime;
  return new Promise((resolve, reject) => {
    let late = false;
    const fail = (error: unknown): void => {
      if (late) return;
      stop();
      try {
        resolve(failed(plan, question, error));
      } catch (storeError) {
        reject(storeError);
      }
    };
    const expire = (): void => {
      fail(new Error(`no answer within ${storeTimeoutMs} ms`));
      late = true;
    };
    const stop = clock.after(storeTimeoutMs, expire, false);
    answer.then((value) => {
      if (late) return question.tooLate?.(value);
      if (question.understands?.(value) === false) return fail(unintelligible());
      stop();
      plan.circuit.succeeded();
      resolve(value);
    }, fail);
  });
}

function isLead(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null) return false;
  const { status, record, generation, miss } = answer as Partial<
    Record<'status' | 'record' | 'generation' | 'miss', unknown>
  >;
  if (status === 'hit' || status === 'stale') return typeof record === 'object' && record !== null;
  return (
    status === 'wait' ||
    (status === 'lead' && typeof generation === 'number' && typeof miss === 'object' && miss !== null)
  );
}

function isCommit(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && typeof (answer as { committed?: unknown }).committed === 'boolean'
  );
}

function unintelligible(): Error {
  return new TypeError('its answer is none of those that a StateStore gives');
}

type Failing = Pick<Question<never>, 'operation' | 'failing' | 'lenient'>;

/** A store that failed again and again is not asked for a while; nothing is logged anew. */
function leftAlone(plan: Plan, { operation, lenient }: Failing): Failed {
  const { runtime, store } = plan;
  if (runtime.onStoreError !== 'fail' || lenient) return FAILED;
  throw new StoreError(
    store.name,
    operation,
    new Error('it failed several times in a row and is left alone for a while'),
  );
}

function failed(plan: Plan, { operation, failing, lenient }: Failing, cause: unknown): Failed {
  const { runtime, store } = plan;
  runtime.counters.storeErrors++;
  plan.circuit.failed(runtime.clock.monotonic());
  const error = new StoreError(store.name, operation, cause);
  const message = `store '${store.name}' failed to ${operation}, the task runs without it: ${messageOf(cause)}`;
  runtime.trouble({ kind: 'store', where: plan.where, message, error: cause }, `store ${store.name} ${operation}`);
  failing?.();
  if (runtime.onStoreError === 'fail' && !lenient) throw error;
  return FAILED;
}
