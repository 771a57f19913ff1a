import type { Clock } from '../base/clock.js';
import type { Deadlines } from '../base/deadlines.js';
import type { Events } from '../base/events.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { Definition } from '../definitions/definition.js';
import type { ParsedTaskOptions } from '../definitions/task-options.js';
import type { Log } from '../log/logger.js';
import type { StateStore } from '../stores/store.js';
import type { KeyScope } from '../stores/store-key.js';
import type { Circuit } from './circuit.js';
import type { Plan } from './plan.js';
import type { FlowRunEvent, RunEvents, StateTopics, TaskRunEvent, TroubleEvent } from './run-events.js';

/** Whether states are looked up: `refresh` runs everything and overwrites. */
export type CachingMode = 'on' | 'off' | 'refresh';

/**
 * What a pond counted since it was made. Each call counts once, when it ends, by the `cache.status` of its final state: these are the first
 * seven. A renewal behind a call is a run, and no call.
 */
export interface Counters {
  hits: number;
  joined: number;
  /** Calls that were given an expired value. */
  stale: number;
  /** Calls for which nothing was found, or whose store failed. */
  misses: number;
  refreshes: number;
  uncacheable: number;
  bypassed: number;
  /** Bodies begun, retries included. */
  runs: number;
  failures: number;
  storeErrors: number;
  flowRuns: number;
}

/** What runs under one key scope in a pond; flights are found by key text. */
export interface Keyring {
  readonly scope: KeyScope;
  readonly flights: Map<string, unknown>;
}

/** A key that a run holds in a shared store. */
export interface HeldLease {
  /** Lets others have it at once. The run goes on for those who wait for it here. */
  handBack(): MaybePromise<unknown>;
}

/** What a run needs of its pond. The pond is above the engine; this is the seam between them. */
export interface Runtime {
  readonly clock: Clock;
  readonly log: Log;
  readonly caching: CachingMode;
  readonly logPrints: boolean;
  readonly onStoreError: 'run' | 'fail';
  readonly storeTimeoutMs: number;
  /** Those of answers of stores. */
  readonly deadlines: Deadlines;
  readonly namespace: string;
  readonly taskDefaults: ParsedTaskOptions;
  readonly closed: boolean;
  readonly events: Events<RunEvents>;
  /** Who listens to runs entering states. */
  readonly topics: { readonly task: StateTopics<TaskRunEvent>; readonly flow: StateTopics<FlowRunEvent> };
  readonly counters: Counters;
  /** What `close()` awaits: hooks, renewals, submitted runs. */
  readonly pending: Set<Promise<unknown>>;
  /** What `close()` gives back: keys that runs under way hold in shared stores. */
  readonly leases: Set<HeldLease>;
  /** Plans by definition, then by receiver class (or the twin's definition). */
  readonly plans: WeakMap<Definition, WeakMap<object, Plan>>;
  /** Rises with every `configure`, which makes plans anew. */
  readonly revision: number;
  /** Who has which identity; the first definition and class to use one keeps it. */
  readonly identities: Map<string, { readonly definition: Definition; readonly receiverClass: unknown }>;
  /** The keyring of a scope. */
  keyring(identity: string, version: string | undefined): Keyring;
  /** Every keyring that flights may be found in. */
  readonly keyrings: Iterable<Keyring>;
  /** The store of this name; the default one where it is undefined. */
  store(named: string | StateStore | undefined, where: string): StateStore;
  /** Every store that tasks of the pond may use: the default one, the named ones, and those given to tasks that were called. */
  allStores(): readonly StateStore[];
  /** Whether a store is worth asking. */
  circuit(store: StateStore): Circuit;
  /** Tells of trouble; one line, and for a `once` key only the first time; of a store, once a minute. */
  trouble(event: TroubleEvent, once?: string): void;
}
