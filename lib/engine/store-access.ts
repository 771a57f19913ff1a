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
  try {
    const found = plan.store.get(key) ?? undefined; // null is what Redis clients say
    return !plan.store.sync && isThenable(found) ? guarded(plan, READ, found.then(orNone)) : found;
  } catch (error) {
    return failed(plan, READ, error);
  }
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
): MaybePromise<void | Failed> {
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
  let answer: MaybePromise<T>;
  try {
    answer = question.act();
    if (isThenable(answer)) return guarded(plan, question, answer as Promise<T>);
  } catch (error) {
    return failed(plan, question, error);
  }
  return question.understands?.(answer) === false ? failed(plan, question, unintelligible()) : answer;
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

function failed(plan: Plan, { operation, failing, lenient }: Failing, cause: unknown): Failed {
  const { runtime, store } = plan;
  runtime.counters.storeErrors++;
  const error = new StoreError(store.name, operation, cause);
  const message = `store '${store.name}' failed to ${operation}, the task runs without it: ${messageOf(cause)}`;
  runtime.trouble({ kind: 'store', where: plan.where, message, error: cause }, `store ${store.name} ${operation}`);
  failing?.();
  if (runtime.onStoreError === 'fail' && !lenient) throw error;
  return FAILED;
}
