import { messageOf, StoreError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Plan } from '../runs/plan.js';
import type { StateRecord } from '../stores/record.js';
import type { Commit, Lead, LeadRequest, Miss } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';

/** The store did not do its part. The run goes on without it. */
export const FAILED = Symbol('store failed');
export type Failed = typeof FAILED;

/**
 * The only way to a store: whatever it throws, rejects with or leaves unanswered becomes {@link FAILED}, is counted and told
 * of. With `onStoreError: 'fail'` it becomes a `StoreError` instead.
 */
export function readState(plan: Plan, key: StoreKey): MaybePromise<StateRecord | undefined | Failed> {
  try {
    const found = plan.store.get(key);
    return isThenable(found) ? guarded(plan, 'read', found) : found;
  } catch (error) {
    return failed(plan, 'read', error);
  }
}

export function askLead(plan: Plan, key: StoreKey, request: LeadRequest): MaybePromise<Lead | Failed> {
  return guard(plan, 'lead', () => plan.store.lead(key, request));
}

export function commitState(plan: Plan, key: StoreKey, token: string, record: StateRecord): MaybePromise<Commit | Failed> {
  return guard(plan, 'write', () => plan.store.commit(key, token, record));
}

export function abandonLead(plan: Plan, key: StoreKey, token: string, miss: Miss): MaybePromise<void | Failed> {
  return guard(plan, 'abandon', () => plan.store.abandon(key, token, undefined, miss));
}

function guard<T>(plan: Plan, operation: string, act: () => MaybePromise<T>): MaybePromise<T | Failed> {
  try {
    const answer = act();
    return isThenable(answer) ? guarded(plan, operation, answer as Promise<T>) : answer;
  } catch (error) {
    return failed(plan, operation, error);
  }
}

/** No answer is waited for longer than the pond's `storeTimeout`. */
function guarded<T>(plan: Plan, operation: string, answer: Promise<T>): Promise<T | Failed> {
  const { clock, storeTimeoutMs } = plan.runtime;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      stop();
      try {
        resolve(failed(plan, operation, error));
      } catch (storeError) {
        reject(storeError);
      }
    };
    const stop = clock.after(storeTimeoutMs, () => fail(new Error(`no answer within ${storeTimeoutMs} ms`)), false);
    answer.then((value) => {
      stop();
      resolve(value);
    }, fail);
  });
}

function failed(plan: Plan, operation: string, cause: unknown): Failed {
  const { runtime, store } = plan;
  runtime.counters.storeErrors++;
  const error = new StoreError(store.name, operation, cause);
  const message = `store '${store.name}' failed to ${operation}, the task runs without it: ${messageOf(cause)}`;
  runtime.trouble({ kind: 'store', where: plan.where, message, error: cause }, `store ${store.name} ${operation}`);
  if (runtime.onStoreError === 'fail') throw error;
  return FAILED;
}
