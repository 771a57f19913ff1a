import { messageOf } from '../base/errors.js';
import type { Address } from './clients.js';
import type { Connection } from './connection.js';
import { textOf } from './scripts.js';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/;
const OLDEST = [6, 2] as const;

/** What is unwise about how the server is reached, as far as it shows before connecting. */
export function adviceOnAddress({ host, hasPassword, tls }: Address): readonly string[] {
  const advice: string[] = [];
  if (tls?.rejectUnauthorized === false)
    advice.push(
      'the certificate of the server is not verified (rejectUnauthorized: false): anybody on the way may be it.',
    );
  if (!hasPassword && host !== undefined && !LOOPBACK.test(host))
    advice.push('no password is given for a server that is not on this machine: give it one (see redisAclRules()).');
  return advice;
}

/** What is unwise about the server itself. Asks it once; a user that may not ask is not advised. */
export async function adviceOnServer(connection: Connection): Promise<readonly string[]> {
  let info: ReadonlyMap<string, string>;
  try {
    const [server, memory] = await Promise.all(
      ['server', 'memory'].map((section) => connection.ask((commands) => commands.callBuffer('info', section))),
    );
    info = parse(`${textOf(server)}\n${textOf(memory)}`);
  } catch {
    return [];
  }
  return [...adviceOnVersion(info), ...adviceOnMemory(info)];
}

function adviceOnVersion(info: ReadonlyMap<string, string>): readonly string[] {
  const version = info.get('redis_version') ?? 'unknown';
  const [major = Number.NaN, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return old
    ? [`the server is version ${version}; ${OLDEST.join('.')} is the oldest that the store is tested with.`]
    : [];
}

function adviceOnMemory(info: ReadonlyMap<string, string>): readonly string[] {
  const policy = info.get('maxmemory_policy') ?? '';
  if (Number(info.get('maxmemory') ?? 0) === 0) return [];
  if (policy === 'noeviction')
    return ['the server refuses writes when its memory is full (noeviction): set maxmemory-policy allkeys-lru.'];
  if (/random|ttl/.test(policy))
    return [`with maxmemory-policy ${policy} leases may be evicted first, and runs repeated: set allkeys-lru.`];
  return [];
}

function parse(info: string): ReadonlyMap<string, string> {
  return new Map(
    info.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

const said = new Set<string>();

/** Hands out advice once each: to the user's function, else as a warning of the process. */
export class Adviser {
  readonly #tell: ((message: string) => void) | undefined;
  readonly #told = new Set<string>();

  constructor(tell: ((message: string) => void) | undefined) {
    this.#tell = tell;
  }

  give(messages: readonly string[]): void {
    for (const message of messages) this.#say(`redisStore: ${message}`);
  }

  #say(message: string): void {
    const told = this.#tell === undefined ? said : this.#told;
    if (told.has(message)) return;
    told.add(message);
    if (this.#tell === undefined) {
      process.emitWarning(message, { type: 'FlowpondAdvice' });
      return;
    }
    try {
      this.#tell(message);
    } catch (error) {
      process.emitWarning(`onAdvice failed: ${messageOf(error)}`, { type: 'FlowpondAdvice' });
    }
  }
}
