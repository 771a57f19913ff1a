import type { ConnectionOptions } from 'node:tls';
import { type Cluster, Redis, type RedisOptions } from 'ioredis';

/** Either client of ioredis. */
export type RedisClient = Redis | Cluster;

/** What the store asks of a client, whichever it is. */
export interface Commands {
  callBuffer(command: string, ...args: (string | Buffer | number)[]): Promise<unknown>;
  getBuffer(key: string): Promise<Buffer | null>;
  mgetBuffer(...keys: string[]): Promise<(Buffer | null)[]>;
}

/** Where the server is, as far as it is known here. */
export interface Address {
  readonly host: string | undefined;
  readonly hasPassword: boolean;
  /** What no message may show. */
  readonly secrets: readonly string[];
  readonly tls: ConnectionOptions | undefined;
}

/** How to connect. */
export interface Target {
  readonly url?: string | undefined;
  readonly client?: RedisClient | undefined;
  readonly tls?: ConnectionOptions | undefined;
}

/** Two clients of the store's own: one for commands, one that listens (the same one of a cluster, which keeps a connection for that). */
export interface Clients {
  readonly commands: RedisClient;
  readonly listener: RedisClient;
  readonly address: Address;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A connection is given up when an answer has been awaited for so many deadlines: the client counts the time in which its own process was busy. */
const SILENT_FOR = 2;

/** What the store relies on, whatever the user's own client does: nothing waits in queues of the client's, and nothing is sent twice unasked. */
function ours(timeoutMs: number): RedisOptions {
  return {
    lazyConnect: true,
    keyPrefix: '',
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 100, // a connection that is gone already would keep the process for so long
    socketTimeout: SILENT_FOR * timeoutMs, // ends half-open connections
    retryStrategy: (times) => reconnectDelay(times),
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
    showFriendlyErrorStack: false,
    stringNumbers: false,
    monitor: false,
  };
}

function reconnectDelay(times: number): number {
  return Math.min(1_000, 25 * 2 ** Math.min(times, 6)) * (0.75 + Math.random() / 2);
}

/** Makes the clients. They connect when they are first used; a client that was given is left alone, its settings are taken. */
export function makeClients(target: Target, timeoutMs: number): Clients {
  const { client } = target;
  if (client === undefined)
    return ofRedis(new Redis({ ...fromUrl(target), ...ours(timeoutMs), replyMapping: 'legacy' }));
  if (client.isCluster) return ofCluster(client as Cluster, timeoutMs);
  const given = client as Redis;
  // Behind Sentinel only INFO tells whether the node is still the master.
  const enableReadyCheck = 'sentinels' in given.options && Boolean(given.options.sentinels);
  return ofRedis(given.duplicate({ ...ours(timeoutMs), enableReadyCheck } as object) as Redis);
}

function ofRedis(commands: Redis): Clients {
  return { commands, listener: commands.duplicate(), address: addressOf(commands.options) };
}

function ofCluster(given: Cluster, timeoutMs: number): Clients {
  const { retryStrategy, enableOfflineQueue, enableReadyCheck, ...node } = ours(timeoutMs);
  const commands = given.duplicate([], {
    lazyConnect: true,
    keyPrefix: '',
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: ['eval', 'evalsha', 'zscore'],
    scaleReads: 'master',
    slotsRefreshTimeout: timeoutMs,
    clusterRetryStrategy: reconnectDelay,
    redisOptions: { ...given.options.redisOptions, ...node, commandTimeout: SILENT_FOR * timeoutMs },
  } as object);
  const { redisOptions } = given.options;
  return { commands, listener: commands, address: addressOf({ ...redisOptions, host: hostOf(given) }) };
}

function hostOf(cluster: Cluster): string | undefined {
  const [node] = (cluster as unknown as { startupNodes?: readonly unknown[] }).startupNodes ?? [];
  if (typeof node === 'string') return URL.canParse(node) ? new URL(node).hostname : node;
  const { host } = (typeof node === 'object' && node !== null ? node : {}) as { host?: string };
  return host;
}

function addressOf(options: RedisOptions): Address {
  const { password, tls } = options;
  const { path, host, sentinelPassword } = options as {
    path?: string;
    host?: string;
    sentinelPassword?: string | null;
  };
  const secrets = [password, sentinelPassword].filter(
    (secret) => typeof secret === 'string' && secret !== '',
  ) as string[];
  return {
    host: path || host,
    hasPassword: Boolean(password),
    secrets: [...secrets, ...secrets.map(encodeURIComponent)],
    tls: (tls as ConnectionOptions | null | undefined) ?? undefined,
  };
}

/** Read here and not by the client, so that nothing in the URL can change what {@link ours} says. */
function fromUrl({ url = 'redis://127.0.0.1:6379', tls }: Target): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const secure = protocol === 'rediss:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1) || 0),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(secure ? { tls: { ...tls } } : {}),
  };
}
