import type { Plan } from '../runs/plan.js';
import { copyOf, frozenCopyOf } from '../stores/copy.js';
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

/** A copy of a result that is not stored. One that cannot be copied was not stored for that, with a warning: it is shared. */
export function copyIfPossible(plan: Plan, value: unknown): unknown {
  try {
    return plan.settings.resultCopy === 'clone' ? copyOf(value) : frozenCopyOf(value);
  } catch {
    return value;
  }
}
