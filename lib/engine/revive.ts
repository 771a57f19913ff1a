import type { Plan } from '../runs/plan.js';
import { Plain } from '../stores/plain.js';
import { recordWith, type StateRecord } from '../stores/record.js';
import { Undecodable } from '../stores/undecodable.js';

/**
 * A record as this task may serve it. What a persistent store keeps of a class instance is brought back anew for every caller, by
 * the class that `returns` names. Undecodable where the class has changed, or none is named any more: never a half-made object.
 */
export function revived(plan: Plan, record: StateRecord): StateRecord | Undecodable {
  const { revival } = plan.store;
  if (revival === undefined || !Plain.is(record.value)) return record;
  const { returns } = plan.settings;
  if (returns === undefined) return new Undecodable('it was stored with `returns`, which the task has no more');
  const back = revival.revive(record.value, returns);
  return isUndecodable(back) ? back : recordWith(record, { value: back.value });
}

/** Told by its shape: the store may come from the package's other build. */
export function isUndecodable(value: object): value is Undecodable {
  return 'reason' in value;
}
