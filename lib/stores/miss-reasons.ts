import { formatMs } from '../base/duration.js';
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

/** Why a state that is there is no hit: since when. */
export function expiredAgo(agoMs: number): Miss {
  return { reason: 'expired', detail: `expired ${formatMs(agoMs)} ago` };
}

/** Why there is no state under this version of a task. */
export function storedUnder(version: string | undefined): Miss {
  const was = version === undefined ? 'no version' : `version '${version}'`;
  return { reason: 'version-changed', detail: `stored under ${was}` };
}
