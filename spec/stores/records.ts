import { KeyScope, type Lead, type StateRecord, StoreKey } from '../../lib/index.js';
import { RECORD_SCHEMA } from '../../lib/stores/record.js';

/** A key of a task of its own scope. */
export function keyOf(text: string, identity = 'Pricing.quote', version?: string, namespace = ''): StoreKey {
  return new StoreKey(new KeyScope(identity, version, namespace), text);
}

/** A record as the engine would write it. */
export function recordOf(key: StoreKey, value: unknown, more: Partial<StateRecord> = {}): StateRecord {
  return {
    schema: RECORD_SCHEMA,
    key,
    value,
    message: undefined,
    storedAt: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    renewForMs: 0,
    errorForMs: 0,
    computeMs: 5,
    generation: 1,
    tags: undefined,
    async: true,
    frozen: false,
    from: { origin: { taskRunId: 'id', taskRunName: 'quote' } },
    promise: undefined,
    ...more,
  };
}

/** The lead that a store must have given. */
export function leading(lead: Lead | Promise<Lead>): Extract<Lead, { status: 'lead' }> {
  const answer = lead as Lead;
  if (answer.status !== 'lead') throw new Error(`expected to lead, but it is a ${answer.status}`);
  return answer;
}
