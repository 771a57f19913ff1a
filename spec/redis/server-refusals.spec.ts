import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { StateStore } from '../../lib/index.js';
import { type RedisStoreOptions, redisStore } from '../../lib/redis/index.js';
import { freePort, type OwnRedis, startRedis } from '../servers/redis.js';
import { keyOf } from '../stores/records.js';
import { PATIENT } from './redis-under-test.js';

const probe = await startRedis();
await probe?.stop();
const describeWithRedis = probe === undefined ? describe.skip : describe;

/** Makes certificates. A machine with Redis need not have it. */
const hasOpenssl = await promisify(execFile)('openssl', ['version']).then(
  () => true,
  () => process.env.REQUIRE_SERVERS === '1',
);
if (!hasOpenssl) process.stderr.write('\n########## SPEC SKIPPED: no openssl, which TLS is tried with. ##########\n\n');
const itWithOpenssl = hasOpenssl ? it : it.skip;

describeWithRedis('a Redis store at its start', () => {
  const servers: OwnRedis[] = [];
  const stores: StateStore[] = [];

  async function serve(...args: string[]): Promise<OwnRedis> {
    const server = (await startRedis(...args)) as OwnRedis;
    servers.push(server);
    return server;
  }
  function open(options: RedisStoreOptions): { readonly store: StateStore; readonly advice: string[] } {
    const advice: string[] = [];
    const store = redisStore({ ...PATIENT, onAdvice: (message) => advice.push(message), ...options });
    stores.push(store);
    return { store, advice };
  }
  async function failure(store: StateStore): Promise<string> {
    try {
      await store.get(keyOf('a'));
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it answered');
  }
  /** A failure that says so: a busy machine may be too late to know why there is no connection. */
  async function failureOf(store: StateStore, reason: RegExp): Promise<string> {
    let said = await failure(store);
    for (let tries = 0; !reason.test(said) && tries < 20; tries++) said += `\n${await failure(store)}`;
    return said;
  }

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it('refuses a server without scripts, with the reason', async () => {
    const { url } = await serve('--rename-command', 'EVALSHA', '', '--rename-command', 'EVAL', '');
    expect(await failure(open({ url }).store)).toMatch(/^this Redis does not run scripts .*cannot be promised/);
  });

  it('refuses a user that may not run scripts, with the reason', async () => {
    const { url } = await serve();
    const admin = new Redis(url);
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@read', '+subscribe');
    admin.disconnect();
    const { store } = open({ url: url.replace('//', '//reader:secret@') });
    expect(await failure(store)).toMatch(/^this Redis does not run scripts .*redisAclRules/);
  });

  it('says that a password is wrong or missing, without telling it', async () => {
    const { url } = await serve('--requirepass', 'right one');
    expect(await failureOf(open({ url, timeout: 1_000 }).store, /NOAUTH/)).toMatch(/NOAUTH/);
    const wrong = open({ url: url.replace('//', '//:wr%C3%B6ng@'), timeout: 1_000 });
    const message = await failureOf(wrong.store, /WRONGPASS|invalid password/);
    expect(message).toMatch(/WRONGPASS|invalid password/);
    expect(message).not.toContain('wröng');
    const { store } = open({ url: url.replace('//', '//:right%20one@') });
    expect(await store.get(keyOf('a'))).toBeUndefined();
  });

  it.each([
    ['noeviction', /refuses writes when its memory is full/],
    ['volatile-ttl', /leases may be evicted first/],
    ['allkeys-random', /leases may be evicted first/],
  ])('advises against a bounded memory with %s, once', async (policy, sentence) => {
    const { url } = await serve('--maxmemory', '100mb', '--maxmemory-policy', policy);
    const { store, advice } = open({ url });
    await store.get(keyOf('a'));
    await store.get(keyOf('b'));
    expect(advice).toEqual([expect.stringMatching(sentence)]);
  });

  it('has no advice about a server on this machine that is as it should be', async () => {
    const { url } = await serve('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const { store, advice } = open({ url });
    await store.get(keyOf('a'));
    expect(advice).toEqual([]);
  });

  it('advises a password where the server is another machine', async () => {
    expect(open({ url: 'redis://redis.invalid' }).advice).toEqual([expect.stringMatching(/no password is given/)]);
    expect(open({ url: 'redis://:secret@redis.invalid' }).advice).toEqual([]);
    const client = new Redis({ host: 'redis.invalid', lazyConnect: true });
    expect(open({ client }).advice).toEqual([expect.stringMatching(/no password is given/)]);
    client.disconnect();
  });

  it('leaves the client that it is given alone, and takes its settings', async () => {
    const { url } = await serve();
    const client = new Redis(url, { keyPrefix: 'theirs:', db: 2 });
    const { store } = open({ client });
    await store.get(keyOf('a'));
    await store.close();
    expect(await client.ping()).toBe('PONG');
    expect(await client.keys('*')).toEqual(expect.arrayContaining(['flowpond:{board}']));
    client.disconnect();
  });

  itWithOpenssl(
    'verifies the certificate of a server over TLS, unless it is told not to, which it advises against',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'flowpond-tls-'));
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ];
      await promisify(execFile)('openssl', [...made, ...subject, '-keyout', key, '-out', cert]);
      const port = await freePort();
      const tls = [
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-ca-cert-file',
        cert,
        '--tls-auth-clients',
        'no',
      ];
      await serve('--tls-port', String(port), ...tls);
      const url = `rediss://127.0.0.1:${port}`;
      const distrusted = open({ url, timeout: 1_000 }).store;
      expect(await failureOf(distrusted, /self-signed/)).toMatch(/self-signed certificate/);
      const trusted = open({ url, tls: { ca: await readFile(cert) } });
      expect(await trusted.store.get(keyOf('a'))).toBeUndefined();
      const careless = open({ url, tls: { rejectUnauthorized: false } });
      expect(await careless.store.get(keyOf('a'))).toBeUndefined();
      expect([trusted.advice, careless.advice]).toEqual([[], [expect.stringMatching(/is not verified/)]]);
      await rm(folder, { recursive: true });
    },
    60_000,
  );
});
