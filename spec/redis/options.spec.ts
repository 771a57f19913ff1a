import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createPond, InvalidOptionsError, staticKey, task } from '../../lib/index.js';
import { type RedisStoreOptions, redisAclRules, redisStore } from '../../lib/redis/index.js';
import { keyOf } from '../stores/records.js';

const SECRET = 'pa$$ wörd/:@';
const SECRET_IN_URL = encodeURIComponent(SECRET);

/** The message of what options are refused with. */
function refusal(options: unknown): string {
  try {
    redisStore(options as RedisStoreOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    return (error as Error).message;
  }
  throw new Error('the options were taken');
}

describe('the options of a Redis store', () => {
  it.each<[string, object, RegExp]>([
    ['a URL that is none', { url: `redis:/${SECRET}` }, /`url` is no URL of a Redis server/],
    ['a URL of something else', { url: `https://me:${SECRET_IN_URL}@host` }, /`url` is no URL of a Redis server/],
    ['a URL whose password is not encoded', { url: 'redis://me:100%@host' }, /`url` is no URL of a Redis server/],
    ['a database that is no number', { url: 'redis://host/main' }, /`url` is no URL of a Redis server/],
    [
      'TLS for a plain connection',
      { url: 'redis://host', tls: { key: SECRET } },
      /`tls` is given without a URL for TLS/,
    ],
    ['a client that is none', { client: { password: SECRET } }, /`client` is no client of ioredis/],
    ['a prefix that could choose the slot', { prefix: 'a{b}' }, /`prefix` cannot begin names of keys/],
    ['a prefix with a pattern', { prefix: 'a*' }, /`prefix` cannot begin names of keys/],
    ['an empty prefix', { prefix: '' }, /`prefix` cannot begin names of keys/],
    ['a timeout of nothing', { timeout: 0 }, /`timeout` must be a positive/],
    ['an age that is no duration', { maxAge: 'long' }, /`maxAge` must be a positive/],
    ['more than Redis can hold', { maxValueBytes: 2 ** 30 }, /`maxValueBytes` must be a whole number/],
    ['advice to nobody', { onAdvice: 'console' }, /`onAdvice` must be a function/],
    ['an unknown one', { urll: 'redis://host' }, /Did you mean `url`/],
  ])('refuse %s, and show no secrets', (_, options, sentence) => {
    expect(refusal(options)).toMatch(sentence);
    expect(refusal(options)).not.toContain(SECRET);
    expect(refusal(options)).not.toContain(SECRET_IN_URL);
  });

  it('refuse a client beside a URL', async () => {
    const client = new Redis({ lazyConnect: true });
    expect(refusal({ client, url: 'redis://host' })).toMatch(/is given beside `url`/);
    client.disconnect();
  });

  it('are read by own properties only', async () => {
    Object.defineProperty(Object.prototype, 'prefix', { value: '*', configurable: true });
    try {
      await redisStore({ url: 'redis://127.0.0.1:1' }).close();
      expect(redisAclRules()).toContain('~flowpond:*');
    } finally {
      delete (Object.prototype as { prefix?: unknown }).prefix;
    }
  });

  it('do not show in the store, nor in the error of a server that is not there', async () => {
    const store = redisStore({ url: `redis://me:${SECRET_IN_URL}@127.0.0.1:1/3`, timeout: 1_000, onAdvice: () => {} });
    const error = (await Promise.resolve(store.get(keyOf('a'))).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/^not connected: .*ECONNREFUSED/);
    const shown = inspect([store, error], { depth: 20, showHidden: true, showProxy: true }) + JSON.stringify(store);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(SECRET_IN_URL);
    await store.close();
  });

  it('let a pond hear why a server is not there, all by default', async () => {
    const told: string[] = [];
    const pond = createPond({ store: redisStore({ url: 'redis://127.0.0.1:1' }), logLevel: 'silent' });
    pond.events.on('trouble', ({ message }) => told.push(message));
    const quote = task(async () => 7, { name: 'quote', cacheKeyFn: staticKey('k') });
    expect(await pond.run(() => quote())).toBe(7);
    expect(told[0]).toMatch(/not connected: .*ECONNREFUSED/);
    await pond.close();
  });

  it('give the rules of the smallest user for their prefix', () => {
    expect(redisAclRules('shop')).toEqual(expect.arrayContaining(['~shop:*', '&shop:*', '-@all', '+evalsha']));
    expect(redisAclRules('shop').join(' ')).not.toMatch(/\+(?:keys|flush|scan|config|@)|allkeys|allchannels/);
    expect(() => redisAclRules('a b')).toThrow(InvalidOptionsError);
  });
});
