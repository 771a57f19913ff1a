import { invalidateInputs } from '../engine/invalidate.js';
import { lens } from './lens.js';
import type { InvalidateVerb } from './view-types.js';

/**
 * Forgets the state of these inputs, if there is one: `await invalidate(svc).quote('A1')`. The key is that of a call made here: same
 * pond, receiver, scope, options. From then on no call is served that state, or joins a run that began before; and such a run stores
 * nothing. Inputs that cannot be cached have no state: nothing happens.
 *
 * A synchronous task's at once, an asynchronous one's as a promise. Throws, or rejects with, a `StoreError` where the store did not do
 * it, whatever `onStoreError` says: what it was to forget may be served again. A task without a key is an `InvalidOptionsError`.
 */
export const invalidate = lens('invalidate', (site, args) => {
  const frame = site.uncountedFrame(args);
  if (!frame.plan.isAsync) return invalidateInputs(frame);
  try {
    return Promise.resolve(invalidateInputs(frame));
  } catch (error) {
    return Promise.reject(error);
  }
}) as unknown as InvalidateVerb;
