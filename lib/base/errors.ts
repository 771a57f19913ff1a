import { inspect } from 'node:util';

/**
 * Every error that Flowpond itself makes, class and message together. What a task throws is never wrapped: it reaches the
 * caller as the very same object.
 */

const BRAND = Symbol.for('flowpond.error');

/**
 * Base of all Flowpond errors. `instanceof` holds across copies of the package (an ES and a CommonJS build in one process),
 * because it asks for the brand and the code, not for the class object.
 */
export class FlowpondError extends Error {
  static readonly code: string = 'FLOWPOND_ERROR';
  /** Stable, machine-readable name of what went wrong, such as `FLOWPOND_INVALID_OPTIONS`. */
  readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    const own = new.target as typeof FlowpondError;
    this.code = own.code;
    Object.defineProperty(this, 'name', { value: own.name, configurable: true, writable: true });
    Object.defineProperty(this, BRAND, { value: own.code });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class that was asked, often a subclass
    return isInstance(this, value);
  }
}

/** A user's subclass without a code of its own has no mark but its prototype. */
function isInstance(asked: typeof FlowpondError, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(asked, value)) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, BRAND)) return false;
  return asked === FlowpondError || (Object.hasOwn(asked, 'code') && brandOf(value) === asked.code);
}

function brandOf(value: { readonly [BRAND]?: unknown }): unknown {
  return value[BRAND];
}

/** What was wrong with an option: where it stood, its name, its value, and what to do. */
export interface OptionFault {
  /** `Class.method`, `createPond`, `FLOWPOND_LOG` … */
  readonly where: string;
  readonly option?: string;
  readonly value?: unknown;
  /** What is wrong, as the end of a sentence: `must be positive`. */
  readonly problem: string;
  readonly remedy: string;
}

/** An option is unknown, of the wrong type, out of range, or contradicts another. Thrown at decoration or `createPond`. */
export class InvalidOptionsError extends FlowpondError {
  static override readonly code = 'FLOWPOND_INVALID_OPTIONS';
  readonly where: string;
  readonly option: string | undefined;

  constructor(fault: OptionFault) {
    const named = fault.option === undefined ? '' : ` option \`${fault.option}\``;
    const given = Object.hasOwn(fault, 'value') ? ` (got ${shown(fault.value)})` : '';
    super(`${fault.where}:${named} ${fault.problem}${given}. ${fault.remedy}`);
    this.where = fault.where;
    this.option = fault.option;
  }
}

/** `getRunContext()` and its kin were called where no run is under way, or a task where the value that its keys vary by is not set. */
export class MissingContextError extends FlowpondError {
  static override readonly code = 'FLOWPOND_MISSING_CONTEXT';

  constructor(
    asked: string,
    wanted = 'a flow or task run',
    remedy = 'use tryGetRunContext() to ask without throwing',
    problem = ': no run context here',
  ) {
    super(`${asked}${problem}. Call it inside ${wanted}; ${remedy}.`);
  }

  /** A value of the run scope that a task names in `varyBy`. There may well be a run, without this value. */
  static ofValue(where: string, name: string): MissingContextError {
    return new MissingContextError(
      `${where} varies by '${name}'`,
      `pond.run({ ${name}: … }, () => …), or let \`values\` of FlowpondModule give it`,
      "0 and '' are values, null is none",
      ', which is not set',
    );
  }
}

/** Something of the flow run was read where there is none, so that `undefined-…` never becomes a key. */
export class NoFlowRunError extends FlowpondError {
  static override readonly code = 'FLOWPOND_NO_FLOW_RUN';

  constructor(where: string, what: string) {
    super(`${where}: ${what} was read outside a flow run. Call the task inside a @Flow, or ask context.inFlow first.`);
  }
}

/** A key, tags or name function read a parameter that the method does not have. */
export class UnknownParameterError extends FlowpondError {
  static override readonly code = 'FLOWPOND_UNKNOWN_PARAMETER';

  constructor(where: string, name: string, known: readonly string[]) {
    const has = known.length === 0 ? 'it has no named parameters' : `its parameters are ${known.join(', ')}`;
    super(
      `${where} has no parameter '${name}': ${has}. Correct the name, or declare the names with parameters: [...] ` +
        'if the build renames them.',
    );
  }
}

/** A value cannot be part of a key: it has no content that could be told apart safely. Names the path to it. */
export class UnhashableError extends FlowpondError {
  static override readonly code = 'FLOWPOND_UNHASHABLE';
  /** Where the value stands, such as `[0].client.agent`. */
  readonly path: string;

  constructor(path: string, why: string, remedy = 'Leave it out with inputs({ omit: [...] }) or write a cacheKeyFn.') {
    super(`cannot hash ${path === '' ? 'the value' : path}: ${why}. ${remedy}`);
    this.path = path;
  }
}

/** A synchronous task has an option, a key function or a store that needs a promise. */
export class SyncTaskError extends FlowpondError {
  static override readonly code = 'FLOWPOND_SYNC_TASK';

  constructor(where: string, what: string) {
    super(`${where} is synchronous, but ${what}. Make the method async, give async: true, or leave that out.`);
  }
}

/** A verb was used on a method that is neither a task nor a flow. */
export class NotATaskError extends FlowpondError {
  static override readonly code = 'FLOWPOND_NOT_A_TASK';

  constructor(verb: string, what: string) {
    super(`${verb}: ${what} is not a task. Decorate it with @Task() or @Flow(), or wrap it with task(fn) or flow(fn).`);
  }
}

/** A task waits, inside its own run, for that very run. Names the chain. */
export class SelfWaitError extends FlowpondError {
  static override readonly code = 'FLOWPOND_SELF_WAIT';
  readonly chain: readonly string[];

  constructor(chain: readonly string[]) {
    super(
      `${chain[0] ?? 'a task'} waits for itself: ${chain.join(' -> ')}. The inner call has the key of a run that is ` +
        'still under way outside it; give it other inputs or another key.',
    );
    this.chain = chain;
  }
}

/** An attempt took longer than `timeout`. The state is `TimedOut`, of type FAILED. */
export class TaskTimeoutError extends FlowpondError {
  static override readonly code = 'FLOWPOND_TIMEOUT';
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super(`${what} exceeded timeout of ${timeoutMs / 1000} second(s)`);
    this.timeoutMs = timeoutMs;
  }
}

/** A store failed, and `onStoreError: 'fail'` asked to be told. */
export class StoreError extends FlowpondError {
  static override readonly code = 'FLOWPOND_STORE';

  constructor(store: string, operation: string, cause: unknown) {
    super(`store '${store}' failed to ${operation}: ${messageOf(cause)}`, { cause });
  }
}

/** A value would not come back as what it was. Thrown when it is about to be stored; the call itself is not affected. */
export class RevivalError extends FlowpondError {
  static override readonly code = 'FLOWPOND_REVIVAL';
  /** Where it differs, such as `.lines[0].when`. Empty: the value itself. */
  readonly path: string;

  constructor(className: string, path: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`${className}${path} cannot be stored: ${problem}. ${remedy}`, options);
    this.path = path;
  }
}

/** The run lost its lease: it was paused for too long, or its key was invalidated. What it computes is not stored. */
export class LeaseLostError extends FlowpondError {
  static override readonly code = 'FLOWPOND_LEASE_LOST';

  constructor(what: string) {
    super(`${what} lost its lease: it was paused past it, or its key was invalidated; its result will not be stored`);
  }
}

/** The run was stopped: by its caller's signal, by `cancel()`, or because the flow around it ended. */
export class CancelledError extends FlowpondError {
  static override readonly code = 'FLOWPOND_CANCELLED';

  constructor(what: string, reason?: unknown) {
    super(
      `${what} was cancelled${reason === undefined ? '' : `: ${messageOf(reason)}`}`,
      reason === undefined ? {} : { cause: reason },
    );
  }
}

/** A NestJS application is put together in a way that cannot work: what, where, and what may help, as Nest says it. */
export class NestSetupError extends FlowpondError {
  static override readonly code = 'FLOWPOND_NEST_SETUP';

  constructor(problem: string, solutions: readonly string[]) {
    super(`${problem}\n\nPotential solutions:\n${solutions.map((solution) => `- ${solution}`).join('\n')}\n`);
  }
}

/** The text of whatever was thrown, empty only for an empty text; never throwing itself. */
export function messageOf(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return String(error);
    const { message } = error as Partial<ErrorLike>;
    if (typeof message === 'string' && message !== '') return message;
    return isErrorLike(error) ? kindOf(error) : shown(error);
  } catch {
    return UNSHOWABLE;
  }
}

/** `ValueError: no such city`, as a log line shows what was thrown; never throwing itself. */
export function describeError(error: unknown): string {
  try {
    if (!isErrorLike(error)) return shown(error);
    return error.message === '' ? kindOf(error) : `${error.name}: ${error.message}`;
  } catch {
    return UNSHOWABLE;
  }
}

const UNSHOWABLE = 'an error that cannot be shown';

interface ErrorLike {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
}

/** By its members: errors of other realms, `DOMException` and errors rebuilt from JSON count too. */
function isErrorLike(value: unknown): value is ErrorLike {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message } = value as Partial<ErrorLike>;
  return typeof name === 'string' && typeof message === 'string';
}

/** Node refuses connections with an `AggregateError` whose message is empty: its code is all there is to read. */
function kindOf({ name, code }: ErrorLike): string {
  return typeof code === 'string' ? `${name} [${code}]` : name;
}

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80, maxArrayLength: 5 });
  } catch {
    return `a value of type ${typeof value}`;
  }
}
