import { describe, expect, it } from '@jest/globals';
import { type ResultCopy, returnState, staticKey, type TroubleEvent, task, withOptions } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

class Report {
  readonly made = new Date(5);
  readonly rows = new Map([['a', { cents: 1 }]]);
  total(): number {
    return [...this.rows.values()].reduce((sum, { cents }) => sum + cents, 0);
  }
}

class Hiding {
  #secret = 1;
  reveal(): number {
    return this.#secret;
  }
}

function reporting(resultCopy: ResultCopy, made: () => unknown = () => new Report()) {
  return task(async () => made() as Report, { name: 'report', cacheKeyFn: staticKey('x'), resultCopy });
}

describe('a cached result', () => {
  it('is the same object for all by default', async () => {
    const report = reporting('share');
    const [one, two] = await createTestPond().run(async () => [await report(), await report()]);
    expect(two).toBe(one);
    expect(Object.isFrozen(one)).toBe(false);
  });

  it('under freeze is one frozen copy, whatever its computer does to the original', async () => {
    const report = reporting('freeze');
    const pond = createTestPond();
    const first = await pond.run(() => report());
    first.rows.set('b', { cents: 100 });
    first.made.setTime(0);
    const [second, third] = await pond.run(async () => [await report(), await report()]);
    expect(second).not.toBe(first);
    expect(third).toBe(second);
    expect(second).toBeInstanceOf(Report);
    expect([second?.total(), second?.made.getTime()]).toEqual([1, 5]);
    expect(() => second?.rows.set('b', { cents: 5 })).toThrow("this result is frozen (resultCopy: 'freeze')");
    expect(() => second?.made.setTime(1)).toThrow(TypeError);
    expect(() => {
      (second?.rows.get('a') as { cents: number }).cents = 9;
    }).toThrow(TypeError);
    expect(Object.isFrozen(first)).toBe(false);
  });

  it('under clone is a copy for each hit', async () => {
    const report = reporting('clone');
    const pond = createTestPond();
    const reports = [];
    for (let i = 0; i < 3; i++) {
      const one = await pond.run(() => report());
      expect(one.total()).toBe(1);
      one.rows.set('mine', { cents: 100 });
      reports.push(one);
    }
    expect(new Set(reports).size).toBe(3);
    expect(pond.stats()).toMatchObject({ hits: 2, misses: 1 });
  });

  it('under clone may be bytes', async () => {
    const bytes = reporting('clone', () => Buffer.from('abc'));
    const pond = createTestPond();
    for (let i = 0; i < 2; i++) {
      const one = (await pond.run(() => bytes())) as unknown as Buffer;
      expect(one.toString()).toBe('abc');
      one[0] = 0;
    }
    expect(pond.stats().hits).toBe(1);
  });

  it.each<[ResultCopy, () => unknown, RegExp]>([
    ['clone', () => ({ f: () => 1 }), /a function, which cannot be copied/],
    ['freeze', () => new Hiding(), /Hiding with #private members/],
    ['freeze', () => Buffer.from('abc'), /bytes, which cannot be frozen; use resultCopy: 'clone'/],
    ['clone', () => new WeakMap(), /WeakMap/],
  ])(
    'under %s that cannot be copied is returned and not stored, with one warning',
    async (resultCopy, made, detail) => {
      const odd = reporting(resultCopy, made);
      const pond = createTestPond();
      const troubles: TroubleEvent[] = [];
      pond.events.on('trouble', (trouble) => troubles.push(trouble));
      const states = await pond.run(async () => [await returnState(odd)(), await returnState(odd)()]);
      for (const state of states) {
        expect(String(state)).toBe('Completed()');
        expect(state.cache).toMatchObject({
          status: 'miss',
          reason: 'not-stored',
          detail: expect.stringMatching(detail),
        });
        expect(state.result()).toBeDefined();
      }
      expect(troubles[0]).toMatchObject({ kind: 'not-stored', where: 'report' });
    },
  );

  it.each<ResultCopy>(['freeze', 'clone'])(
    'under %s is not the leader’s object for those who join',
    async (resultCopy) => {
      const report = reporting(resultCopy);
      const pond = createTestPond();
      const [leader, one, two] = await pond.run(() => Promise.all([report(), report(), report()]));
      expect(pond.stats()).toMatchObject({ joined: 2, runs: 1 });
      expect(one).not.toBe(leader);
      expect(two).not.toBe(leader);
      expect(one === two).toBe(resultCopy === 'freeze');
      leader?.rows.clear();
      expect([one?.total(), two?.total()]).toEqual([1, 1]);
    },
  );

  it.each<ResultCopy>(['freeze', 'clone'])(
    'under %s that cannot be copied fails nobody who joins',
    async (resultCopy) => {
      const odd = reporting(resultCopy, () => ({ f: () => 1 }));
      const values = await createTestPond().run(() => Promise.all([odd(), odd(), odd()]));
      expect(values.map((value) => typeof (value as unknown as { f: unknown }).f)).toEqual([
        'function',
        'function',
        'function',
      ]);
    },
  );

  it('stored under one way is served under another as that call asks', async () => {
    const report = reporting('share');
    const pond = createTestPond();
    const [shared, frozen, cloned, again] = await pond.run(async () => [
      await report(),
      await withOptions(report, { resultCopy: 'freeze' })(),
      await withOptions(report, { resultCopy: 'clone' })(),
      await report(),
    ]);
    expect(again).toBe(shared);
    expect(Object.isFrozen(frozen)).toBe(true);
    expect(Object.isFrozen(shared)).toBe(false);
    expect(cloned).not.toBe(shared);
    expect(cloned?.total()).toBe(1);
  });

  it.each([undefined, null, 0, '', false, Number.NaN, 0n])('can be %p, and is told from none', async (value) => {
    let runs = 0;
    for (const resultCopy of ['share', 'freeze', 'clone'] as const) {
      const odd = task(async () => [value, runs++][0], { name: 'odd', cacheKeyFn: staticKey('x'), resultCopy });
      const pond = createTestPond();
      expect(await pond.run(async () => [await odd(), await odd()])).toEqual([value, value]);
      expect(pond.stats()).toMatchObject({ hits: 1, misses: 1 });
    }
    expect(runs).toBe(3);
  });
});
