import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { hashObjects, KeyScope, type StateStore, StoreKey } from '../../lib/index.js';
import { type RedisStoreOptions, redisAclRules, redisStore } from '../../lib/redis/index.js';

/** For what is about anything but being late: a server that others keep busy may stand still for seconds. */
export const PATIENT = { timeout: '20s' } as const;

/** The key of `Pricing.quote(sku)`. */
export function quoteKey(sku: string): StoreKey {
  return new StoreKey(new KeyScope('Pricing.quote', undefined, ''), hashObjects(sku));
}

/** One spec file's corner of a server: a prefix and a user of its own, with the rights that are documented and no more. */
export class RedisUnderTest {
  readonly prefix = `spec-${randomUUID()}`;
  readonly user = `flowpond-${this.prefix}`;
  readonly password = randomBytes(12).toString('base64url');
  /** May do everything. */
  readonly admin: Redis;
  /** With the user and its password. */
  readonly url: string;
  readonly #stores: StateStore[] = [];

  private constructor(readonly server: string) {
    this.admin = new Redis(server);
    const url = new URL(server);
    url.username = this.user;
    url.password = this.password;
    this.url = url.href;
  }

  static async on(server: string): Promise<RedisUnderTest> {
    const redis = new RedisUnderTest(server);
    await redis.admin.call('ACL', 'SETUSER', redis.user, 'on', `>${redis.password}`, ...redisAclRules(redis.prefix));
    return redis;
  }

  /** A store as one process would have it. Closed by {@link leave}. */
  store(options: RedisStoreOptions = {}): ReturnType<typeof redisStore> {
    const target = options.client === undefined ? { url: this.url } : {};
    const store = redisStore({ ...target, ...PATIENT, prefix: this.prefix, ...options });
    this.#stores.push(store);
    return store;
  }

  /** The names of all keys of the prefix. */
  async names(prefix = this.prefix): Promise<string[]> {
    const names: string[] = [];
    for await (const found of this.admin.scanStream({ match: `${prefix}:*`, count: 1_000 }))
      names.push(...(found as string[]));
    return names;
  }

  /** Resolves when so many processes wait for a quote of `Pricing` (see pricing.ts); with false, when it is too late for that. */
  async waiters(sku: string, count: number, isTooLate = (): boolean => false): Promise<boolean> {
    const { digest } = quoteKey(sku);
    while ((await this.admin.scard(`${this.prefix}:{${digest}}:waiters`)) < count) {
      if (isTooLate()) return false;
      await sleep(2);
    }
    return true;
  }

  /** Names of keys that would stay for ever. */
  async immortal(): Promise<string[]> {
    const names = await this.names();
    const left = await Promise.all(names.map((name) => this.admin.pttl(name)));
    return names.filter((_, i) => left[i] === -1);
  }

  async closeStores(): Promise<void> {
    await Promise.all(this.#stores.splice(0).map((store) => store.close()));
  }

  /** Takes away everything that is of this corner. */
  async leave(): Promise<void> {
    await this.closeStores();
    const names = await this.names();
    for (let i = 0; i < names.length; i += 500) await this.admin.del(...names.slice(i, i + 500));
    await this.admin.call('ACL', 'DELUSER', this.user);
    this.admin.disconnect();
  }
}
