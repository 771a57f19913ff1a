import type { LeadRequest } from '../stores/store.js';
import type { AfterBody } from './attempts.js';
import type { CacheFacts } from './outcome.js';
import type { Flight } from './single-flight.js';

/** A miss on its way; what was found out so far. The leader's outcome is made from it. */
export interface Computation {
  readonly flight: Flight;
  readonly mode: LeadRequest['mode'];
  readonly after: AfterBody;
  facts: CacheFacts;
}
