import { createHash } from 'node:crypto';
import { messageOf } from '../base/errors.js';
import { refusesScripts } from './clean-error.js';
import type { Command, Connection } from './connection.js';
import { LUA } from './lua-sources.js';

export type ScriptName = keyof typeof LUA;
export type ScriptArgument = string | number | Buffer;

const digests = new Map<ScriptName, string>();

function digestOf(name: ScriptName): string {
  let digest = digests.get(name);
  if (digest === undefined) {
    digest = createHash('sha1').update(LUA[name]).digest('hex');
    digests.set(name, digest);
  }
  return digest;
}

/** The whole scripts that are on their way, by connection. A crowd that meets a server without them sends each once. */
const loading = new WeakMap<Connection, Map<ScriptName, Promise<unknown>>>();

/** Runs a script by its digest; where the server does not know it yet, whole. */
export async function runScript(
  connection: Connection,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<readonly unknown[]> {
  const rest = [keys.length, ...keys, ...args];
  const command: Command<unknown> = async (commands, isWanted) => {
    const goesOn = (): boolean => name === 'abandon' || isWanted(); // a lease is given back whether anybody waits for that or not
    for (;;) {
      try {
        return await commands.callBuffer('evalsha', digestOf(name), ...rest);
      } catch (error) {
        if (!goesOn() || !messageOf(error).startsWith('NOSCRIPT')) throw error;
      }
      const whole = loading.get(connection)?.get(name);
      if (whole === undefined) return load(connection, name, commands.callBuffer('eval', LUA[name], ...rest));
      // Then it is asked again: in a cluster the script may have gone to another node.
      await whole.catch(() => {});
      if (!goesOn()) throw new Error('nobody waits for it any more');
    }
  };
  try {
    return (await connection.ask(command)) as readonly unknown[];
  } catch (error) {
    if (!refusesScripts(error)) throw error;
    throw new Error(`${NO_SCRIPTS} It said: ${messageOf(error)}`);
  }
}

/** Has others wait for a script that was sent whole. */
async function load(connection: Connection, name: ScriptName, answer: Promise<unknown>): Promise<unknown> {
  const scripts = loading.get(connection) ?? new Map<ScriptName, Promise<unknown>>();
  loading.set(connection, scripts.set(name, answer));
  try {
    return await answer;
  } finally {
    scripts.delete(name);
  }
}

const NO_SCRIPTS =
  'this Redis does not run scripts (EVALSHA and EVAL) for this user, and without them one computation for many processes ' +
  'cannot be promised: use a server that does, or allow them (see redisAclRules()).';

/** A text of a script's answer. */
export function textOf(answer: unknown): string {
  return Buffer.isBuffer(answer) ? answer.toString() : String(answer);
}
