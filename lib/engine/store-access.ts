import { messageOf, StoreError } from '../base/errors.js';
import { disowned, isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Circuit } from '../runs/circuit.js';
import type { Plan } from '../runs/plan.js';
import type { Runtime } from '../runs/runtime.js';
import type { StateRecord } from '../stores/record.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StateStore } from '../stores/store.js';
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
  if (!plan.circuit.healthy) {
    const near = nearby(plan, key);
    if (near !== undefined) return near;
    if (!plan.circuit.admits(plan.runtime.clock.monotonic())) return leftAlone(plan, READ);
  }
  try {
    const found = plan.store.get(key) ?? undefined; // null is what Redis clients say
    if (!plan.store.sync && isThenable(found)) return guarded(plan, READ, found);
    if (!plan.circuit.healthy) plan.circuit.succeeded();
    return found;
  } catch (error) {
    return failed(plan, READ, error, plan.circuit.counted);
  }
}

/** What a store that is failing has in its near tier: that is served all the same, and says nothing of how the store is. */
function nearby({ memory, findable }: Plan, key: StoreKey): StateRecord | undefined {
  if (memory !== undefined) return undefined;
  try {
    return findable?.get(key);
  } catch {
    return undefined; // the store is asked, and what it throws is told of
  }
}

/** Holds a lease for another while; false where it was lost. */
export function renewLease(plan: Plan, key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean | Failed> {
  return guard(plan, { operation: 'renew', act: () => plan.store.renew(key, token, leaseMs), lenient: true });
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

/** Writes. A run that ends without a value keeps its own error, whatever the store does: then `lenient`. */
export function commitState(
  plan: Plan,
  key: StoreKey,
  token: string,
  record: StateRecord,
  lenient: boolean,
): MaybePromise<Commit | Failed> {
  return guard(plan, {
    operation: 'write',
    act: () => plan.store.commit(key, token, record),
    understands: isCommit,
    failing: () => giveUp(plan, key, token),
    lenient,
  });
}

/** Gives up the right to compute. A run that ends without a value keeps its own error, whatever the store does. */
export function abandonLead(
  plan: Plan,
  key: StoreKey,
  token: string,
  miss: Miss,
  lenient: boolean,
  notBeforeMs?: number,
): MaybePromise<unknown> {
  return guard(plan, { operation: 'abandon', act: () => plan.store.abandon(key, token, notBeforeMs, miss), lenient });
}

/**
 * Has a store forget. An invalidation that did not happen must not look as if it had: throws a `StoreError`, or rejects with one,
 * whatever `onStoreError` says. A store that is left alone for a while is told all the same, as a tiered one keeps it for later;
 * but nobody waits for it.
 */
export function invalidateState(access: Access, what: Invalidation): MaybePromise<unknown> {
  const { circuit, runtime, store } = access;
  const question = {
    operation: what.expire ? 'expire' : 'invalidate',
    act: () => store.invalidate(what),
    strict: true,
    sequel: 'what it was to forget may be served again',
  };
  if (circuit.admits(runtime.clock.monotonic())) return asked(access, question);
  try {
    disowned(store.invalidate(what));
  } catch {
    // it is the one that is told of below
  }
  return leftAlone(access, question);
}

/** After a write that failed, and for a lease that came too late: without waiting, and whatever comes of it. */
function giveUp(plan: Plan, key: StoreKey, token: string): void {
  try {
    disowned(plan.store.abandon(key, token));
  } catch {
    // the failure before it has been told
  }
}

/** A store of a pond, and who asks it. */
export interface Access {
  readonly runtime: Runtime;
  readonly store: StateStore;
  readonly circuit: Circuit;
  /** `Pricing.quote`, as log lines name it. */
  readonly where: string;
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
  /** Always a `StoreError`. */
  readonly strict?: boolean;
  /** What a failure comes to. Default: the task runs without it. */
  readonly sequel?: string;
}

function guard<T>(access: Access, question: Question<T>): MaybePromise<T | Failed> {
  if (!access.circuit.admits(access.runtime.clock.monotonic())) return leftAlone(access, question);
  return asked(access, question);
}

function asked<T>(access: Access, question: Question<T>): MaybePromise<T | Failed> {
  let answer: MaybePromise<T>;
  try {
    answer = question.act();
    if (isThenable(answer)) return guarded(access, question, answer as Promise<T>);
  } catch (error) {
    return failed(access, question, error, access.circuit.counted);
  }
  if (question.understands?.(answer) === false)
    return failed(access, question, unintelligible(), access.circuit.counted);
  access.circuit.succeeded();
  return answer;
}

/** No answer is waited for longer than the pond's `storeTimeout`, in which what made this process itself late does not count. */
function guarded<T>(access: Access, question: Question<T>, answer: Promise<T>): Promise<T | Failed> {
  const { circuit, runtime } = access;
  const { counted } = circuit;
  const { storeTimeoutMs } = runtime;
  return new Promise((resolve, reject) => {
    let late = false;
    const fail = (error: unknown): void => {
      if (late) return;
      deadline.end();
      try {
        resolve(failed(access, question, error, counted));
      } catch (storeError) {
        reject(storeError);
      }
    };
    const deadline = runtime.deadlines.start(storeTimeoutMs, () => {
      fail(new Error(`no answer within ${storeTimeoutMs} ms`));
      late = true;
    });
    answer.then((value) => {
      if (late) return question.tooLate?.(value);
      if (question.understands?.(value) === false) return fail(unintelligible());
      deadline.end();
      circuit.succeeded();
      resolve(value ?? (undefined as T)); // null is what Redis clients say
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

type Failing = Pick<Question<never>, 'operation' | 'failing' | 'lenient' | 'strict' | 'sequel'>;

/** A store that failed again and again is not asked for a while; nothing is logged anew. */
function leftAlone(access: Access, question: Failing): Failed {
  const { name } = access.store;
  const cause = new Error('it failed several times in a row and is left alone for a while');
  return givenUp(access, question, () => new StoreError(name, question.operation, cause));
}

/** @param counted the circuit's when the question was sent */
function failed(access: Access, question: Failing, cause: unknown, counted: number): Failed {
  const { circuit, runtime, store, where } = access;
  const { operation, failing, sequel = 'the task runs without it' } = question;
  runtime.counters.storeErrors++;
  circuit.failed(runtime.clock.monotonic(), counted);
  const message = `store '${store.name}' failed to ${operation}, ${sequel}: ${messageOf(cause)}`;
  runtime.trouble({ kind: 'store', where, message, error: cause }, `store ${store.name} ${operation}`);
  failing?.();
  return givenUp(access, question, () => new StoreError(store.name, operation, cause));
}

function givenUp({ runtime }: Access, { lenient, strict }: Failing, error: () => StoreError): Failed {
  if (strict || (runtime.onStoreError === 'fail' && !lenient)) throw error();
  return FAILED;
}
