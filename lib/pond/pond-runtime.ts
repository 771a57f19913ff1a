import { type Clock, systemClock } from '../base/clock.js';
import { Deadlines } from '../base/deadlines.js';
import { InvalidOptionsError, messageOf } from '../base/errors.js';
import { Events } from '../base/events.js';
import { mergeOptions } from '../base/option-reader.js';
import type { Definition } from '../definitions/definition.js';
import type { ParsedTaskOptions } from '../definitions/task-options.js';
import { createLog } from '../log/log.js';
import type { Log } from '../log/logger.js';
import { Circuit } from '../runs/circuit.js';
import type { Plan } from '../runs/plan.js';
import {
  EVENT_NAMES,
  type FlowRunEvent,
  type RunEvents,
  stateTopics,
  type TaskRunEvent,
  type TroubleEvent,
} from '../runs/run-events.js';
import type { CachingMode, Counters, HeldLease, Keyring, Runtime } from '../runs/runtime.js';
import { memoryStore } from '../stores/memory-store.js';
import type { StateStore, StoreHost } from '../stores/store.js';
import { KeyScope, scopeText } from '../stores/store-key.js';
import type { ParsedPondOptions } from './options.js';
import { logRuns } from './run-log.js';

const STORE_TIMEOUT_MS = 1_000;
/** A store that stays broken is told of again after so long. */
const STORE_TROUBLE_MS = 60_000;
/** Warnings given once, and key scopes, are remembered up to this many. */
const MAX_REMEMBERED = 10_000;

/** A pond as the engine sees it: what the options come to, and what is under way. `configure` changes it in place. */
export class PondRuntime implements Runtime {
  readonly counters: Counters = {
    hits: 0,
    joined: 0,
    stale: 0,
    misses: 0,
    refreshes: 0,
    uncacheable: 0,
    bypassed: 0,
    runs: 0,
    failures: 0,
    storeErrors: 0,
    flowRuns: 0,
  };
  readonly events: Events<RunEvents>;
  readonly topics: Runtime['topics'];
  readonly pending = new Set<Promise<unknown>>();
  readonly leases = new Set<HeldLease>();
  readonly plans = new WeakMap<Definition, WeakMap<object, Plan>>();
  readonly identities = new Map<string, { readonly definition: Definition; readonly receiverClass: unknown }>();
  #closed = false;
  revision = 0;
  clock: Clock = systemClock;
  caching: CachingMode = 'on';
  logPrints = false;
  onStoreError: 'run' | 'fail' = 'run';
  storeTimeoutMs = STORE_TIMEOUT_MS;
  deadlines = new Deadlines(systemClock);
  namespace = '';
  taskDefaults: ParsedTaskOptions = {};
  log: Log = createLog({ level: 'silent', format: 'pretty' });
  readonly #where: string;
  readonly #keyrings = new Map<string, Keyring>();
  readonly #attached = new Set<StateStore>();
  readonly #host = hostOf(this);
  readonly #circuits = new WeakMap<StateStore, Circuit>();
  /** When each warning was given. */
  readonly #warned = new Map<string, number>();
  readonly #environment: ParsedPondOptions;
  #options: ParsedPondOptions = {};
  #defaultStore: StateStore | undefined;
  #stopLog: () => void = () => {};

  /** `environment` holds where the options, or an `undefined` among them, say nothing else. */
  constructor(options: ParsedPondOptions, environment: ParsedPondOptions, where: string) {
    this.#where = where;
    this.#environment = mergeOptions(environment);
    this.events = new Events<RunEvents>(EVENT_NAMES, (error) => {
      this.log.write('error', 'flowpond', `a listener of pond.events failed: ${messageOf(error)}`, { error });
    });
    this.topics = {
      task: stateTopics<TaskRunEvent>((name) => this.events.topic(`task:${name}`)),
      flow: stateTopics<FlowRunEvent>((name) => this.events.topic(`flow:${name}`)),
    };
    this.apply(options);
  }

  /** Takes options over those it has; what was not given stays as it was. */
  apply(options: ParsedPondOptions): void {
    const merged = mergeOptions(this.#options, options);
    const { logLevel: levelOfEnvironment = 'warn', logFormat: formatOfEnvironment = 'pretty' } = this.#environment;
    const { clock = systemClock, logLevel = levelOfEnvironment, logFormat = formatOfEnvironment, logger } = merged;
    this.log = createLog({ level: logLevel, format: logFormat, logger, clock, where: this.#where });
    this.#stopLog();
    this.#stopLog = logRuns(this.events, this.log);
    this.#options = merged;
    if (clock !== this.clock) this.deadlines = new Deadlines(clock);
    this.clock = clock;
    this.caching = merged.caching ?? this.#environment.caching ?? 'on';
    this.logPrints = merged.logPrints ?? false;
    this.onStoreError = merged.onStoreError ?? 'run';
    this.storeTimeoutMs = merged.storeTimeout ?? STORE_TIMEOUT_MS;
    this.namespace = merged.namespace ?? '';
    this.taskDefaults = merged.taskDefaults ?? {};
    this.revision++;
  }

  keyring(identity: string, version: string | undefined): Keyring {
    const name = scopeText(identity, version, this.namespace);
    let ring = this.#keyrings.get(name);
    if (ring === undefined) {
      ring = { scope: new KeyScope(identity, version, this.namespace), flights: new Map() };
      if (this.#keyrings.size >= MAX_REMEMBERED) this.#forgetIdleKeyrings();
      this.#keyrings.set(name, ring);
    }
    return ring;
  }

  get keyrings(): Iterable<Keyring> {
    return this.#keyrings.values();
  }

  /** Plans that use one are made anew, so that it is found again with whatever runs under it. */
  #forgetIdleKeyrings(): void {
    for (const [name, ring] of this.#keyrings) if (ring.flights.size === 0) this.#keyrings.delete(name);
    this.revision++;
  }

  store(named: string | StateStore | undefined, where: string): StateStore {
    if (typeof named === 'object') return this.#attach(named);
    if (named === undefined) {
      this.#defaultStore ??= memoryStore();
      return this.#attach(this.#options.store ?? this.#defaultStore);
    }
    const found = this.#options.stores?.get(named);
    if (found !== undefined) return this.#attach(found);
    const known = [...(this.#options.stores?.keys() ?? [])].map((name) => `'${name}'`).join(', ');
    const remedy = known === '' ? 'Give the pond stores: { … }.' : `It has ${known}.`;
    throw new InvalidOptionsError({
      where,
      option: 'store',
      value: named,
      problem: 'names no store of the pond',
      remedy,
    });
  }

  #attach(store: StateStore): StateStore {
    if (this.#attached.has(store)) return store;
    this.#attached.add(store);
    store.attach?.(this.#host);
    return store;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** From now on nothing is looked up or stored; plans are made anew. */
  close(): void {
    this.#closed = true;
    this.revision++;
  }

  /** The stores that were used so far. */
  get stores(): readonly StateStore[] {
    return [...this.#attached];
  }

  allStores(): readonly StateStore[] {
    this.store(undefined, this.#where);
    for (const store of this.#options.stores?.values() ?? []) this.#attach(store);
    return this.stores;
  }

  circuit(store: StateStore): Circuit {
    let circuit = this.#circuits.get(store);
    if (circuit === undefined) {
      circuit = new Circuit();
      this.#circuits.set(store, circuit);
    }
    return circuit;
  }

  trouble(event: TroubleEvent, once?: string): void {
    const topic = this.events.topic('trouble');
    if (topic.wanted) topic.send(event);
    if (once !== undefined) {
      const now = this.clock.now();
      const before = this.#warned.get(once);
      if (before !== undefined && (event.kind !== 'store' || now - before < STORE_TROUBLE_MS)) return;
      if (before === undefined && this.#warned.size >= MAX_REMEMBERED) return;
      this.#warned.set(once, now);
    }
    const shown = event.kind === 'hook' || event.kind === 'not-invalidated';
    const level = shown || event.kind === 'unawaited' ? 'error' : 'warn';
    this.log.write(level, event.where, event.message, shown ? { error: event.error } : undefined);
  }
}

/** What stores see of a pond; `configure` may give it another clock. */
function hostOf(runtime: PondRuntime): StoreHost {
  return {
    get clock() {
      return runtime.clock;
    },
  };
}
