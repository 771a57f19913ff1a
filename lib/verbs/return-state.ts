import { start } from '../engine/call.js';
import { lens } from './lens.js';
import type { ReturnStateVerb } from './view-types.js';

/**
 * Calls a task or flow for its final state, which never throws for a failed run: `returnState(svc).quote('A1')`. A synchronous
 * task's at once, an asynchronous one's as a promise.
 */
export const returnState = lens('returnState', (site, args) =>
  start(site.frame(args), 'state'),
) as unknown as ReturnStateVerb;
