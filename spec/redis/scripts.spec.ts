import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Duration, StateStore } from '../../lib/index.js';
import type { Connection } from '../../lib/redis/connection.js';
import { redisStore } from '../../lib/redis/index.js';
import { runScript, type ScriptName } from '../../lib/redis/scripts.js';
import { flush } from '../engine/pond-under-test.js';
import { type OwnRedis, startRedis } from '../servers/redis.js';
import { keyOf } from '../stores/records.js';

const server = await startRedis();
const describeWithRedis = server === undefined ? describe.skip : describe;
const CROWD = 300;

describeWithRedis('a crowd that meets a Redis without our scripts', () => {
  const own = server as OwnRedis;
  const stores: StateStore[] = [];
  const open = (port: number, timeout: Duration): StateStore => {
    const store = redisStore({ url: `redis://127.0.0.1:${port}`, timeout });
    stores.push(store);
    return store;
  };
  const lead = async (store: StateStore, name: string): Promise<string> =>
    (await store.lead(keyOf(name), { mode: 'normal', token: name, leaseMs: 60_000 })).status;
  const names = (of: string): string[] => Array.from({ length: CROWD }, (_, i) => `${of} ${i}`);

  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  afterAll(() => own.stop());

  it('sends each of them whole once, and so again after the server has forgotten them', async () => {
    const admin = new Redis(own.url);
    const store = open(own.port, '10s');
    await store.get(keyOf('connected'));
    for (const round of ['first', 'again']) {
      await admin.script('FLUSH');
      await admin.config('RESETSTAT');
      expect(new Set(await Promise.all(names(round).map((name) => lead(store, name))))).toEqual(new Set(['lead']));
      const stats = await admin.info('commandstats');
      const calls = (command: string): number =>
        Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      expect(calls('evalsha')).toBeGreaterThanOrEqual(CROWD);
      expect(calls('eval')).toBeGreaterThanOrEqual(1);
      expect(calls('eval')).toBeLessThanOrEqual(2); // `lead`, and `board` where the second has passed after which it is read
    }
    admin.disconnect();
  });
});

describe('a script that its server does not know', () => {
  /** Servers by key, which learn a script when they get it whole; `sent` is what was sent, `answer` lets a whole script be answered. */
  function servers() {
    const sent: string[] = [];
    const known = new Set<string>();
    const answers: (() => void)[] = [];
    const state = { wanted: true };
    const callBuffer = async (command: string, _script: string, _keys: number, node: string): Promise<unknown> => {
      sent.push(`${command} ${node}`);
      if (command === 'evalsha' && !known.has(node)) throw new Error('NOSCRIPT No matching script.');
      if (command === 'eval') {
        await new Promise<void>((resolve) => answers.push(resolve));
        known.add(node);
      }
      return [node];
    };
    const ask = (command: (commands: unknown, isWanted: () => boolean) => unknown) =>
      command({ callBuffer }, () => state.wanted);
    const connection = { ask } as unknown as Connection;
    return {
      sent,
      state,
      run: (node: string, name: ScriptName = 'renew') => runScript(connection, name, [node], []),
      runElsewhere: (node: string) => runScript({ ask } as unknown as Connection, 'renew', [node], []),
      answer: () => {
        for (const answer of answers.splice(0)) answer();
      },
    };
  }
  const wholes = (sent: readonly string[]): string[] => sent.filter((one) => one.startsWith('eval '));

  it('is sent whole by the first; the others wait, and ask again', async () => {
    const { sent, run, answer } = servers();
    const all = Promise.all([run('a'), run('a'), run('a')]);
    await flush();
    expect(sent).toEqual(['evalsha a', 'evalsha a', 'evalsha a', 'eval a']);
    answer();
    expect(await all).toEqual([['a'], ['a'], ['a']]);
    expect(sent.slice(4)).toEqual(['evalsha a', 'evalsha a']);
  });

  it('is sent once to each node of a cluster', async () => {
    const { sent, run, answer } = servers();
    const all = Promise.all(['a', 'b', 'a', 'b', 'c'].map((node) => run(node)));
    for (let node = 0; node < 3; node++) {
      await flush();
      answer();
    }
    expect(await all).toEqual([['a'], ['b'], ['a'], ['b'], ['c']]);
    expect(wholes(sent).sort()).toEqual(['eval a', 'eval b', 'eval c']);
  });

  it('is waited for on its own connection alone', async () => {
    const { sent, run, runElsewhere, answer } = servers();
    const all = Promise.all([run('a'), runElsewhere('a')]);
    await flush();
    answer();
    await all;
    expect(wholes(sent)).toEqual(['eval a', 'eval a']);
  });

  it('is asked for no more by those who were told meanwhile that it failed', async () => {
    const { sent, state, run, answer } = servers();
    const all = Promise.allSettled([run('a'), run('a'), run('a')]);
    await flush();
    state.wanted = false;
    answer();
    await all;
    expect(sent).toEqual(['evalsha a', 'evalsha a', 'evalsha a', 'eval a']);
  });

  it('is asked for all the same where it gives a lease back', async () => {
    const { sent, state, run, answer } = servers();
    const all = Promise.all([run('a', 'abandon'), run('a', 'abandon')]);
    state.wanted = false;
    await flush();
    answer();
    await all;
    expect(sent).toEqual(['evalsha a', 'evalsha a', 'eval a', 'evalsha a']);
  });

  it('is sent whole by the next where the first failed', async () => {
    const sent: string[] = [];
    let tries = 0;
    const ask = (command: (commands: unknown, isWanted: () => boolean) => unknown) =>
      command(
        {
          callBuffer: async (name: string) => {
            sent.push(name);
            if (name === 'evalsha') throw new Error('NOSCRIPT No matching script.');
            if (tries++ === 0) throw new Error('ERR no');
            return ['done'];
          },
        },
        () => true,
      );
    const connection = { ask } as unknown as Connection;
    const said = await Promise.allSettled([0, 1].map(() => runScript(connection, 'renew', ['a'], [])));
    expect(said.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(sent).toEqual(['evalsha', 'evalsha', 'eval', 'evalsha', 'eval']);
  });
});
