import { types } from 'node:util';
import { SyncTaskError } from '../base/errors.js';
import type { AfterSuccess } from './after-success.js';
import type { ParameterList } from './dictionary.js';
import { type ParsedFlowOptions, parseFlowOptions } from './flow-options.js';
import { checkRunOptions } from './option-rules.js';
import { scanParameterNames } from './parameters.js';
import { definitionOf } from './registry.js';
import { settle } from './settings.js';
import { type ParsedTaskOptions, parseTaskOptions } from './task-options.js';

/** Anything callable, with whatever receiver. */
export type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** What is decorated: where it stands, and what the compiler said of it. */
export interface Subject {
  readonly fn: AnyFunction;
  /** The method's name; a twin's name. */
  readonly key: string | symbol;
  readonly isStatic: boolean;
  /** Known at decoration in the legacy dialect. */
  readonly declaringClass?: object | undefined;
  /** Shared by all decorators of one class in the standard dialect, where the class itself does not exist yet. */
  readonly classMetadata?: object | undefined;
  /** `design:returntype`, where the compiler emits it. */
  readonly returnType?: unknown;
  /** A function twin has no class. */
  readonly isTwin?: boolean;
}

/** Stack frames between a decorator and the class it stands in: helpers of tsc, swc, esbuild and babel, and Reflect.decorate. */
const OF_A_COMPILER =
  /__decorate|__esDecorate|_ts_decorate|DecorateProperty|[aA]pply_?(?:Member)?Dec|\bapply_?2\d\d\d|memberDec|@swc[\\/]helpers|\btslib\b|reflect-metadata/;

/** Return types that are surely no promise. */
const SYNC_TYPES = new Set<unknown>([Number, String, Boolean, Symbol, BigInt, Array, Map, Set, Date, Uint8Array]);

/**
 * A decorated method, made once: where it was declared, its options as given, what is known of its kind. What depends on the pond or
 * the receiver's class is in the `Plan` made from it.
 */
export class Definition {
  readonly role: 'task' | 'flow';
  readonly subject: Subject;
  readonly options: ParsedTaskOptions & ParsedFlowOptions;
  /** What logs and runs call it. */
  readonly name: string;
  /** Whether it is known to answer with a promise, before it ever ran. */
  readonly promised: boolean;
  /** Whether its last run answered with a promise. */
  ranAsync: boolean | undefined = undefined;
  /** The plan of the last call: most methods have one receiver class and one pond. */
  lastPlan: unknown = undefined;
  /** The class that declares it, where only its first instance could tell: see {@link sawReceiver}. */
  seenClass: object | undefined = undefined;
  /** What it does once it has succeeded, first things first. */
  readonly afterSuccess: AfterSuccess[] = [];
  /** The function that users call. */
  wrapper: AnyFunction | undefined = undefined;
  #list: ParameterList | undefined;
  readonly #stack: { readonly stack?: string } = {};

  constructor(role: 'task' | 'flow', subject: Subject, given: unknown, calledFrom: object) {
    this.role = role;
    this.subject = subject;
    const where = placeName(subject);
    this.options = role === 'task' ? parseTaskOptions(given, where) : parseFlowOptions(given, where);
    checkRunOptions(this.options, where);
    this.name = this.options.name ?? plainKey(subject.key);
    this.promised =
      this.options.async === true ||
      types.isAsyncFunction(subject.fn) ||
      subject.returnType === Promise ||
      definitionOf(subject.fn)?.promised === true;
    refuseOnSync(this, where);
    Error.captureStackTrace(this.#stack, calledFrom as AnyFunction);
  }

  /** Class and method, as errors name it. */
  get where(): string {
    return placeName(this.subject, this.classOf(undefined));
  }

  /** Where it was decorated, `file:line:column`. */
  get place(): string {
    const frames = (this.#stack.stack ?? '').split('\n').slice(1);
    const own = frames.find((line) => !OF_A_COMPILER.test(line));
    return own?.trim().replace(/^at /, '') ?? 'an unknown place';
  }

  /** Parameter names: declared, or read from the source once; `arg0`, `arg1` … where they cannot be. */
  get parameterList(): ParameterList {
    this.#list ??= parameterListOf(this.subject.fn, this.options.parameters);
    return this.#list;
  }

  /** Notes the class in the standard dialect, which decorates before there is one. */
  sawReceiver(receiver: unknown): void {
    this.seenClass ??= this.classOf(receiver);
  }

  /**
   * The class that declares the method. The standard dialect decorates before the class exists, so it is found from a receiver:
   * the link of its chain that owns the wrapper, or that has this class's metadata.
   */
  classOf(receiver: unknown): object | undefined {
    const { declaringClass, classMetadata, isStatic, key } = this.subject;
    if (declaringClass !== undefined) return (isStatic ? declaringClass : declaringClass.constructor) as object;
    for (
      let link = chainStart(receiver, isStatic);
      link !== null;
      link = Object.getPrototypeOf(link) as object | null
    ) {
      const owner = (isStatic ? link : ownConstructor(link)) as (object & { [Symbol.metadata]?: object }) | undefined;
      const property = Object.getOwnPropertyDescriptor(link, key);
      const declares = property !== undefined && property.value === this.wrapper;
      const sameMetadata =
        owner !== undefined &&
        classMetadata !== undefined &&
        Object.hasOwn(owner, Symbol.metadata) &&
        owner[Symbol.metadata] === classMetadata;
      if (owner !== undefined && (declares || sameMetadata)) return owner;
    }
    return undefined;
  }
}

function chainStart(receiver: unknown, isStatic: boolean): object | null {
  if (isStatic) return typeof receiver === 'function' ? receiver : null;
  return typeof receiver === 'object' ? receiver : null;
}

function ownConstructor(link: object): object | undefined {
  const owner: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
  return typeof owner === 'function' ? owner : undefined;
}

/** A method's name as text; a symbol in brackets. */
export function plainKey(key: string | symbol): string {
  return typeof key === 'string' ? key : `[${key.description ?? ''}]`;
}

/** A class's name; '' for none, or for a static member called `name` that is no text. */
export function nameOfClass(owner: object | undefined): string {
  const name: unknown = typeof owner === 'function' ? owner.name : '';
  return typeof name === 'string' ? name : '';
}

/** `Pricing.quote`, `Pricing::quote` for a static method, `quote` where there is no class. */
export function placeName(subject: Subject, declaring?: object | undefined): string {
  const owner =
    declaring ??
    (subject.declaringClass && (subject.isStatic ? subject.declaringClass : subject.declaringClass.constructor));
  const className = nameOfClass(owner);
  const method = plainKey(subject.key);
  if (subject.isTwin || (className === '' && owner === undefined)) return method;
  return `${className || '(anonymous)'}${subject.isStatic ? '::' : '.'}${method}`;
}

/** Names as they are declared, or as the source has them. */
export function parameterListOf(fn: AnyFunction, declared: readonly string[] | undefined): ParameterList {
  const scanned = scanParameterNames(fn);
  const rest = scanned?.rest ?? false;
  if (declared !== undefined)
    return { names: declared.map(interned), rest: rest && declared.length === scanned?.names.length };
  const found = scanned?.names ?? Array.from({ length: fn.length }, () => undefined);
  return { names: found.map((name, index) => interned(name ?? `arg${index}`)), rest };
}

/** The same text as the engine keeps it for property names: a slice of the source would be looked up anew at every use. */
function interned(name: string): string {
  return Object.keys({ [name]: 0 })[0] ?? name;
}

function refuseOnSync(definition: Definition, where: string): void {
  if (definition.promised || !SYNC_TYPES.has(definition.subject.returnType)) return;
  const { asyncOnly } = settle(definition.options);
  if (asyncOnly !== undefined) throw new SyncTaskError(where, `its option \`${asyncOnly}\` needs a promise`);
}
