import { isThenable } from '../base/maybe-promise.js';
import { single } from '../base/single.js';
import type { LogSeverity } from '../log/logger.js';
import { formatPrint } from '../log/print.js';
import { currentScope } from './frame.js';

/** The console's methods that become log lines, and of which level. */
const LEVELS = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const satisfies Record<
  string,
  LogSeverity
>;
type Method = keyof typeof LEVELS;

interface Patch {
  /** Runs under way whose prints are logged. */
  users: number;
  restore: (() => void)[];
  /** What each of our replacements stands for. */
  readonly originals: WeakMap<Print, Print>;
}

type Print = (...args: unknown[]) => void;

const patch = single<Patch>('prints', () => ({ users: 0, restore: [], originals: new WeakMap() }));

/** Runs a function with prints redirected until its answer is there. */
export function withPrints<T>(fn: () => T): T {
  const letGo = holdPrints();
  try {
    const answer = fn();
    if (!isThenable(answer)) {
      letGo();
      return answer;
    }
    return Promise.resolve(answer).finally(letGo) as T;
  } catch (error) {
    letGo();
    throw error;
  }
}

/**
 * While somebody holds it, a print made inside a run with `logPrints` becomes a line of that run; every other print passes
 * through untouched, also one whose level the log does not show. Answers with a function that lets go; after the last, the console is as it was.
 */
function holdPrints(): () => void {
  if (patch.users++ === 0) for (const method of Object.keys(LEVELS) as Method[]) patch.restore.push(redirect(method));
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--patch.users > 0) return;
    for (const restore of patch.restore.splice(0)) restore();
  };
}

function redirect(method: Method): () => void {
  const { console } = globalThis;
  const found = console[method];
  // Ours may have come back: somebody who had patched over it put it back after we had let go.
  const original = patch.originals.get(found) ?? found;
  const own = function (this: unknown, ...args: unknown[]): void {
    const scope = currentScope();
    const level = LEVELS[method];
    const run = scope?.printsAs ?? scope?.frame;
    if (scope?.logPrints && run !== undefined && scope.runtime.log.enabled(level)) {
      scope.runtime.log.write(level, run.source, formatPrint(args));
    } else Reflect.apply(original, this, args);
  };
  patch.originals.set(own, original);
  console[method] = own;
  return () => {
    // Somebody who patched the console after us keeps their patch; ours then passes everything through.
    if (console[method] === own) console[method] = original;
  };
}
