import { prefixOption } from './options.js';

/** What the store's scripts and its plain commands use, and nothing else. */
const COMMANDS = [
  ...['get', 'mget', 'set', 'del', 'exists', 'getrange', 'setrange', 'pexpire', 'pttl', 'time'],
  ...['hget', 'hmget', 'hset', 'hdel', 'sadd', 'smembers'],
  ...['zadd', 'zcard', 'zrange', 'zrangebyscore', 'zrem', 'zremrangebyrank', 'zscore'],
  ...['eval', 'evalsha', 'publish', 'subscribe', 'unsubscribe', 'ping'],
];

/**
 * The rules of the smallest Redis user that the store works with, for `ACL SETUSER`. It sees keys and channels of this prefix
 * alone, and can neither scan nor flush nor configure. A password is for you to add; for a database other than 0 add `+select`,
 * in a cluster `+cluster|slots +cluster|info`, behind Sentinel and for advice about the server's memory `+info`.
 *
 * ```ts
 * await admin.call('ACL', 'SETUSER', 'flowpond', 'on', `>${password}`, ...redisAclRules());
 * ```
 *
 * @param prefix As given to `redisStore`. Default `flowpond`.
 */
export function redisAclRules(prefix?: string): readonly string[] {
  const own = prefixOption(prefix, 'redisAclRules');
  const commands = COMMANDS.map((command) => `+${command}`);
  return ['resetkeys', `~${own}:*`, 'resetchannels', `&${own}:*`, '-@all', ...commands];
}
