import type { Definition } from '../definitions/definition.js';
import { nameOfClass, placeName } from '../definitions/definition.js';
import {
  areOrdinary,
  type Dictionary,
  type ParameterList,
  plainDictionary,
  refusal,
  strictDictionary,
} from '../definitions/dictionary.js';
import { checkRunOptions, withDefaults, withOverrides } from '../definitions/option-rules.js';
import { type Settings, settle } from '../definitions/settings.js';
import type { ParsedTaskOptions } from '../definitions/task-options.js';
import { type AnyKeyFn, type KeyOfArguments, keyOfArguments } from '../keys/key-function.js';
import { readsOf } from '../keys/reads.js';
import type { FlowInfo, TaskInfo } from '../states/run-context.js';
import type { StateName } from '../states/state.js';
import { type Findable, findableOf } from '../stores/findable.js';
import { MemoryStore } from '../stores/memory-store.js';
import type { StateStore } from '../stores/store.js';
import type { KeyScope } from '../stores/store-key.js';
import type { Circuit } from './circuit.js';
import type { Keyring, Runtime } from './runtime.js';

/** A definition, ready to run: for one pond, one receiver class, one set of options. All that a call need not work out again. */
export class Plan {
  readonly definition: Definition;
  readonly runtime: Runtime;
  readonly revision: number;
  /** The receiver's prototype, the class of a static method, or the definition of a twin: what the plan was made for. */
  readonly home: object;
  readonly settings: Settings;
  readonly where: string;
  readonly identity: string;
  readonly className: string | undefined;
  readonly keyring: Keyring;
  /** The keyring's, and the settings' key function: one read less on every hit. */
  readonly scope: KeyScope;
  readonly keyFn: AnyKeyFn | undefined;
  /** The parameters, where the key function reads them by name. */
  readonly keyInputs: ParameterList | undefined;
  /** Whether they are ordinary, and the key function's source proves that it reads no other names, so that nothing has to refuse them. */
  readonly inputsArePlain: boolean;
  /** Whether the key function may read the context. */
  readonly keyNeedsContext: boolean;
  /** Makes the key of the arguments, for a key function that takes no more. */
  readonly keyOfArguments: KeyOfArguments | undefined;
  readonly store: StateStore;
  readonly circuit: Circuit;
  /** Whether its states are asked for in a store that answers later. */
  readonly asksLater: boolean;
  /** Another definition or class had the identity first. */
  readonly identityTaken: string | undefined;
  /** Whether and why a call is looked up. */
  readonly lookup: 'yes' | 'no-key' | 'off' | 'identity-taken';
  /** Whether no hook is told of a hit. */
  readonly quietHit: boolean;
  /** Whether hits give the stored object itself. */
  readonly sharesResult: boolean;
  /** The store, where it is one in memory. */
  readonly memory: MemoryStore | undefined;
  /** What the store has in memory, its own or its near tier's. */
  readonly findable: Findable | undefined;
  /** Whether calls may take the short way of `engine/quick-hit.ts`. */
  readonly quick: boolean;
  /** Who listens to its runs, by state. */
  readonly topics: Readonly<Record<StateName, { readonly wanted: boolean }>>;
  /**
   * A frame of its calls that is never run. V8 forgets the shape of objects of which none is left at a full collection, and with it
   * the optimised code of the whole way of a hit.
   */
  shape: object | undefined = undefined;
  readonly #tags: readonly string[] | undefined;
  #info: (TaskInfo & FlowInfo) | undefined;
  #refusal: ProxyHandler<Dictionary> | undefined;

  constructor(
    runtime: Runtime,
    definition: Definition,
    home: object,
    receiver: unknown,
    overrides?: ParsedTaskOptions,
  ) {
    this.runtime = runtime;
    this.definition = definition;
    this.revision = runtime.revision;
    this.home = home;
    const declaring = definition.classOf(receiver);
    // A twin is the same function wherever it hangs, and a detached method has nobody else's class.
    const receiverClass = definition.subject.isTwin ? undefined : (classOfReceiver(receiver) ?? declaring);
    this.className = nameOfClass(declaring) || undefined;
    this.where = placeName(definition.subject, declaring);
    this.settings = settle(optionsFor(runtime, definition, overrides, this.where));
    this.identity = identityOf(definition, declaring, receiverClass);
    // A flow over a task of one method is another computation.
    const keyIdentity = definition.role === 'flow' ? `flow ${this.identity}` : this.identity;
    this.identityTaken = this.settings.keyFn && claim(runtime, keyIdentity, definition, receiverClass);
    this.keyring = runtime.keyring(
      this.settings.shared ? sharedIdentity(this.settings) : keyIdentity,
      this.settings.version,
    );
    this.scope = this.keyring.scope;
    this.keyFn = this.settings.keyFn;
    const { keyReaders } = this.settings;
    this.keyInputs = keyReaders.length > 0 ? definition.parameterList : undefined;
    this.inputsArePlain =
      areOrdinary(definition.parameterList) &&
      keyReaders.every((reader) => readsOnly(definition.parameterList, reader));
    this.keyNeedsContext = this.keyFn !== undefined && readsOf(this.keyFn).context;
    this.keyOfArguments = this.keyFn && keyOfArguments(this.keyFn);
    this.store = runtime.store(this.settings.store, this.where);
    this.asksLater = !this.store.sync && this.keyFn !== undefined;
    this.circuit = runtime.circuit(this.store);
    this.lookup = this.#lookup();
    this.quietHit = this.settings.onCompletion.length === 0;
    this.sharesResult = this.settings.resultCopy === 'share';
    this.topics = runtime.topics[definition.role];
    this.memory = this.store instanceof MemoryStore ? this.store : undefined;
    this.findable = findableOf(this.store);
    this.quick = this.#isQuick();
    this.#tags = typeof this.settings.tags === 'function' ? undefined : this.settings.tags;
  }

  #lookup(): Plan['lookup'] {
    if (this.settings.keyFn === undefined) return 'no-key';
    if (this.runtime.caching === 'off' || this.runtime.closed) return 'off';
    return this.identityTaken === undefined ? 'yes' : 'identity-taken';
  }

  /** Whether a hit gives the stored value itself to its caller, and is nobody else's business. */
  #isQuick(): boolean {
    const { settings, runtime } = this;
    return (
      this.definition.role === 'task' &&
      this.lookup === 'yes' &&
      this.quietHit &&
      this.sharesResult &&
      this.findable !== undefined &&
      (this.store.sync || this.definition.promised) &&
      settings.instanceKey === undefined &&
      settings.varyBy.length === 0 &&
      !(settings.refresh ?? runtime.caching === 'refresh') &&
      !(settings.logPrints ?? runtime.logPrints)
    );
  }

  /** Whether a call of it answers with a promise, as far as that is known before it runs. */
  get isAsync(): boolean {
    const { promised, ranAsync } = this.definition;
    return promised || (ranAsync ?? this.asksLater);
  }

  /** The inputs for the key function. Of a plain dictionary only names are read that the method has. */
  inputsFor(args: readonly unknown[]): Dictionary | undefined {
    const { keyInputs } = this;
    if (keyInputs === undefined) return undefined;
    return this.inputsArePlain ? plainDictionary(keyInputs.names, args) : this.strictInputs(args);
  }

  /** The inputs by name; reading a name that the method does not have throws. */
  strictInputs(args: readonly unknown[]): Dictionary {
    const { parameterList } = this.definition;
    this.#refusal ??= refusal(parameterList, this.where);
    return strictDictionary(parameterList, args, this.#refusal);
  }

  /** What logs, hooks and contexts say of the task or flow. */
  get info(): TaskInfo & FlowInfo {
    this.#info ??= Object.freeze({
      name: this.definition.name,
      identity: this.identity,
      className: this.className,
      version: this.settings.version,
      tags: this.#tags ?? [],
    });
    return this.#info;
  }
}

function readsOnly(list: ParameterList, reader: AnyKeyFn): boolean {
  return readsOf(reader).inputs?.every((name) => list.names.includes(name)) ?? false;
}

function optionsFor(
  runtime: Runtime,
  definition: Definition,
  overrides: ParsedTaskOptions | undefined,
  where: string,
): ParsedTaskOptions {
  const own = overrides === undefined ? definition.options : withOverrides(definition.options, overrides);
  const all = definition.role === 'task' ? withDefaults(own, runtime.taskDefaults, definition.promised) : own;
  if (overrides !== undefined) checkRunOptions(all, where); // what a call's option needs may be a default of the pond
  return all;
}

/** The class of whatever a method was called on; undefined for a call without a receiver. */
function classOfReceiver(receiver: unknown): object | undefined {
  if (typeof receiver === 'function') return receiver;
  if (typeof receiver !== 'object' || receiver === null) return undefined;
  try {
    const owner: unknown = (receiver as { constructor?: unknown }).constructor;
    return typeof owner === 'function' ? owner : undefined;
  } catch {
    return undefined; // a Proxy or getter of the user's
  }
}

function identityOf(definition: Definition, declaring: object | undefined, receiverClass: object | undefined): string {
  const { subject, options } = definition;
  const base = options.identity ?? (subject.isTwin ? definition.name : placeName(subject, declaring));
  const foreign = receiverClass !== undefined && receiverClass !== declaring;
  return foreign ? `${base}@${nameOfClass(receiverClass) || '(anonymous)'}` : base;
}

/** Keys that vary are never those of the scope that all share. */
function sharedIdentity({ varyBy }: Settings): string {
  return varyBy.length === 0 ? '' : `varies by ${JSON.stringify(varyBy)}`;
}

/** Takes an identity for a definition; a sentence naming both places where another has it. */
function claim(runtime: Runtime, identity: string, definition: Definition, receiverClass: unknown): string | undefined {
  const holder = runtime.identities.get(identity);
  if (holder === undefined) {
    runtime.identities.set(identity, { definition, receiverClass });
    return undefined;
  }
  if (holder.definition === definition && holder.receiverClass === receiverClass) return undefined;
  return (
    `the identity '${identity}' belongs to another definition: first at ${holder.definition.place}, ` +
    `again at ${definition.place}. Give one of them identity: '…'`
  );
}
