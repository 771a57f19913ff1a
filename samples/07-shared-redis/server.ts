import { Redis } from 'ioredis';

const { REDIS_URL } = process.env;

/** `REDIS_URL`, or where a server on this machine listens unless told otherwise. */
export const url = REDIS_URL === undefined || REDIS_URL === '' ? 'redis://127.0.0.1:6379' : REDIS_URL;

/** Whether a server answers there; says what to do if none does, in a line that `npm run samples` knows by its first word. */
export async function isThere(): Promise<boolean> {
  const client = connection();
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    const { host } = new URL(url); // not all of it: there may be a password
    const remedy = 'docker run --rm -p 6379:6379 redis:7, or apt install redis-server; elsewhere, set REDIS_URL';
    console.log(`SKIPPED: no Redis answers at ${host}. Start one: ${remedy}.`);
    return false;
  } finally {
    client.disconnect();
  }
}

/** Removes every key that begins with a prefix. */
export async function clear(prefix: string): Promise<void> {
  const client = connection();
  try {
    await client.connect();
    for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1_000 })) {
      if (keys.length > 0) await client.unlink(keys);
    }
  } finally {
    client.disconnect();
  }
}

function connection(): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 10_000,
    commandTimeout: 10_000,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // what we ask it fails as well
  return client;
}
