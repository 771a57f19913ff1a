import { Logger } from '@nestjs/common';

/** Nest's own log, whatever the application set as its logger; what speaks is the context. */
export const nestLog = {
  debug: (message: string, ...rest: readonly unknown[]): void => Logger.debug(message, ...withContext(rest)),
  log: (message: string, ...rest: readonly unknown[]): void => Logger.log(message, ...withContext(rest)),
  warn: (message: string, ...rest: readonly unknown[]): void => Logger.warn(message, ...withContext(rest)),
  error: (message: string, ...rest: readonly unknown[]): void => Logger.error(message, ...withContext(rest)),
};

/** The last of what follows a message is its context: `Task run 'quote-0'`. What the pond itself says is Flowpond's. */
function withContext(rest: readonly unknown[]): unknown[] {
  const context = rest.at(-1);
  return [...rest.slice(0, -1), context === undefined || context === 'flowpond' ? 'Flowpond' : context];
}
