import type { StateRecord } from '../../stores/record.js';
import type { LeadRequest } from '../../stores/store.js';
import type { StoreKey } from '../../stores/store-key.js';
import { type DefineSpec, type Fixture, LONG_MS, SHORT_MS } from './fixture.js';
import { only } from './lease-specs.js';
import type { SpecApi } from './spec-api.js';

/** Nobody computes for a while after a run has failed, where an expired value can be served meanwhile. */
export function holdBackSpecs({ describe, expect }: SpecApi, it: DefineSpec): void {
  describe('a failed run that holds the next ones back', () => {
    it('has them answered with the expired value, asynchronous or not, until its time is over', async (f) => {
      const key = f.key('a');
      await heldBack(f, key, SHORT_MS);
      for (const request of [{}, { leaseMs: 0 }]) {
        const lead = await f.ask(key, request);
        expect([request, lead.status]).toEqual([request, 'stale']);
        expect(lead.status === 'stale' && [lead.record.value, lead.record.errorForMs]).toEqual(['old', LONG_MS]);
      }
      await f.advance(SHORT_MS + 50);
      expect((await f.ask(key)).status).toBe('lead');
    });

    it('says when the value expired, and gives each caller a copy', async (f) => {
      const key = f.key('a');
      const { expiresAt } = await heldBack(f, key, LONG_MS);
      const [one, other] = [await f.ask(key), await f.ask(key)];
      if (one.status !== 'stale' || other.status !== 'stale') throw new Error('it was not held back');
      expect([one.record.expiresAt, other.record.expiresAt]).toEqual([expiresAt, expiresAt]);
      expect(one.record === other.record).toBe(false);
    });

    it('holds nobody back where there is no expired value', async (f) => {
      const key = f.key('a');
      const token = f.token();
      await f.lead(key, { token });
      await f.store.abandon(key, token, LONG_MS);
      expect((await f.ask(key)).status).toBe('lead');
    });

    it('holds nobody back whose expired value is past the longer of its windows', async (f) => {
      for (const windows of [
        { renewForMs: SHORT_MS, errorForMs: 0 },
        { renewForMs: 0, errorForMs: SHORT_MS },
      ]) {
        const key = f.key(JSON.stringify(windows));
        await heldBack(f, key, LONG_MS, windows);
        expect((await f.ask(key)).status).toBe('stale');
        await f.advance(SHORT_MS + 50);
        expect((await f.ask(key)).status).toBe('lead');
      }
    });

    it('holds back for an expiry that was asked for, too, and no longer than its windows', async (f) => {
      for (const by of ['keys', 'identities', 'tags', 'all'] as const) {
        const key = f.key(by, { namespace: f.name(by), identity: `Suite.${by}` });
        await f.put(key, 'old', { tags: ['a tag'], errorForMs: SHORT_MS });
        await f.invalidate({ namespace: f.name(by), ...only(by, key), expire: true });
        await failed(f, key, LONG_MS);
        expect([by, (await f.ask(key)).status]).toEqual([by, 'stale']);
        await f.advance(SHORT_MS + 50);
        expect([by, (await f.ask(key)).status]).toEqual([by, 'lead']);
      }
    });

    it('does not hold back a refresh, and goes on where that fails', async (f) => {
      const key = f.key('a');
      await heldBack(f, key, LONG_MS);
      const token = f.token();
      await f.lead(key, { mode: 'refresh', token });
      expect((await f.ask(key)).status).toBe('stale');
      await f.store.abandon(key, token);
      expect((await f.ask(key)).status).toBe('stale');
    });

    it('ends with a value', async (f) => {
      const key = f.key('a');
      await heldBack(f, key, LONG_MS);
      await f.put(key, 'new', { expiresAt: f.now() + SHORT_MS, errorForMs: LONG_MS });
      expect((await f.ask(key)).status).toBe('hit');
      await f.advance(SHORT_MS + 10);
      expect((await f.ask(key)).status).toBe('lead');
    });

    it('ends with an invalidation of whatever kind, and not with an expiry', async (f) => {
      for (const by of ['keys', 'identities', 'tags', 'all'] as const) {
        const key = f.key(by, { namespace: f.name(by), identity: `Suite.${by}` });
        await heldBack(f, key, LONG_MS, { tags: ['a tag'] });
        await f.invalidate({ namespace: f.name(by), ...only(by, key), expire: true });
        expect([by, (await f.ask(key)).status]).toEqual([by, 'stale']);
        await f.invalidate({ namespace: f.name(by), ...only(by, key) });
        expect([by, (await f.ask(key)).status]).toEqual([by, 'lead']);
      }
    });

    it('is no matter of a stranger, nor of other keys', async (f) => {
      const [key, other] = [f.key('a'), f.key('b')];
      for (const one of [key, other]) await expired(f, one);
      await f.store.abandon(key, f.token(), LONG_MS);
      expect((await f.ask(key)).status).toBe('lead');
      await f.invalidate({ namespace: key.scope.namespace, keys: [key] });
      await heldBack(f, key, LONG_MS);
      expect((await f.ask(other)).status).toBe('lead');
    });

    it('lets 50 that ask at once be answered without anybody computing', async (f) => {
      const key = f.key('a');
      await heldBack(f, key, LONG_MS);
      const answers = await Promise.all(Array.from({ length: 50 }, () => f.ask(key)));
      expect(answers.filter(({ status }) => status === 'stale').length).toBe(50);
    });
  });
}

/** Stores a value that has expired. */
async function expired(f: Fixture, key: StoreKey, more: Partial<StateRecord> = {}): Promise<StateRecord> {
  const record = await f.put(key, 'old', { expiresAt: f.now() + 20, errorForMs: LONG_MS, ...more });
  await f.advance(30);
  return record;
}

/** Leads and gives up, for so long. */
async function failed(f: Fixture, key: StoreKey, ms: number, request: Partial<LeadRequest> = {}): Promise<void> {
  const token = f.token();
  await f.lead(key, { token, ...request });
  await f.store.abandon(key, token, ms);
}

/** Stores a value that has expired, and has a run fail. */
export async function heldBack(
  f: Fixture,
  key: StoreKey,
  ms: number,
  more: Partial<StateRecord> = {},
): Promise<StateRecord> {
  const record = await expired(f, key, more);
  await failed(f, key, ms);
  return record;
}
