import { isThenable } from '../../base/maybe-promise.js';
import type { Lead } from '../../stores/store.js';
import { type DefineSpec, type Fixture, SHORT_MS } from './fixture.js';
import type { SpecApi } from './spec-api.js';

const LATE = { keys: 'its key', identities: 'its task', tags: 'a tag', all: 'everything' } as const;

/** Who computes, who waits, whose write counts. */
export function leaseSpecs({ describe, expect }: SpecApi, it: DefineSpec): void {
  describe('generations', () => {
    it('rise with every computation of a key, written or not', async (f) => {
      const key = f.key('a');
      let before = 0;
      for (let i = 0; i < 50; i++) {
        const token = f.token();
        const { generation } = await f.lead(key, { mode: 'refresh', token });
        expect(Number.isSafeInteger(generation)).toBe(true);
        expect(generation).toBeGreaterThan(before);
        before = generation;
        if (i % 3 === 0) await f.commit(key, token, f.record(key, i, { generation }));
        if (i % 3 === 1) await f.store.abandon(key, token);
        if (i % 10 === 9) await f.invalidate({ namespace: key.scope.namespace, keys: [key] });
      }
    });

    it('go on rising after everything was forgotten', async (f) => {
      const key = f.key('a');
      const { generation } = await f.put(key, 1);
      await f.invalidate({ namespace: key.scope.namespace, all: true });
      expect((await f.put(key, 2)).generation).toBeGreaterThan(generation);
      expect(await f.value(key)).toBe(2);
    });
  });

  describe('a lease', () => {
    it('is one among 50 that ask at once; when it ends in a value, all have that', async (f) => {
      const key = f.key('a');
      const tokens = Array.from({ length: 50 }, () => f.token());
      const answers = await Promise.all(tokens.map((token) => f.ask(key, { token })));
      expect(count(answers)).toEqual({ lead: 1, wait: 49 });
      const leader = answers.findIndex(({ status }) => status === 'lead');
      const lead = answers[leader] as Extract<Lead, { status: 'lead' }>;
      const record = f.record(key, 'once', { generation: lead.generation });
      expect(await f.commit(key, tokens[leader] as string, record)).toEqual({ committed: true });
      const after = await Promise.all(tokens.map((token) => f.ask(key, { token })));
      expect(count(after)).toEqual({ hit: 50 });
      expect(after.every((answer) => answer.status === 'hit' && answer.record.value === 'once')).toBe(true);
    });

    it('has those who wait look again: it says how long at most, and wakes them where it can', async (f) => {
      for (const end of ['commit', 'abandon', 'invalidate'] as const) {
        const key = f.key(end);
        const token = f.token();
        const { generation } = await f.lead(key, { token });
        const waiting = await f.ask(key);
        expect(waiting.status).toBe('wait');
        if (waiting.status !== 'wait') return;
        expect(waiting.leaseLeftMs).toBeGreaterThan(0);
        if (end === 'commit') await f.commit(key, token, f.record(key, 1, { generation }));
        if (end === 'abandon') await f.store.abandon(key, token);
        if (end === 'invalidate') await f.invalidate({ namespace: key.scope.namespace, keys: [key] });
        if (waiting.woken !== undefined) expect([end, await f.settles(waiting.woken)]).toEqual([end, true]);
        expect([end, (await f.ask(key)).status]).toEqual([end, end === 'commit' ? 'hit' : 'lead']);
      }
    });

    it('is taken over once it has run out, where it can; else it is held until it is given up', async (f) => {
      const key = f.key('a');
      const [dead, heir] = [f.token(), f.token()];
      const lead = await f.lead(key, { token: dead, leaseMs: SHORT_MS });
      await f.advance(SHORT_MS + 100);
      const next = await f.ask(key, { token: heir });
      if (lead.renewEveryMs === undefined) {
        expect(next.status).toBe('wait');
        return;
      }
      expect(lead.renewEveryMs < SHORT_MS).toBe(true);
      expect(next.status).toBe('lead');
      if (next.status !== 'lead') return;
      expect(next.generation).toBeGreaterThan(lead.generation);
      expect(await f.store.renew(key, dead, SHORT_MS)).toBe(false);
      const late = f.record(key, 'late', { generation: lead.generation });
      expect((await f.commit(key, dead, late)).committed).toBe(false);
      expect(await f.value(key)).toBe('none');
      const record = f.record(key, 'heir', { generation: next.generation });
      expect(await f.commit(key, heir, record)).toEqual({ committed: true });
      const again = await f.commit(key, dead, late);
      expect([again.committed, again.current?.value]).toEqual([false, 'heir']);
      expect(await f.value(key)).toBe('heir');
    });

    it('that has run out still writes where nobody took it over', async (f) => {
      const key = f.key('a');
      const token = f.token();
      const { generation } = await f.lead(key, { token, leaseMs: SHORT_MS });
      await f.advance(SHORT_MS + 100);
      expect(await f.commit(key, token, f.record(key, 1, { generation }))).toEqual({ committed: true });
      expect(await f.value(key)).toBe(1);
    });

    it('lasts as long as it is renewed, by its holder alone', async (f) => {
      const key = f.key('a');
      const token = f.token();
      await f.lead(key, { token, leaseMs: 4 * SHORT_MS });
      expect(await f.store.renew(key, token, 20 * SHORT_MS)).toBe(true);
      expect(await f.store.renew(key, f.token(), 1)).toBe(false);
      expect(await f.store.renew(f.key('b'), token, 1)).toBe(false);
      await f.advance(5 * SHORT_MS);
      expect((await f.ask(key)).status).toBe('wait');
      expect(await f.store.renew(key, token, SHORT_MS)).toBe(true);
      await f.store.abandon(key, token);
      expect(await f.store.renew(key, token, SHORT_MS)).toBe(false);
    });

    it('is not given up by a stranger', async (f) => {
      const key = f.key('a');
      await f.lead(key);
      await f.store.abandon(key, f.token(), undefined, { reason: 'cache-if' });
      expect((await f.ask(key)).status).toBe('wait');
    });

    it('leaves the reason that giving it up states, for the next who asks', async (f) => {
      const key = f.key('a');
      const token = f.token();
      await f.lead(key, { token });
      await f.store.abandon(key, token, undefined, { reason: 'cache-if', detail: 'unwanted by the task' });
      const { reason, detail } = await f.why(key);
      expect([reason, detail]).toEqual(['cache-if', 'unwanted by the task']);
    });

    it('of a refresh takes no stored value, overtakes the run before it, and leaves the value where it fails', async (f) => {
      const key = f.key('a');
      await f.put(key, 'stored');
      const [older, newer] = [f.token(), f.token()];
      const first = await f.lead(key, { mode: 'refresh', token: older });
      const second = await f.lead(key, { mode: 'refresh', token: newer });
      expect(await f.value(key)).toBe('stored');
      expect((await f.ask(key)).status).toBe('hit');
      await f.store.abandon(key, newer);
      expect(await f.value(key)).toBe('stored');
      const late = await f.commit(key, older, f.record(key, 'older', { generation: first.generation }));
      expect([late.committed, late.current?.value]).toEqual([false, 'stored']);
      const afresh = f.token();
      const third = await f.lead(key, { mode: 'refresh', token: afresh });
      expect(third.generation).toBeGreaterThan(second.generation);
      expect(await f.commit(key, afresh, f.record(key, 'fresh', { generation: third.generation }))).toEqual({
        committed: true,
      });
      expect(await f.value(key)).toBe('fresh');
    });

    it('writes once: a second write, and one by a stranger, change nothing', async (f) => {
      const key = f.key('a');
      const token = f.token();
      const { generation } = await f.lead(key, { token });
      expect((await f.commit(key, f.token(), f.record(key, 'stranger', { generation }))).committed).toBe(false);
      expect(await f.value(key)).toBe('none');
      expect(await f.commit(key, token, f.record(key, 'first', { generation }))).toEqual({ committed: true });
      // Refused; or answered as it was the first time, for a holder that has missed that answer.
      const again = await f.commit(key, token, f.record(key, 'second', { generation }));
      expect(again.committed || again.current?.value === 'first').toBe(true);
      expect(await f.value(key)).toBe('first');
      const late = await f.commit(key, f.token(), f.record(key, 'stranger', { generation: generation - 1 }));
      expect([late.committed, late.current?.value]).toEqual([false, 'first']);
      expect(await f.value(key)).toBe('first');
    });

    it('is void after an invalidation that came during the run: its write is refused, and nothing of it is seen', async (f) => {
      for (const by of Object.keys(LATE) as (keyof typeof LATE)[]) {
        const key = f.key(by, { namespace: f.name(by), identity: `Suite.${by}` });
        const token = f.token();
        const { generation } = await f.lead(key, { token });
        await f.invalidate({ namespace: f.name(by), ...only(by, key) });
        const late = f.record(key, 'late', { generation, tags: ['a tag'] });
        expect([by, (await f.commit(key, token, late)).committed]).toEqual([by, false]);
        expect([by, await f.value(key)]).toEqual([by, 'none']);
        await f.put(key, 'new', { tags: ['a tag'] });
        expect([by, await f.value(key)]).toEqual([by, 'new']);
      }
    });
  });

  describe('the fence alone, for synchronous runs', () => {
    const FENCE = { leaseMs: 0 };

    it('never waits, and writes where nothing came between', async (f) => {
      const key = f.key('a');
      const token = f.token();
      const { generation } = await f.lead(key, { token, ...FENCE });
      expect(await f.commit(key, token, f.record(key, 1, { generation }))).toEqual({ committed: true });
      expect(await f.value(key)).toBe(1);
      await f.lead(f.key('held'));
      await f.lead(f.key('held'), FENCE);
    });

    it('has nobody wait', async (f) => {
      await f.lead(f.key('a'), FENCE);
      await f.lead(f.key('a'));
    });

    it('is refused its write where another led, wrote or invalidated after it began', async (f) => {
      const between: Record<string, (f: Fixture, key: ReturnType<Fixture['key']>) => Promise<unknown>> = {
        'another led': (f, key) => f.lead(key),
        'another fence': (f, key) => f.lead(key, FENCE),
        'a refresh': (f, key) => f.lead(key, { mode: 'refresh' }),
        'another wrote': (f, key) => f.put(key, 'newer'),
        'its key was invalidated': (f, key) => f.invalidate({ namespace: key.scope.namespace, keys: [key] }),
        'all was invalidated': (f, key) => f.invalidate({ namespace: key.scope.namespace, all: true }),
      };
      for (const [what, happens] of Object.entries(between)) {
        const key = f.key(what, { namespace: f.name(what) });
        const token = f.token();
        const { generation } = await f.lead(key, { token, ...FENCE });
        await happens(f, key);
        const late = await f.commit(key, token, f.record(key, 'late', { generation }));
        const there = what === 'another wrote' ? 'newer' : undefined;
        expect([what, late.committed, late.current?.value]).toEqual([what, false, there]);
        expect([what, await f.value(key)]).toEqual([what, there ?? 'none']);
      }
    });
  });

  describe('its answers', () => {
    it('come at once to whoever cannot wait, where it says that it is synchronous', async (f) => {
      const { store } = f;
      const key = f.key('a');
      const token = f.token();
      const request = { mode: 'normal', token, leaseMs: 0 } as const;
      const lead = store.lead(key, request);
      const answers: unknown[] = [store.get(key), lead];
      const { generation } = (await lead) as Extract<Lead, { status: 'lead' }>;
      answers.push(store.commit(key, token, f.record(key, 1, { generation })));
      answers.push(store.get(key), store.lead(key, request), store.abandon(key, token));
      answers.push(store.invalidate({ namespace: key.scope.namespace, all: true }));
      const later = answers.filter(isThenable).length;
      await Promise.all(answers);
      expect(typeof store.sync).toBe('boolean');
      if (store.sync) expect(later).toBe(0);
    });
  });
}

function count(answers: readonly Lead[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** One kind of invalidation that reaches a record of this key, tagged `a tag`. */
export function only(by: keyof typeof LATE, key: ReturnType<Fixture['key']>): object {
  const { identity } = key.scope;
  return { [by]: { keys: [key], identities: [identity], tags: ['a tag'], all: true }[by] };
}
