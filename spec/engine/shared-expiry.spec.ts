import { describe, expect, it } from '@jest/globals';
import { memoryStore, refresh, type TaskRunEvent, task, taskInputHash, withOptions } from '../../lib/index.js';
import { BOTH_KINDS_OF_STORE, deferred, flush, nothingIsLeft, pondUnderTest } from './pond-under-test.js';

nothingIsLeft();

const DOWN = 'the source is down';

/** A task whose first run gives 1, and whose later ones fail when the gate opens. */
function failing(options: object) {
  const gate = deferred();
  let runs = 0;
  const fn = task(
    async (_sku: string): Promise<number> => {
      if (++runs === 1) return 1;
      await gate.promise;
      throw new Error(DOWN);
    },
    { name: 'quote', cacheKeyFn: taskInputHash, cacheExpiration: '10s', ...options },
  );
  return { fn, gate, runs: () => runs };
}

describe.each(BOTH_KINDS_OF_STORE)('an expired value over %s', (_name, store) => {
  it('is no answer to a call that may not have it, though it joined one that may', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gate, runs } = failing({ staleIfError: '1h' });
    const strict = withOptions(fn, { staleIfError: 1 });
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    const lenient = pond.run(() => fn('a'));
    await flush();
    const joined = expect(pond.run(() => strict('a'))).rejects.toThrow(DOWN);
    await flush();
    gate.resolve();
    expect(await lenient).toBe(1);
    await joined;
    expect(runs()).toBe(2);
  });

  it('is the answer to a call that may have it, though the run that it joined was a refresh', async () => {
    const pond = pondUnderTest({ store: store() });
    const { fn, gate, runs } = failing({ staleIfError: '1h' });
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    const refreshed = expect(pond.run(() => refresh(fn)('a'))).rejects.toThrow(DOWN);
    await flush();
    const joined = pond.run(() => fn('a'));
    await flush();
    gate.resolve();
    await refreshed;
    expect(await joined).toBe(1);
    expect(runs()).toBe(2);
  });

  it('says what failed where the refresh that began the run waits no more', async () => {
    const pond = pondUnderTest({ store: store() });
    const troubles: string[] = [];
    pond.events.on('trouble', ({ kind }) => troubles.push(kind));
    const { fn, gate } = failing({ staleIfError: '1h' });
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    const leaving = new AbortController();
    const left = expect(pond.run({ signal: leaving.signal }, () => refresh(fn)('a'))).rejects.toThrow();
    await flush();
    const joined = pond.run(() => fn('a'));
    await flush();
    leaving.abort();
    await left;
    gate.resolve();
    expect(await joined).toBe(1);
    expect(troubles).toEqual(['renewal']);
  });

  it('is served at once where the renewal throws before it gives a promise', async () => {
    const pond = pondUnderTest({ store: store() });
    const failed: TaskRunEvent[] = [];
    pond.events.on('task:Failed', (event) => failed.push(event));
    let runs = 0;
    const fn = task(
      (_sku: string): Promise<number> => {
        if (++runs > 1) throw new Error(DOWN);
        return Promise.resolve(runs);
      },
      { name: 'quote', cacheKeyFn: taskInputHash, cacheExpiration: '10s', staleWhileRevalidate: '20s' },
    );
    await pond.run(() => fn('a'));
    pond.clock.advance('11s');
    expect(await pond.run(() => fn('a'))).toBe(1);
    await flush();
    expect(failed).toHaveLength(1);
    expect(await pond.run(() => fn('a'))).toBe(1);
    expect(runs).toBe(2);
    expect(pond.stats()).toMatchObject({ stale: 2, failures: 1 });
  });
});

describe('an expired value that cannot be copied', () => {
  it.each([{ staleWhileRevalidate: '20s' }, { staleIfError: '20s' }] as const)(
    'is not there for a task that gives copies, which runs: %j',
    async (windows) => {
      const pond = pondUnderTest();
      const shared = { ...windows, cacheKeyFn: () => 'k', cacheExpiration: '10s', cacheKeyScope: 'shared' } as const;
      const sharing = task(async (): Promise<unknown> => ({ again: () => 1 }), { ...shared, name: 'sharing' });
      const copying = task(async (): Promise<unknown> => 'plain', { ...shared, name: 'copying', resultCopy: 'clone' });
      await pond.run(() => sharing());
      pond.clock.advance('11s');
      expect(await pond.run(() => copying())).toBe('plain');
    },
  );

  it('nor for one that waited for the other elsewhere', async () => {
    const store = memoryStore();
    const [one, two] = [pondUnderTest({ store }), pondUnderTest({ store })];
    const gate = deferred();
    const shared = { cacheKeyFn: () => 'k', cacheKeyScope: 'shared' } as const;
    const first = async (): Promise<unknown> => {
      await gate.promise;
      return { again: () => 1 };
    };
    const sharing = task(first, { ...shared, name: 'sharing' });
    const copying = task(async (): Promise<unknown> => 'plain', { ...shared, name: 'copying', resultCopy: 'clone' });
    const led = one.run(() => sharing());
    const waited = two.run(() => copying());
    await flush();
    gate.resolve();
    await led;
    expect(await waited).toBe('plain');
  });
});
