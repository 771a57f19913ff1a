import { describe, expect, it } from '@jest/globals';
import type { Invalidation } from '../../lib/index.js';
import { Undelivered } from '../../lib/stores/undelivered.js';
import { flush } from '../engine/pond-under-test.js';

const tag = (name: string, namespace?: string): Invalidation => ({
  tags: [name],
  ...(namespace === undefined ? {} : { namespace }),
});

describe.each([
  ['at once', false],
  ['later', true],
])('an invalidation that a store fails %s to take', (_, later) => {
  const failing = (): Promise<void> => {
    if (later) return Promise.reject(new Error('down'));
    throw new Error('down');
  };

  it('waits on, and is told again after a second, in its order', async () => {
    const undelivered = new Undelivered();
    undelivered.add(tag('a'));
    undelivered.add(tag('b', 'other'));
    undelivered.deliver(0, failing);
    await flush();
    expect(undelivered.empty).toBe(false);
    const told: Invalidation[] = [];
    const take = (what: Invalidation): void => void told.push(what);
    undelivered.deliver(999, take);
    expect(told).toEqual([]);
    undelivered.deliver(1_000, take);
    expect([told, undelivered.empty]).toEqual([[tag('a'), tag('b', 'other')], true]);
  });

  it('waits on alone, where the others were taken', async () => {
    const undelivered = new Undelivered();
    for (const name of ['a', 'b', 'c']) undelivered.add(tag(name));
    undelivered.deliver(0, (what) => (what.tags?.includes('b') ? failing() : undefined));
    await flush();
    const told: Invalidation[] = [];
    undelivered.deliver(1_000, (what) => void told.push(what));
    expect(told).toEqual([tag('b')]);
  });
});

describe('more names than are kept', () => {
  it('come to all of their namespace, and of no other', () => {
    const undelivered = new Undelivered();
    undelivered.add(tag('kept', 'other'));
    const names = Array.from({ length: 5_000 }, (_, i) => `${i}`);
    for (const list of [names, names]) undelivered.add({ tags: list, namespace: 'full' });
    const told: Invalidation[] = [];
    undelivered.deliver(0, (what) => void told.push(what));
    expect(told).toEqual([
      tag('kept', 'other'),
      { namespace: 'full', all: true, by: 'an invalidation during an outage' },
    ]);
  });
});
