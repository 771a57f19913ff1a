import { quoted } from '../base/quoted.js';
import type { Miss } from './store.js';

/** Why there is no state of a key that was invalidated: by whom, and by which of its tags where that does not say it. */
export function invalidatedBy(by: string, tag?: string): Miss {
  const told = tag === undefined || by.includes(quoted(tag));
  return { reason: 'invalidated', detail: `invalidated by ${by}${told ? '' : `, tag ${quoted(tag)}`}` };
}

/** The same for tags that are no longer known one by one. */
export const INVALIDATED_LONG_AGO: Miss = {
  reason: 'invalidated',
  detail: 'older than what is remembered of invalidations by tag',
};
