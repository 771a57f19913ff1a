import { createHash } from 'node:crypto';
import { messageOf } from '../base/errors.js';
import { refusesScripts } from './clean-error.js';
import type { Commands } from './clients.js';
import type { Connection } from './connection.js';
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

/** Runs a script by its digest; where the server does not know it yet, whole. */
export async function runScript(
  connection: Connection,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<readonly unknown[]> {
  const rest = [keys.length, ...keys, ...args];
  const command = async (commands: Commands): Promise<unknown> => {
    try {
      return await commands.callBuffer('evalsha', digestOf(name), ...rest);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      return commands.callBuffer('eval', LUA[name], ...rest);
    }
  };
  try {
    return (await connection.ask(command)) as readonly unknown[];
  } catch (error) {
    if (!refusesScripts(error)) throw error;
    throw new Error(`${NO_SCRIPTS} It said: ${messageOf(error)}`);
  }
}

const NO_SCRIPTS =
  'this Redis does not run scripts (EVALSHA and EVAL) for this user, and without them one computation for many processes ' +
  'cannot be promised: use a server that does, or allow them (see redisAclRules()).';

/** A text of a script's answer. */
export function textOf(answer: unknown): string {
  return Buffer.isBuffer(answer) ? answer.toString() : String(answer);
}
