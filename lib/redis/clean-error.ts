import { messageOf } from '../base/errors.js';

/** Longer messages are cut. */
const MAX_MESSAGE = 300;

/**
 * Makes errors of the client fit to be shown. They carry the command that failed with all its arguments, a password among them,
 * and servers repeat arguments in their messages: only the code and a message without secrets stay.
 */
export class ErrorCleaner {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  clean(error: unknown): Error {
    const { code } = error as { code?: unknown };
    const clean = new Error(this.text(messageOf(error)));
    return typeof code === 'string' ? Object.assign(clean, { code: this.text(code) }) : clean;
  }

  text(message: string): string {
    let text = message.replace(/,? with args beginning with.*$/s, '').replace(/\b(rediss?:\/\/)[^\s@]*@/g, '$1***@');
    for (const secret of this.#secrets) text = text.replaceAll(secret, '***');
    return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
  }
}

/** Whether an error says that the connection went, or leads to a server that may not write: the same command may succeed on another. */
export function isLost(error: unknown): boolean {
  return /^(?:Connection is closed|Reached the max retries|Stream isn't writeable|Cluster isn't ready|None of startup nodes|READONLY |Failed to refresh slots|Socket timeout)/.test(
    messageOf(error),
  );
}

/** Whether an error says that the server does not run scripts, or not for this user. */
export function refusesScripts(error: unknown): boolean {
  const message = messageOf(error);
  return (
    /unknown command.*eval/i.test(message) ||
    /^NOPERM.*'?(?:evalsha|eval)\b/i.test(message) ||
    /lua|scripting/i.test(message.match(/^ERR .*(?:disabled|not supported|not allowed).*/i)?.[0] ?? '')
  );
}
