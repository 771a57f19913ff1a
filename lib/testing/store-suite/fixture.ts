import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.js';
import { RECORD_SCHEMA, type StateRecord } from '../../stores/record.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StateStore, StoreHost } from '../../stores/store.js';
import { KeyScope, StoreKey } from '../../stores/store-key.js';
import { fakeClock } from '../fake-clock.js';
import type { Assertions, SpecApi } from './spec-api.js';

/** Makes the store that one spec uses. The host's clock is the suite's; a store with a time of its own need not heed it. */
export type MakeStore = (host: StoreHost) => StateStore | Promise<StateStore>;

/** What `describeStateStore` takes. */
export interface StateStoreSuiteOptions {
  /** The test runner. Default: the globals of Jest or Vitest. */
  readonly api?: Partial<SpecApi>;
  /**
   * Lets `ms` milliseconds pass, for a store that has a time of its own: a real wait, or whatever moves that time. The suite asks for
   * about a second at a time. A spec that fails where more time passed than that, as on a busy machine, is tried again on a store of its
   * own. Default: the suite moves the fake clock that it gives to the store.
   */
  readonly advance?: (ms: number) => unknown;
  /** The store's own time in milliseconds since 1970; beside `advance`. Default `Date.now`. */
  readonly now?: () => number;
  /** Another handle on what the last `makeStore` has opened, as another process would have. Without it those specs are left out. */
  readonly another?: MakeStore;
  /** Damages what is stored under the key. Without it that spec is left out. */
  readonly corrupt?: (key: StoreKey, store: StateStore) => unknown;
  /** Values that have to come back as they were. Default: all that the codec keeps. */
  readonly values?: readonly unknown[];
  /** Whether a closed store may be used again, empty (`memoryStore`). Default false: it refuses every call. */
  readonly reopens?: boolean;
}

/** Which scope a key of a spec is in, where that matters. */
export interface Where {
  readonly identity?: string;
  readonly version?: string;
  readonly namespace?: string;
}

export type Leading = Extract<Lead, { status: 'lead' }>;

/** Long enough for the slowest machine: leases that are to last, expiries that are not to come. */
export const LONG_MS = 60_000;
/** Short enough to be waited for. */
export const SHORT_MS = 400;
/** A spec that lost more than this beside what it let pass may have failed for that. */
const LATE_MS = 20;
/** How often a spec is tried on a machine that goes on losing time. */
const TRIES = 3;

/** One spec's store, with keys that no other spec has. */
export class Fixture {
  readonly #own = randomUUID();
  readonly #stores: StateStore[] = [];
  readonly #fake = fakeClock(Date.now());
  readonly #host: StoreHost;
  readonly #since: number;
  #passed = 0;
  #tokens = 0;
  store!: StateStore;

  constructor(
    readonly options: StateStoreSuiteOptions,
    readonly expect: (value: unknown) => Assertions,
  ) {
    const { now } = options;
    const own: Clock = now === undefined ? systemClock : { ...systemClock, now };
    this.#host = { clock: options.advance === undefined ? this.#fake : own };
    this.#since = this.now();
  }

  async open(make: MakeStore): Promise<StateStore> {
    const store = await make(this.#host);
    this.#stores.push(store);
    store.attach?.(this.#host);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close();
  }

  /** Whether time stands still unless it is moved: then bounds are tried to the millisecond. */
  get exact(): boolean {
    return this.options.advance === undefined;
  }

  now(): number {
    return this.#host.clock.now();
  }

  /** Whether more time passed than the spec let pass: leases and expiries may have run out before they were looked at. */
  get late(): boolean {
    return Math.abs(this.now() - this.#since - this.#passed) > LATE_MS;
  }

  async advance(ms: number): Promise<void> {
    this.#passed += ms;
    await (this.options.advance === undefined ? this.#fake.advance(ms) : this.options.advance(ms));
  }

  /** A name that no other spec and no other run uses. */
  name(text: string): string {
    return `${text} of suite ${this.#own}`;
  }

  key(text: string, { identity = 'Suite.task', version, namespace = this.name('') }: Where = {}): StoreKey {
    return new StoreKey(new KeyScope(identity, version, namespace), text);
  }

  token(): string {
    return `${this.#own}:${this.#tokens++}`;
  }

  async get(key: StoreKey, store = this.store): Promise<StateRecord | undefined> {
    return store.get(key);
  }

  /** The stored value; the text `none` where there is none, so that a stored undefined is seen. */
  async value(key: StoreKey, store = this.store): Promise<unknown> {
    const record = await store.get(key);
    return record === undefined ? 'none' : record.value;
  }

  async ask(key: StoreKey, request: Partial<LeadRequest> = {}, store = this.store): Promise<Lead> {
    return store.lead(key, { mode: 'normal', token: this.token(), leaseMs: LONG_MS, ...request });
  }

  async lead(key: StoreKey, request: Partial<LeadRequest> = {}, store = this.store): Promise<Leading> {
    const lead = await this.ask(key, request, store);
    this.expect(lead.status).toBe('lead');
    return lead as Leading;
  }

  async commit(key: StoreKey, token: string, record: StateRecord, store = this.store): Promise<Commit> {
    return store.commit(key, token, record);
  }

  /** Has a value computed and stored, whatever was there. */
  async put(key: StoreKey, value: unknown, more: Partial<StateRecord> = {}): Promise<StateRecord> {
    const token = this.token();
    const { generation } = await this.lead(key, { mode: 'refresh', token });
    const record = this.record(key, value, { generation, ...more });
    this.expect(await this.commit(key, token, record)).toEqual({ committed: true });
    return record;
  }

  async invalidate(what: Invalidation, store = this.store): Promise<void> {
    await store.invalidate(what);
  }

  /** Why a lookup misses. */
  async why(key: StoreKey): Promise<Miss> {
    const token = this.token();
    const { miss } = await this.lead(key, { token });
    await this.store.abandon(key, token);
    return miss;
  }

  record(key: StoreKey, value: unknown, more: Partial<StateRecord> = {}): StateRecord {
    return {
      schema: RECORD_SCHEMA,
      key,
      value,
      message: undefined,
      storedAt: this.now(),
      expiresAt: Number.POSITIVE_INFINITY,
      renewForMs: 0,
      errorForMs: 0,
      computeMs: 5,
      generation: 1,
      tags: undefined,
      async: true,
      frozen: false,
      from: { origin: { taskRunId: 'run 1', taskRunName: 'task-0' } },
      promise: undefined,
      ...more,
    };
  }

  /** Whether a promise settles while time passes, in small steps. */
  async settles(promise: Promise<unknown>): Promise<boolean> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    for (let step = 0; !settled && step < 100; step++) await this.advance(20);
    return settled;
  }
}

/** What defines one spec: its name and what it does with a store of its own. */
export type DefineSpec = (name: string, body: (fixture: Fixture) => Promise<void>) => void;

/** Runs every spec on a store of its own, and closes it afterwards; again where it failed and the machine lost time meanwhile. */
export function specsOf(api: SpecApi, makeStore: MakeStore, options: StateStoreSuiteOptions): DefineSpec {
  return (name, body) => {
    api.it(name, async () => {
      for (let tries = 1; ; tries++) {
        const fixture = new Fixture(options, api.expect);
        fixture.store = await fixture.open(makeStore);
        try {
          await body(fixture);
          return;
        } catch (error) {
          if (tries === TRIES || !fixture.late) throw error;
        } finally {
          await fixture.close();
        }
      }
    });
  };
}
