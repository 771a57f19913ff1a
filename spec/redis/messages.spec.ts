import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { StateStore, StoreKey } from '../../lib/index.js';
import type { StoreEvent } from '../../lib/stores/watchable-store.js';
import { findRedis, type RedisServer } from '../servers/redis.js';
import { keyOf, leading, recordOf } from '../stores/records.js';
import { RedisUnderTest } from './redis-under-test.js';

const server = await findRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;

describeWithRedis('messages that a Redis store is sent', () => {
  let redis: RedisUnderTest;

  beforeAll(async () => {
    redis = await RedisUnderTest.on((server as RedisServer).url);
  });
  afterEach(() => redis.closeStores());
  afterAll(async () => {
    await redis.leave();
    await server?.stop();
  });

  async function put(store: StateStore, key: StoreKey, value: unknown, tags?: readonly string[]): Promise<void> {
    const { generation } = leading(await store.lead(key, { mode: 'refresh', token: 'put', leaseMs: 1_000 }));
    await store.commit(key, 'put', recordOf(key, value, { generation, tags }));
  }

  /** The channels that somebody listens to. */
  async function channels(count: number): Promise<string[]> {
    for (;;) {
      const found = (await redis.admin.pubsub('CHANNELS', `${redis.prefix}:*`)) as string[];
      if (found.length >= count) return found;
      await sleep(2);
    }
  }

  const GARBAGE = [
    '',
    'x',
    '-1',
    '1e9',
    'NaN',
    '{}',
    '[]',
    '{"__proto__":1}',
    '\0',
    '🐟',
    'f'.repeat(64),
    '9'.repeat(16),
  ];
  const TOO_LONG = ['9'.repeat(1_000_000), `${'a'.repeat(64)}:${'1'.repeat(200)}`];

  it('cost at most a question, whatever they say: values stay, and stay readable', async () => {
    const store = redis.store();
    const stop = store.watch(() => {});
    const key = keyOf('forged');
    await put(store, key, 'good', ['x']);
    const listening = await channels(3);
    for (const channel of listening) {
      for (const message of [...GARBAGE, ...TOO_LONG, key.digest, `${key.digest}:9007199254740991`]) {
        await redis.admin.publish(channel, message);
      }
      expect((await store.get(key))?.value).toBe('good');
    }
    expect((await store.lead(key, { mode: 'normal', token: 'a', leaseMs: 100 })).status).toBe('hit');
    stop();
  });

  it('wake a waiting call at once, forged ones too, which then waits on', async () => {
    const [holder, waiter] = [redis.store(), redis.store()];
    const key = keyOf('woken');
    await holder.lead(key, { mode: 'normal', token: 'holder', leaseMs: 60_000 });
    const ask = async (): Promise<{ readonly woken: Promise<void> }> => {
      const lead = await waiter.lead(key, { mode: 'normal', token: 'waiter', leaseMs: 1_000 });
      if (lead.status !== 'wait' || lead.woken === undefined) throw new Error(`expected to wait, but: ${lead.status}`);
      return { woken: lead.woken };
    };
    const forged = await ask();
    let isWoken = false;
    void forged.woken.then(() => {
      isWoken = true;
    });
    while (!isWoken) {
      for (const inbox of await channels(1)) await redis.admin.publish(inbox, key.digest);
    }
    const real = await ask();
    await holder.abandon(key, 'holder');
    await real.woken;
    expect((await waiter.lead(key, { mode: 'normal', token: 'waiter', leaseMs: 1_000 })).status).toBe('lead');
  });

  it('tell whoever watches what other processes invalidated and wrote, and what may have been missed', async () => {
    const [near, far] = [redis.store(), redis.store()];
    const events: StoreEvent[] = [];
    let told = (): void => {};
    const stop = near.watch((event) => {
      events.push(event);
      told();
    });
    const until = async (what: object): Promise<void> => {
      const matches = (): boolean => events.some((event) => expect.objectContaining(what).asymmetricMatch(event));
      while (!matches()) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
      events.splice(0);
    };
    await near.get(keyOf('warm'));
    await until({ kind: 'distrust' }); // it listens from here on
    const key = keyOf('watched', 'Watched.task', undefined, 'space');
    const { digest } = key;
    const { generation } = leading(await far.lead(key, { mode: 'normal', token: 'a', leaseMs: 1_000 }));
    await far.commit(key, 'a', recordOf(key, 1, { generation }));
    await until({ kind: 'invalidated', digests: [digest], generation: generation - 1 });
    await far.invalidate({ keys: [key] });
    await until({ kind: 'invalidated', digests: [digest] });
    await far.invalidate({ namespace: 'space', tags: ['t:1'] });
    await until({ kind: 'invalidated', namespace: 'space', tags: ['t:1'] });
    await far.invalidate({ namespace: 'space', identities: ['Watched.task'] });
    await until({ kind: 'invalidated', namespace: 'space', identities: ['Watched.task'] });
    await far.invalidate({ namespace: 'space', all: true });
    await until({ kind: 'invalidated', namespace: 'space', all: true });
    await far.invalidate({ tags: ['long '.repeat(100)] }); // its name does not fit: something was missed
    await until({ kind: 'distrust' });
    await redis.admin.client('KILL', 'USER', redis.user);
    await until({ kind: 'distrust' });
    stop();
    await far.invalidate({ keys: [key], all: true });
    await near.get(key);
    expect(events.filter(({ kind }) => kind === 'invalidated')).toEqual([]);
  });
});
