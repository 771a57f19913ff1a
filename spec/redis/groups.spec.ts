import { describe, expect, it } from '@jest/globals';
import { Groups } from '../../lib/redis/groups.js';
import { identityGroup, tagGroup } from '../../lib/redis/names.js';
import { keyOf } from '../stores/records.js';

const { scope } = keyOf('a');
const TASK = identityGroup('', 'Pricing.quote');
const NEVER = Number.POSITIVE_INFINITY;

describe('the groups that a process knows to be expired', () => {
  it('say since when what is stamped with a number has been expired', () => {
    const groups = new Groups();
    groups.expired(TASK, 20, '10:1000,20:5000,');
    const since = [0, 9, 10, 19, 20].map((stamp) => groups.expiredSince(stamp, scope, undefined));
    expect(since).toEqual([1_000, 1_000, 5_000, 5_000, NEVER]);
    groups.expired(tagGroup('', 'x'), 15, '15:2000,');
    expect(groups.expiredSince(12, scope, ['y', 'x'])).toBe(2_000);
    expect(groups.voidedBy(0, scope, ['x'])).toBeUndefined();
  });

  it('are not set back by an answer that comes late', () => {
    const groups = new Groups();
    groups.expired(TASK, 20, '10:1000,20:5000,');
    groups.expired(TASK, 10, '10:1000,');
    groups.expired(TASK, 10, '');
    expect([groups.expiredSince(15, scope, undefined), groups.voidedBy(5, scope, undefined)]).toEqual([
      5_000,
      undefined,
    ]);
  });

  it('are void up to the last expiry where the times of it are not known', () => {
    const groups = new Groups();
    groups.expired(TASK, 20, '');
    expect([groups.voidedBy(19, scope, undefined), groups.voidedBy(20, scope, undefined)]).toEqual([TASK, undefined]);
    groups.expired(TASK, 30, '10:1000,');
    expect(groups.voidedBy(29, scope, undefined)).toBe(TASK);
  });

  it('are posted again after a failover, each for what it was', () => {
    const groups = new Groups();
    groups.voided(TASK, 10);
    groups.expired(TASK, 20, '20:5000,');
    groups.voided(tagGroup('', 'x'), 30);
    expect(groups.after(5)).toEqual([TASK, `x${TASK}`, tagGroup('', 'x')]);
    expect(groups.after(10)).toEqual([`x${TASK}`, tagGroup('', 'x')]);
    expect(groups.after(30)).toEqual([]);
  });

  it('are bounded: the oldest tags become one invalidation', () => {
    const groups = new Groups();
    for (let i = 1; i <= 21; i++) groups.expired(tagGroup('', `tag ${i}`), i, `${i}:${i},`);
    groups.forget(10);
    expect(groups.after(0)).toHaveLength(10);
    expect([groups.voidedBy(10, scope, ['other']), groups.voidedBy(11, scope, ['other'])]).toEqual([
      '#tags',
      undefined,
    ]);
    expect(groups.expiredSince(11, scope, ['tag 12'])).toBe(12);
  });
});
