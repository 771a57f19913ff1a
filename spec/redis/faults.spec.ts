import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StateRecord, StateStore } from '../../lib/index.js';
import { type RedisStoreOptions, redisStore } from '../../lib/redis/index.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { TcpProxy, type Weather } from '../servers/tcp-proxy.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { LostTime } from './lost-time.js';
import { PATIENT } from './redis-under-test.js';
import { RESTARTS_DEADLINE_MS, restartsUnderLoad } from './restarts.js';

const TIMEOUT_MS = 200;
/** What a busy machine may add to what it takes from this process: the promise is the deadline and a second. */
const SLACK_MS = 1_000;

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;
const lost = LostTime.beside();
/** Stands still with this process. */
const clock = (): number => performance.now() - lost.ms;

/** The outcome of a call, and that it came in time. */
async function outcome(call: () => unknown, mostMs = TIMEOUT_MS + SLACK_MS): Promise<string> {
  const began = clock();
  let said: string;
  try {
    await call();
    said = 'answered';
  } catch (error) {
    said = (error as Error).message;
  }
  expect(clock() - began).toBeLessThan(mostMs);
  return said;
}

/** The answer, though a busy machine may be too late for it now and then. */
async function answered<T>(call: () => T | Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries > 20) throw error;
    }
  }
}

/** Tries until the store answers again. */
async function recovered(store: StateStore): Promise<void> {
  const until = clock() + 10_000;
  while ((await outcome(() => store.get(keyOf('any')))) !== 'answered') {
    if (clock() > until) throw new Error('the store did not recover within 10 s');
    await sleep(20);
  }
}

describeWithRedis('a Redis store in trouble', () => {
  const own = server as OwnRedis;
  const stores: StateStore[] = [];
  let proxy: TcpProxy;

  const storeAt = (port: number, options: RedisStoreOptions = {}): ReturnType<typeof redisStore> => {
    const store = redisStore({ url: `redis://127.0.0.1:${port}`, timeout: TIMEOUT_MS, ...options });
    stores.push(store);
    return store;
  };
  const put = async (store: StateStore, text: string, value: unknown): Promise<StateRecord> => {
    const key = keyOf(text);
    const { generation } = leading(await store.lead(key, { mode: 'refresh', token: text, leaseMs: 1_000 }));
    const record = recordOf(key, value, { generation });
    expect(await store.commit(key, text, record)).toEqual({ committed: true });
    return record;
  };

  beforeEach(async () => {
    proxy = await TcpProxy.listen(own.port);
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await proxy.close();
  });
  afterAll(async () => {
    lost.stop();
    await own.stop();
  });

  const calls = (store: StateStore): Record<string, () => unknown> => {
    const key = keyOf('trouble');
    return {
      get: () => store.get(key),
      lead: () => store.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }),
      renew: () => store.renew(key, 'a', 1_000),
      commit: () => store.commit(key, 'a', recordOf(key, 1)),
      abandon: () => store.abandon(key, 'a'),
      invalidate: () => store.invalidate({ keys: [key], all: true }),
    };
  };

  it('answers every call with an error in time where nobody listens, and works once somebody does', async () => {
    proxy.weather({ refuse: true });
    const store = storeAt(proxy.port);
    for (const call of Object.values(calls(store))) expect(await outcome(call)).toMatch(/^not connected/);
    await sleep(TIMEOUT_MS);
    // It has been away for longer than a call may take: nobody waits for it any more.
    expect(await outcome(() => store.get(keyOf('any')), SLACK_MS)).toMatch(/^not connected/);
    let turned = false;
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      turned = true;
    };
    const [, after] = await Promise.all([turns(), outcome(() => store.get(keyOf('any'))).then(() => turned)]);
    expect(after).toBe(false);
    proxy.weather({});
    await recovered(store);
    const key = keyOf('back');
    expect(await answered(() => store.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }))).toMatchObject({
      status: 'lead',
    });
  });

  it('answers every call with an error in time over connections on which nothing passes, and recovers', async () => {
    const store = storeAt(proxy.port);
    const other = storeAt(own.port, PATIENT);
    await put(other, 'before', 1);
    await recovered(store);
    for (const [name, call] of Object.entries(calls(store))) {
      proxy.weather({ silent: true });
      expect([name, await outcome(call)]).toEqual([
        name,
        expect.stringMatching(/no answer within 200 ms|not connected/),
      ]);
      proxy.weather({});
      await recovered(store);
    }
    expect((await other.get(keyOf('before')))?.value).toBe(1);
  });

  it('does not notice that its connections were cut between two calls', async () => {
    const store = storeAt(proxy.port, PATIENT);
    await put(store, 'cut', 1);
    for (let round = 0; round < 5; round++) {
      proxy.cut();
      expect((await store.get(keyOf('cut')))?.value).toBe(1);
    }
  });

  it.each<[string, Weather]>([
    ['bytes that come one by one', { sliced: true }],
    ['answers that come 30 ms late', { delayMs: 15 }],
  ])('works with %s', async (_, weather) => {
    const store = storeAt(proxy.port, PATIENT);
    proxy.weather(weather);
    await put(store, 'slow', { list: [1, 2, 3] });
    expect((await store.get(keyOf('slow')))?.value).toEqual({ list: [1, 2, 3] });
    expect((await store.lead(keyOf('slow'), { mode: 'normal', token: 'b', leaseMs: 1_000 })).status).toBe('hit');
  });

  it('takes answers that come later than the timeout for no answer', async () => {
    const store = storeAt(proxy.port);
    await recovered(store);
    proxy.weather({ delayMs: 2 * TIMEOUT_MS });
    expect(await outcome(() => store.get(keyOf('late')))).toMatch(/^no answer within 200 ms|not connected/);
    proxy.weather({});
    await recovered(store);
  });

  it('tells a write whose answer was lost from a refusal', async () => {
    const store = storeAt(proxy.port, PATIENT);
    const key = keyOf('lost answer');
    const { generation } = leading(await store.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }));
    const other = storeAt(own.port, PATIENT);
    await other.get(key);
    proxy.weather({ delayMs: 50 });
    const commit = store.commit(key, 'a', recordOf(key, 'mine', { generation }));
    while ((await other.get(key)) === undefined); // written; the answer is on its way
    proxy.cut();
    proxy.weather({});
    expect(await commit).toEqual({ committed: true });
    expect(await store.commit(key, 'a', recordOf(key, 'mine', { generation }))).toEqual({ committed: true });
    expect((await other.get(key))?.value).toBe('mine');
  });

  it('leaves no lease behind where the answer to its question did not come', async () => {
    const store = storeAt(proxy.port);
    let key = keyOf('orphan');
    let said = 'answered';
    // It is answered where this process stood still: that time does not count, and the answer came meanwhile.
    for (let tries = 0; said === 'answered' && tries < 10; tries++) {
      await recovered(store);
      key = keyOf(`orphan ${tries}`);
      proxy.weather({ delayMs: 150 }); // the question arrives, the answer does not
      said = await outcome(() => store.lead(key, { mode: 'normal', token: 'orphan', leaseMs: 60_000 }));
      proxy.weather({});
    }
    expect(said).toMatch(/^no answer within 200 ms|not connected/);
    const other = storeAt(own.port, PATIENT);
    const ask = (): Promise<string> =>
      Promise.resolve(other.lead(key, { mode: 'normal', token: 'b', leaseMs: 1_000 })).then(({ status }) => status);
    while ((await ask()) !== 'lead') await sleep(10);
  });

  it('sees what others invalidated while it could not hear', async () => {
    const deaf = storeAt(proxy.port, PATIENT);
    const other = storeAt(own.port, PATIENT);
    const key = keyOf('unheard');
    const { generation } = leading(await deaf.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }));
    await deaf.commit(key, 'a', recordOf(key, 'old', { generation, tags: ['x'] }));
    expect((await deaf.get(key))?.value).toBe('old');
    proxy.cut();
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate); // it is noticed when the sockets are read
    await other.invalidate({ tags: ['x'] });
    expect(await deaf.get(key)).toBeUndefined();
  });

  it('serves nothing old for longer than 3 s over a subscription on which nothing passes', async () => {
    const deaf = storeAt(proxy.port, PATIENT);
    const other = storeAt(own.port, PATIENT);
    const key = keyOf('half-open');
    const { generation } = leading(await deaf.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }));
    await deaf.commit(key, 'a', recordOf(key, 'old', { generation, tags: ['y'] }));
    await deaf.get(key);
    proxy.weather({ silent: 'subscribers' });
    await other.invalidate({ tags: ['y'] });
    const began = performance.now();
    for (let age = 0; (await deaf.get(key)) !== undefined; age = performance.now() - began) {
      expect(age).toBeLessThan(3_000); // when it was asked
      await sleep(10);
    }
  });

  it('survives a server that is killed and comes back empty, under load: no call hangs, and none has a wrong value', async () => {
    const { calls, wrong, hung, longestCallMs, recoveredMs } = await restartsUnderLoad(own, 2, 600);
    expect({ wrong, hung }).toEqual({ wrong: 0, hung: 0 });
    expect(calls).toBeGreaterThan(100);
    expect(recoveredMs).toBeLessThan(10_000);
    expect(longestCallMs).toBeLessThan(RESTARTS_DEADLINE_MS + SLACK_MS);
  }, 60_000);
});
