import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Adviser, adviceOnAddress, adviceOnServer } from '../../lib/redis/advice.js';
import type { Connection } from '../../lib/redis/connection.js';

afterEach(() => {
  jest.restoreAllMocks();
});

function warnings(): unknown[] {
  const given: unknown[] = [];
  jest.spyOn(process, 'emitWarning').mockImplementation(((...args: unknown[]) => given.push(args)) as never);
  return given;
}

/** A server that answers INFO with these lines. */
function server(...lines: readonly string[]): Connection {
  return { ask: async () => Buffer.from(lines.join('\r\n')) } as unknown as Connection;
}

describe('advice', () => {
  it('is a warning of the process, given once in it, where nobody asked for it', () => {
    const given = warnings();
    for (const _store of [1, 2]) new Adviser(undefined).give(['be wise', 'be wise']);
    expect(given).toEqual([['redisStore: be wise', { type: 'FlowpondAdvice' }]]);
  });

  it('is told to onAdvice, once for each store, and never to the process', () => {
    const [given, told] = [warnings(), [] as string[]];
    for (const _store of [1, 2]) new Adviser((message) => told.push(message)).give(['be brave', 'be brave']);
    expect([given, told]).toEqual([[], ['redisStore: be brave', 'redisStore: be brave']]);
  });

  it('disturbs nobody where onAdvice throws: the process is warned of that', () => {
    const given = warnings();
    const adviser = new Adviser(() => {
      throw new Error('no ears');
    });
    adviser.give(['be calm']);
    expect(given).toEqual([['onAdvice failed: no ears', { type: 'FlowpondAdvice' }]]);
  });
});

describe('what is unwise about an address', () => {
  it.each([
    ['no password, elsewhere', { host: '10.0.0.7', hasPassword: false }, [/no password/]],
    ['a password, elsewhere', { host: '10.0.0.7', hasPassword: true }, []],
    ['this machine', { host: '127.0.0.1', hasPassword: false }, []],
    ['this machine by IPv6', { host: '::1', hasPassword: false }, []],
    ['a socket', { host: '/run/redis.sock', hasPassword: false }, []],
    [
      'certificates that nobody verifies',
      { host: 'a', hasPassword: true, tls: { rejectUnauthorized: false } },
      [/not verified/],
    ],
  ])('%s', (_, address, wanted) => {
    const advice = adviceOnAddress(address as never);
    expect(advice).toEqual(wanted.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe('what is unwise about a server', () => {
  it.each([
    ['too old a version', ['redis_version:6.0.16'], [/version 6\.0\.16; 6\.2 is the oldest/]],
    ['an older major version', ['redis_version:5.9.9'], [/version 5\.9\.9/]],
    ['the oldest that will do', ['redis_version:6.2.0'], []],
    ['a newer one', ['redis_version:8.0.1'], []],
    ['a version that cannot be read', ['redis_version:unknown'], []],
    ['no version', [], []],
    ['a full memory that refuses writes', ['maxmemory:100', 'maxmemory_policy:noeviction'], [/refuses writes/]],
    ['leases that may go first', ['maxmemory:100', 'maxmemory_policy:volatile-ttl'], [/leases may be evicted/]],
    ['values at random', ['maxmemory:100', 'maxmemory_policy:allkeys-random'], [/leases may be evicted/]],
    ['what was used least', ['maxmemory:100', 'maxmemory_policy:allkeys-lru'], []],
    ['no limit of memory', ['maxmemory:0', 'maxmemory_policy:noeviction'], []],
  ])('%s', async (_, lines, wanted) => {
    const advice = await adviceOnServer(server(...lines));
    expect(advice).toEqual(wanted.map((pattern) => expect.stringMatching(pattern)));
  });

  it('is nothing where it may not be asked', async () => {
    const refusing = { ask: async () => Promise.reject(new Error('NOPERM')) } as unknown as Connection;
    expect(await adviceOnServer(refusing)).toEqual([]);
  });
});
