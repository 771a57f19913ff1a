import { copyOf, frozenCopyOf } from '../stores/copy.js';
import type { Plan } from '../runs/plan.js';
import type { StateRecord } from '../stores/record.js';

/** What is stored of a result: itself, or a frozen copy of it that neither the task nor its caller can change. */
export function stored(plan: Plan, value: unknown): { readonly value: unknown; readonly frozen: boolean } {
  if (plan.settings.resultCopy === 'share') return { value, frozen: false };
  return { value: frozenCopyOf(value), frozen: true };
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
