import { rootPromise } from '../runs/frame.js';
import type { Plan } from '../runs/plan.js';
import { copyOf, frozenCopyOf } from '../stores/copy.js';
import { FailureRecord } from '../stores/failure.js';
import type { Kept } from '../stores/memory-record.js';
import type { StateRecord } from '../stores/record.js';

/** What is stored of a result: itself, or a copy of it that neither the task nor its caller can change. */
export function stored(plan: Plan, value: unknown): { readonly value: unknown; readonly frozen: boolean } {
  if (plan.settings.resultCopy === 'share') return { value, frozen: false };
  return plan.settings.resultCopy === 'clone'
    ? { value: copyOf(value), frozen: false }
    : { value: frozenCopyOf(value), frozen: true };
}

/** What a hit gives its caller. */
export function served(plan: Plan, record: StateRecord): unknown {
  switch (plan.settings.resultCopy) {
    case 'share':
      return record.value;
    case 'freeze':
      return record.frozen ? record.value : frozenCopyOf(record.value);
    case 'clone':
      return copyOf(record.value);
  }
}

/** Why a call runs that asks for a copy where there can be none. */
export const NOT_COPIED = { reason: 'not-stored', detail: 'the result of another run cannot be copied' } as const;

/** Whether a hit can have it: of what a task that shares its results has stored there may be no copy. */
export function canBeCopied(plan: Plan, record: StateRecord): boolean {
  if (plan.sharesResult || FailureRecord.is(record.value)) return true;
  try {
    served(plan, record);
    return true;
  } catch {
    return false;
  }
}

/** The promise that hits of a record share. The memory store bounds how many it keeps; what other stores gave does not last. */
export function sharedPromise(plan: Plan, record: StateRecord): Promise<unknown> {
  if (record.promise !== undefined) return record.promise;
  if (plan.memory !== undefined) return keptPromise(plan, record as Kept);
  record.promise = rootPromise(record.value);
  return record.promise;
}

/** A promise for a record in memory, which keeps it for the hits to come. */
export function keptPromise({ findable }: Plan, record: Kept): Promise<unknown> {
  const promise = rootPromise(record.value);
  findable?.share(record, promise);
  return promise;
}

/** A copy of a result that is not stored. One that cannot be copied was not stored for that, with a warning: it is shared. */
export function copyIfPossible(plan: Plan, value: unknown): unknown {
  try {
    return plan.settings.resultCopy === 'clone' ? copyOf(value) : frozenCopyOf(value);
  } catch {
    return value;
  }
}
