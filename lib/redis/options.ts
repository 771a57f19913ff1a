import type { ConnectionOptions } from 'node:tls';
import { type Duration, positiveDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import { fn, type Parsed, type Read, readOptions, whole } from '../base/option-reader.js';
import type { RedisClient } from './clients.js';

/** What `redisStore` takes: a URL or a client, and settings that all have defaults. */
export interface RedisStoreOptions {
  /**
   * `redis://user:password@host:port/db`, or `rediss://…` for TLS, which verifies the server's certificate. Default
   * `redis://127.0.0.1:6379` where no client is given.
   */
  readonly url?: string | undefined;
  /**
   * A client of ioredis whose settings are taken: behind Sentinel, of a `Cluster`, or with anything a URL cannot say. The store
   * makes connections of its own from it, and leaves this one alone.
   */
  readonly client?: RedisClient | undefined;
  /** More for `rediss://`: `ca`, `cert`, `key`, `servername`. `rejectUnauthorized: false` is advised against once. */
  readonly tls?: ConnectionOptions | undefined;
  /**
   * What all names of keys and channels begin with; letters, digits and `_ . : -`, at most 64. Stores with one prefix on one server
   * share their states. Default `flowpond`.
   */
  readonly prefix?: string | undefined;
  /** Longest wait for an answer of the server; a connection that is silent for as long is made anew. Default 0.9 s. */
  readonly timeout?: Duration | undefined;
  /** Longest that the server keeps a state, one that never expires too. Default 90 days. */
  readonly maxAge?: Duration | undefined;
  /** Larger values are returned, but not stored. Bytes as written. Default 16 MiB. */
  readonly maxValueBytes?: number | undefined;
  /**
   * Told, at most once each, what is unwise about the server or how it is reached: no password off this machine, certificates that
   * are not verified, a full memory that refuses writes, a version too old. Default: a warning of the process.
   */
  readonly onAdvice?: ((message: string) => void) | undefined;
}

const WHERE = 'redisStore';
const PREFIX = /^[\w.:-]{1,64}$/;

/** Never shows the value: there may be a password in it. */
const url: Read<string> = (value, where, option) => {
  if (typeof value === 'string' && isRedisUrl(value)) return value;
  const remedy = "Give 'redis://host:6379' or 'rediss://user:password@host:6379/0', with the password URL-encoded.";
  throw new InvalidOptionsError({ where, option, problem: 'is no URL of a Redis server', remedy });
};

function isRedisUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

const client: Read<RedisClient> = (value, where, option) => {
  const given = value as Partial<Record<keyof RedisClient, unknown>> | null;
  if (typeof given === 'object' && typeof given?.duplicate === 'function' && typeof given.isCluster === 'boolean')
    return value as RedisClient;
  const remedy = 'Give new Redis(…) or new Cluster(…) of ioredis 5 or 6.';
  throw new InvalidOptionsError({ where, option, problem: 'is no client of ioredis', remedy });
};

const tls: Read<ConnectionOptions> = (value, where, option) => {
  if (typeof value === 'object' && value !== null) return value;
  const remedy = 'Give { ca } or leave it out.';
  throw new InvalidOptionsError({ where, option, problem: 'must be an object', remedy });
};

const prefix: Read<string> = (value, where, option) => {
  if (typeof value === 'string' && PREFIX.test(value)) return value;
  const remedy = 'Use up to 64 letters, digits, and any of _ . : - in it.';
  throw new InvalidOptionsError({ where, option, value, problem: 'cannot begin names of keys', remedy });
};

const schema = {
  url,
  client,
  tls,
  prefix,
  timeout: positiveDuration as Read<number>,
  maxAge: positiveDuration as Read<number>,
  maxValueBytes: whole(1, 2 ** 29 - 2 ** 20),
  onAdvice: fn<(message: string) => void>('of a message'),
};

/** The options with their defaults. Durations in milliseconds. */
export interface Settings {
  readonly url: string | undefined;
  readonly client: RedisClient | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
  readonly maxValueBytes: number;
  readonly onAdvice: ((message: string) => void) | undefined;
}

/** Reads the options; throws an `InvalidOptionsError` that shows no secrets. */
export function readSettings(given: RedisStoreOptions): Settings {
  const options: Parsed<typeof schema> = readOptions(schema, given, WHERE);
  const both = options.client !== undefined && (options.url ?? options.tls) !== undefined;
  if (both) {
    const remedy = 'Leave `url` and `tls` out: the client knows where to connect.';
    throw new InvalidOptionsError({
      where: WHERE,
      option: 'client',
      problem: 'is given beside `url` or `tls`',
      remedy,
    });
  }
  if (options.tls !== undefined && !options.url?.startsWith('rediss:')) {
    const remedy = 'Give a URL that begins with rediss://.';
    throw new InvalidOptionsError({ where: WHERE, option: 'tls', problem: 'is given without a URL for TLS', remedy });
  }
  return {
    url: options.url,
    client: options.client,
    tls: options.tls,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    timeoutMs: options.timeout ?? 900, // less than the pond waits by default: the reason that is told is ours, `not connected: …`
    maxAgeMs: options.maxAge ?? 90 * 86_400_000,
    maxValueBytes: options.maxValueBytes ?? 2 ** 24,
    onAdvice: options.onAdvice,
  };
}

const DEFAULT_PREFIX = 'flowpond';

/** A prefix as an argument. */
export function prefixOption(value: unknown, where: string): string {
  return value === undefined ? DEFAULT_PREFIX : prefix(value, where, 'prefix');
}
