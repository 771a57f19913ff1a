import type { Lead } from '../../stores/store.js';
import type { StoreKey } from '../../stores/store-key.js';
import { type DefineSpec, type Fixture, LONG_MS, SHORT_MS } from './fixture.js';
import { only } from './lease-specs.js';
import { LONE_SURROGATES, ODD } from './record-specs.js';
import type { SpecApi } from './spec-api.js';

const KINDS = ['keys', 'identities', 'tags', 'all'] as const;
type Kind = (typeof KINDS)[number];

const TAGGED = { tags: ['other', 'a tag'], renewForMs: LONG_MS, errorForMs: LONG_MS };

/** What expires instead of being forgotten, and what is told of it. */
export function expirySpecs({ describe, expect }: SpecApi, it: DefineSpec): void {
  describe('expired values', () => {
    it('are told to who leads and to who waits, as copies; never to a refresh', async (f) => {
      const key = f.key('a');
      const record = await f.put(key, 'old', { expiresAt: f.now() + SHORT_MS, renewForMs: LONG_MS });
      await f.advance(SHORT_MS + 10);
      const token = f.token();
      const lead = staleOf(await f.ask(key, { token }));
      const waiting = await f.ask(key);
      expect(waiting.status).toBe('wait');
      const wait = staleOf(waiting);
      for (const stale of [lead, wait]) {
        expect([stale?.value, stale?.expiresAt, stale?.renewForMs]).toEqual(['old', record.expiresAt, LONG_MS]);
        expect(stale === record).toBe(false);
      }
      expect(lead === wait).toBe(false);
      expect(staleOf(await f.ask(key, { mode: 'refresh' }))).toBe(undefined);
    });

    it('are told to who takes the fence alone', async (f) => {
      const key = f.key('a');
      await f.put(key, 'old', { expiresAt: f.now() + SHORT_MS, renewForMs: LONG_MS });
      await f.advance(SHORT_MS + 10);
      expect(staleOf(await f.lead(key, { leaseMs: 0 }))?.value).toBe('old');
    });

    it('are not told of where there is none, or where it was invalidated', async (f) => {
      for (const by of KINDS) {
        const key = keyOf(f, by);
        expect(staleOf(await f.ask(key))).toBe(undefined);
        await f.put(key, 'old', { ...TAGGED, expiresAt: f.now() + 1 });
        await f.advance(10);
        await f.invalidate({ namespace: f.name(by), ...only(by, key) });
        expect([by, staleOf(await f.ask(key))]).toEqual([by, undefined]);
        expect([by, staleOf(await f.ask(key))]).toEqual([by, undefined]);
      }
    });
  });

  describe('an expiry that is asked for', () => {
    it('by key, task, tag or of everything leaves a value that is no hit, expired since then', async (f) => {
      for (const by of KINDS) {
        const key = keyOf(f, by);
        await f.put(key, 'old', TAGGED);
        const at = await expire(f, by, key);
        expect([by, await f.value(key)]).toEqual([by, 'none']);
        await f.advance(100);
        const token = f.token();
        const lead = await f.lead(key, { token });
        expect([by, lead.stale?.value, lead.miss.reason]).toEqual([by, 'old', 'expired']);
        near(lead.stale?.expiresAt, at);
        await f.store.abandon(key, token);
        await f.put(key, 'new', { tags: ['a tag'] });
        expect([by, await f.value(key)]).toEqual([by, 'new']);
      }
    });

    it('leaves everything else, and other namespaces', async (f) => {
      const key = f.key('a');
      await f.put(key, 1, { tags: ['prices'] });
      const { namespace } = key.scope;
      const others: readonly object[] = [
        { namespace, keys: [f.key('b'), f.key('a', { version: '1' })] },
        { namespace, identities: ['Suite', 'suite.task', ''] },
        { namespace, tags: ['price', 'Prices', 'Suite.task', ''] },
        { namespace },
        { namespace: `${namespace}s`, all: true, identities: ['Suite.task'], tags: ['prices'] },
      ];
      for (const what of others) {
        await f.invalidate({ ...what, expire: true });
        expect([Object.keys(what), await f.value(key)]).toEqual([Object.keys(what), 1]);
      }
    });

    it('tells tags apart by odd characters', async (f) => {
      const tags = [...ODD, ...LONE_SURROGATES];
      const keys = tags.map((_, i) => f.key(`tag ${i}`));
      for (const [i, key] of keys.entries()) await f.put(key, i, { tags: [tags[i] as string] });
      const even = tags.filter((_, i) => i % 2 === 0);
      await f.invalidate({ namespace: f.name(''), tags: even, expire: true });
      for (const [i, key] of keys.entries()) {
        expect([tags[i], await f.value(key)]).toEqual([tags[i], i % 2 === 0 ? 'none' : i]);
      }
    });

    it('does not change when a value expired that had expired before, be it asked for again and again', async (f) => {
      for (const by of KINDS) {
        const [passed, expired] = [keyOf(f, by), f.key('b', { namespace: f.name(by), identity: `Suite.${by}` })];
        const record = await f.put(passed, 'passed', { ...TAGGED, expiresAt: f.now() + 1 });
        await f.put(expired, 'expired', TAGGED);
        await f.advance(20);
        const at = await expire(f, by, passed, expired);
        for (let i = 0; i < 40; i++) {
          await f.advance(2);
          await expire(f, by, passed, expired);
        }
        expect([by, staleOf(await f.ask(passed))?.expiresAt]).toEqual([by, record.expiresAt]);
        const since = staleOf(await f.ask(expired))?.expiresAt;
        near(since, at);
      }
    });

    it('does not void a run under way: what that stores counts as expired since then', async (f) => {
      for (const by of KINDS) {
        for (const request of [{}, { leaseMs: 0 }, { mode: 'refresh' as const }]) {
          const key = keyOf(f, by);
          const token = f.token();
          const { generation } = await f.lead(key, { token, ...request });
          await f.advance(20);
          const at = await expire(f, by, key);
          await f.advance(60);
          await expire(f, by, key);
          if (request.leaseMs !== 0) expect([by, await f.store.renew(key, token, LONG_MS)]).toEqual([by, true]);
          const { committed, expiredAt } = await f.commit(key, token, f.record(key, 'late', { ...TAGGED, generation }));
          expect([by, committed]).toEqual([by, true]);
          near(expiredAt, at);
          expect([by, await f.value(key)]).toEqual([by, 'none']);
          const heir = f.token();
          const lead = await f.lead(key, { token: heir });
          expect([by, lead.stale?.value, lead.miss.reason]).toEqual([by, 'late', 'expired']);
          near(lead.stale?.expiresAt, at);
          const next = f.record(key, 'next', { ...TAGGED, generation: lead.generation });
          expect([by, await f.commit(key, heir, next)]).toEqual([by, { committed: true }]);
          expect([by, await f.value(key)]).toEqual([by, 'next']);
          await f.invalidate({ namespace: f.name(by), keys: [key] });
        }
      }
    });

    it('is no matter of a run that begins after it, be the one before it given up or overtaken', async (f) => {
      for (const by of KINDS) {
        for (const mode of ['normal', 'refresh'] as const) {
          const key = keyOf(f, by);
          const [older, newer] = [f.token(), f.token()];
          await f.lead(key, { token: older, mode });
          await expire(f, by, key);
          if (mode === 'normal') await f.store.abandon(key, older);
          const { generation } = await f.lead(key, { token: newer, mode });
          const record = f.record(key, mode, { ...TAGGED, generation });
          expect([by, await f.commit(key, newer, record)]).toEqual([by, { committed: true }]);
          expect([by, await f.value(key)]).toEqual([by, mode]);
          await f.invalidate({ namespace: f.name(by), keys: [key] });
        }
      }
    });

    it('does not bring back what was invalidated, and is undone by an invalidation', async (f) => {
      for (const by of KINDS) {
        const key = keyOf(f, by);
        await f.put(key, 'old', TAGGED);
        await f.invalidate({ namespace: f.name(by), ...only(by, key) });
        await expire(f, by, key);
        expect([by, staleOf(await f.ask(key))]).toEqual([by, undefined]);
        await f.put(key, 'newer', TAGGED);
        await expire(f, by, key);
        await f.invalidate({ namespace: f.name(by), ...only(by, key) });
        expect([by, staleOf(await f.ask(key)), await f.value(key)]).toEqual([by, undefined, 'none']);
        await f.put(key, 'newest', TAGGED);
        expect([by, await f.value(key)]).toEqual([by, 'newest']);
      }
    });

    it('has nobody lose a lease or wait longer', async (f) => {
      const key = f.key('a');
      const token = f.token();
      await f.lead(key, { token });
      await f.invalidate({ namespace: key.scope.namespace, keys: [key], all: true, expire: true });
      expect((await f.ask(key)).status).toBe('wait');
      await f.store.abandon(key, token);
      expect((await f.ask(key)).status).toBe('lead');
    });
  });

  /** The store's clock may be another than the suite's, so to within a tenth of a second. */
  function near(time: number | undefined, expected: number): void {
    expect([time, Math.abs((time ?? 0) - expected) < 50]).toEqual([time, true]);
  }
}

/** The expired value that an answer tells of. */
export function staleOf(lead: Lead): Extract<Lead, { status: 'lead' }>['stale'] {
  return lead.status === 'lead' || lead.status === 'wait' ? lead.stale : undefined;
}

function keyOf(f: Fixture, by: Kind): StoreKey {
  return f.key('a', { namespace: f.name(by), identity: `Suite.${by}` });
}

/** Expires, and says when. */
async function expire(f: Fixture, by: Kind, ...keys: readonly StoreKey[]): Promise<number> {
  const at = f.now();
  const what = by === 'keys' ? { keys } : only(by, keys[0] as StoreKey);
  await f.invalidate({ namespace: f.name(by), ...what, expire: true });
  return at;
}
