import { type DefineSpec, LONG_MS, type MakeStore, SHORT_MS } from './fixture.js';
import { heldBack } from './hold-back-specs.js';
import type { SpecApi } from './spec-api.js';

/** What two handles on one backend, as two processes have them, see of each other. */
export function sharingSpecs({ describe, expect }: SpecApi, it: DefineSpec, another: MakeStore): void {
  describe('two handles on one backend', () => {
    it('see each other’s values, expiries and invalidations', async (f) => {
      const other = await f.open(another);
      const [a, b] = [f.key('a'), f.key('b')];
      await f.put(a, 1, { tags: ['x'] });
      await f.put(b, 2, { expiresAt: f.now() + SHORT_MS });
      expect([await f.value(a, other), await f.value(b, other)]).toEqual([1, 2]);
      await f.advance(SHORT_MS + 10);
      expect(await f.value(b, other)).toBe('none');
      await f.invalidate({ namespace: a.scope.namespace, keys: [a] }, other);
      expect((await f.ask(a)).status).toBe('lead');
    });

    it('have one lease between them, among 50 that ask at once', async (f) => {
      const other = await f.open(another);
      const key = f.key('a');
      const asking = Array.from({ length: 50 }, (_, i) => f.ask(key, {}, i % 2 === 0 ? f.store : other));
      const answers = await Promise.all(asking);
      expect(answers.filter(({ status }) => status === 'lead').length).toBe(1);
      expect(answers.filter(({ status }) => status === 'wait').length).toBe(49);
    });

    it('hand a value over: who waits at one has it from the other', async (f) => {
      const other = await f.open(another);
      const key = f.key('a');
      const token = f.token();
      const { generation } = await f.lead(key, { token });
      const waiting = await f.ask(key, {}, other);
      expect(waiting.status).toBe('wait');
      await f.commit(key, token, f.record(key, 'once', { generation }));
      if (waiting.status === 'wait' && waiting.woken !== undefined) {
        expect(await f.settles(waiting.woken)).toBe(true);
      }
      const then = await f.ask(key, {}, other);
      expect(then.status === 'hit' && then.record.value).toBe('once');
    });

    it('refuse a late write of one after a takeover by the other', async (f) => {
      const other = await f.open(another);
      const key = f.key('a');
      const [paused, heir] = [f.token(), f.token()];
      const first = await f.lead(key, { token: paused, leaseMs: SHORT_MS });
      await f.advance(SHORT_MS + 100);
      const mode = first.renewEveryMs === undefined ? 'refresh' : 'normal'; // a lease that cannot be lost can be overtaken
      const second = await f.lead(key, { token: heir, leaseMs: LONG_MS, mode }, other);
      expect(second.generation).toBeGreaterThan(first.generation);
      const record = f.record(key, 'heir', { generation: second.generation });
      expect(await f.commit(key, heir, record, other)).toEqual({ committed: true });
      const late = await f.commit(key, paused, f.record(key, 'paused', { generation: first.generation }));
      expect([late.committed, late.current?.value]).toEqual([false, 'heir']);
      expect(await f.value(key, other)).toBe('heir');
    });

    it('void a run of one by an invalidation of the other, of whatever kind', async (f) => {
      const other = await f.open(another);
      const kinds = { identities: ['Suite.task'], tags: ['a tag'], all: true as const };
      for (const by of ['keys', 'identities', 'tags', 'all'] as const) {
        const key = f.key(by, { namespace: f.name(by) });
        const token = f.token();
        const { generation } = await f.lead(key, { token });
        const what = by === 'keys' ? { keys: [key] } : { [by]: kinds[by] };
        await f.invalidate({ namespace: f.name(by), ...what }, other);
        const late = f.record(key, 'late', { generation, tags: ['a tag'] });
        expect([by, (await f.commit(key, token, late)).committed]).toEqual([by, false]);
        expect([by, await f.value(key, other)]).toEqual([by, 'none']);
      }
    });

    it('see each other’s expiries that were asked for, during a run and after it', async (f) => {
      const other = await f.open(another);
      const kinds = { identities: ['Suite.task'], tags: ['a tag'], all: true as const };
      for (const by of ['keys', 'identities', 'tags', 'all'] as const) {
        const [key, late] = [f.key(by, { namespace: f.name(by) }), f.key('late', { namespace: f.name(by) })];
        await f.put(key, 'old', { tags: ['a tag'] });
        const token = f.token();
        const { generation } = await f.lead(late, { token });
        const what = by === 'keys' ? { keys: [key, late] } : { [by]: kinds[by] };
        const at = f.now();
        await f.invalidate({ namespace: f.name(by), ...what, expire: true }, other);
        const { committed, expiredAt = 0 } = await f.commit(
          late,
          token,
          f.record(late, 1, { generation, tags: ['a tag'] }),
        );
        expect([by, committed, Math.abs(expiredAt - at) < 50]).toEqual([by, true, true]);
        for (const one of [key, late]) {
          const lead = await f.ask(one);
          expect([by, lead.status, lead.status === 'lead' && lead.stale !== undefined]).toEqual([by, 'lead', true]);
        }
      }
    });

    it('hold each other back', async (f) => {
      const other = await f.open(another);
      const key = f.key('a');
      await heldBack(f, key, LONG_MS);
      expect((await f.ask(key, {}, other)).status).toBe('stale');
      await f.invalidate({ namespace: key.scope.namespace, keys: [key] }, other);
      expect((await f.ask(key)).status).toBe('lead');
    });

    it('outlive each other', async (f) => {
      const other = await f.open(another);
      const key = f.key('a');
      await f.put(key, 1);
      await f.store.close();
      expect(await f.value(key, other)).toBe(1);
    });
  });
}
