import type { StoreKey } from '../../stores/store-key.js';
import type { DefineSpec, StateStoreSuiteOptions } from './fixture.js';
import { only } from './lease-specs.js';
import { ODD } from './record-specs.js';
import type { SpecApi } from './spec-api.js';

const KINDS = ['keys', 'identities', 'tags', 'all'] as const;

/** What is forgotten, what is left alone, and what is remembered of it. */
export function invalidationSpecs(api: SpecApi, it: DefineSpec, { corrupt, reopens }: StateStoreSuiteOptions): void {
  const { describe, expect } = api;
  describe('an invalidation', () => {
    it('by key, task, tag or of everything forgets what is stored, and says so', async (f) => {
      for (const by of KINDS) {
        const key = f.key(by, { namespace: f.name(by), identity: `Suite.${by}` });
        await f.put(key, 'old', { tags: ['other', 'a tag'] });
        await f.invalidate({ namespace: f.name(by), ...only(by, key), by: 'the suite' });
        expect([by, await f.value(key)]).toEqual([by, 'none']);
        const miss = await f.why(key);
        expect([by, miss.reason]).toEqual([by, 'invalidated']);
        if (by === 'keys') expect(miss.detail?.includes('the suite')).toBe(true);
        await f.put(key, 'new', { tags: ['a tag'] });
        expect([by, await f.value(key)]).toEqual([by, 'new']);
      }
    });

    it('of one thing leaves everything else', async (f) => {
      const key = f.key('a');
      const { namespace } = key.scope;
      await f.put(key, 1, { tags: ['prices'] });
      const others: readonly object[] = [
        { keys: [f.key('b'), f.key('a', { version: '1' }), f.key('a', { identity: 'Suite.other' })] },
        { identities: ['Suite', 'Suite.task2', 'suite.task', ''] },
        { tags: ['price', 'pricess', 'Prices', 'Suite.task', ''] },
        { keys: [], identities: [], tags: [] },
        {},
      ];
      for (const what of others) {
        await f.invalidate({ namespace, ...what });
        expect([Object.keys(what), await f.value(key)]).toEqual([Object.keys(what), 1]);
      }
    });

    it('reaches every version of a task, and every entry that has the tag', async (f) => {
      const versions = [undefined, '', '1'].map((version) => f.key('a', version === undefined ? {} : { version }));
      for (const key of versions) await f.put(key, 1, { tags: ['x', 'y'] });
      const tagged = f.key('a', { identity: 'Suite.other' });
      await f.put(tagged, 1, { tags: ['y', 'z'] });
      const { namespace } = tagged.scope;
      await f.invalidate({ namespace, identities: ['Suite.task'] });
      expect(await valuesOf(f, [...versions, tagged])).toEqual(['none', 'none', 'none', 1]);
      for (const key of versions) await f.put(key, 2, { tags: ['x', 'y'] });
      await f.invalidate({ namespace, tags: ['z', 'unknown'] });
      expect(await valuesOf(f, [...versions, tagged])).toEqual([2, 2, 2, 'none']);
      await f.invalidate({ namespace, tags: ['x'] });
      expect(await valuesOf(f, versions)).toEqual(['none', 'none', 'none']);
    });

    it('stays in its namespace: a neighbour is left alone, also by a clear', async (f) => {
      for (const by of KINDS) {
        const own = f.key('a', { namespace: f.name(`${by} own`) });
        const neighbours = ['', ':', ':own', '*', 'x'].map((end) =>
          f.key('a', { namespace: `${f.name(`${by} own`)}${end === '' ? 's' : end}` }),
        );
        for (const key of [own, ...neighbours]) await f.put(key, 1, { tags: ['a tag'] });
        await f.invalidate({ namespace: own.scope.namespace, ...only(by, own) });
        expect([by, await f.value(own)]).toEqual([by, 'none']);
        expect([by, await valuesOf(f, neighbours)]).toEqual([by, [1, 1, 1, 1, 1]]);
      }
    });

    it('tells tags, tasks and namespaces apart by odd characters', async (f) => {
      const tags = ODD.filter((tag) => tag !== '');
      const keys = tags.map((_, i) => f.key(`tag ${i}`));
      for (const [i, key] of keys.entries()) await f.put(key, i, { tags: [tags[i] as string] });
      const even = tags.filter((_, i) => i % 2 === 0);
      await f.invalidate({ namespace: f.name(''), tags: even });
      expect(await valuesOf(f, keys)).toEqual(tags.map((_, i) => (i % 2 === 0 ? 'none' : i)));
      const tasks = ODD.map((identity) => f.key('task', { identity }));
      for (const [i, key] of tasks.entries()) await f.put(key, i);
      await f.invalidate({ namespace: f.name(''), identities: ODD.filter((_, i) => i % 2 === 1) });
      expect(await valuesOf(f, tasks)).toEqual(ODD.map((_, i) => (i % 2 === 1 ? 'none' : i)));
      const spaces = ODD.map((odd) => f.key('space', { namespace: f.name('').concat(odd) }));
      for (const [i, key] of spaces.entries()) await f.put(key, i);
      for (const [i, key] of spaces.entries()) {
        if (i % 2 === 0) await f.invalidate({ namespace: key.scope.namespace, all: true });
      }
      expect(await valuesOf(f, spaces)).toEqual(ODD.map((_, i) => (i % 2 === 0 ? 'none' : i)));
    });
  });

  describe('why there is no value', () => {
    it('is that the key is new', async (f) => {
      expect((await f.why(f.key('a'))).reason).toBe('first-seen');
    });

    it('is that it was stored under another version', async (f) => {
      await f.put(f.key('a', { version: '1' }), 1);
      expect((await f.why(f.key('a', { version: '2' }))).reason).toBe('version-changed');
      expect((await f.why(f.key('a'))).reason).toBe('version-changed');
      expect((await f.why(f.key('b', { version: '2' }))).reason).toBe('first-seen');
    });

    if (corrupt !== undefined) {
      it('is that it cannot be read any more, until it is replaced', async (f) => {
        const key = f.key('a');
        await f.put(key, { good: true });
        await corrupt(key, f.store);
        expect(await f.value(key)).toBe('none');
        expect((await f.why(key)).reason).toBe('undecodable');
        await f.put(key, 'replaced');
        expect(await f.value(key)).toBe('replaced');
      });
    }
  });

  describe('closing', () => {
    it('may be done twice', async (f) => {
      await f.put(f.key('a'), 1);
      await f.store.close();
      await f.store.close();
      expect(f.store.name.length).toBeGreaterThan(0);
    });

    if (reopens) {
      it('leaves nothing; what is stored afterwards is there', async (f) => {
        const key = f.key('a');
        await f.put(key, 1);
        await f.store.close();
        expect(await f.value(key)).toBe('none');
        await f.put(key, 2);
        expect(await f.value(key)).toBe(2);
      });
    } else {
      it('has every later call refused with an error', async (f) => {
        const { store } = f;
        const key = f.key('a');
        const token = f.token();
        const record = await f.put(key, 1);
        await store.close();
        const calls: Record<string, () => unknown> = {
          get: () => store.get(key),
          lead: () => store.lead(key, { mode: 'normal', token, leaseMs: 1_000 }),
          renew: () => store.renew(key, token, 1_000),
          commit: () => store.commit(key, token, record),
          abandon: () => store.abandon(key, token),
          invalidate: () => store.invalidate({ namespace: key.scope.namespace, all: true }),
        };
        for (const [method, call] of Object.entries(calls)) {
          expect([method, await outcomeOf(call)]).toEqual([method, 'refused: store closed']);
        }
      });
    }
  });

  async function valuesOf(f: Parameters<Parameters<DefineSpec>[1]>[0], keys: readonly StoreKey[]): Promise<unknown[]> {
    const values: unknown[] = [];
    for (const key of keys) values.push(await f.value(key));
    return values;
  }
}

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'answered';
  } catch (error) {
    return `refused: ${(error as { message?: unknown }).message}`;
  }
}
