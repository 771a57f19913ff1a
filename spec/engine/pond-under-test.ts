import { afterEach, expect } from '@jest/globals';
import {
  type Commit,
  type Invalidation,
  type Lead,
  type LeadRequest,
  type Miss,
  memoryStore,
  type PondOptions,
  type StateRecord,
  type StateStore,
  type StoreHost,
  type StoreKey,
} from '../../lib/index.js';
import type { Keyring } from '../../lib/runs/runtime.js';
import { createTestPond, type FakeClock, type TestPond } from '../../lib/testing/index.js';

/** A promise that the test settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything that can go on go on. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

interface Watched {
  readonly pond: TestPond;
  readonly rings: Set<Keyring>;
  /** Whether leases of the store are looked at: a store that is broken on purpose cannot give them back. */
  readonly leases: boolean;
}

const ponds: Watched[] = [];

/** A test pond that is looked into when the test is over: nothing may be left running in it. */
export function pondUnderTest(
  options: Omit<PondOptions, 'clock'> & { readonly clock?: FakeClock | undefined } = {},
  leases = true,
): TestPond {
  const pond = createTestPond(options);
  const rings = new Set<Keyring>();
  const { runtime } = pond;
  const keyring = runtime.keyring.bind(runtime);
  runtime.keyring = (identity, version) => {
    const ring = keyring(identity, version);
    rings.add(ring);
    return ring;
  };
  ponds.push({ pond, rings, leases });
  return pond;
}

/** What is left running in a pond. */
function left({ pond, rings, leases }: Watched): object {
  const all = [...rings];
  const held = all.map((ring) => (ring.scope.home as { leases?: Map<string, unknown> } | undefined)?.leases?.size ?? 0);
  return {
    flights: all.reduce((sum, ring) => sum + ring.flights.size, 0),
    leases: leases ? held.reduce((sum, size) => sum + size, 0) : 0,
    pending: pond.runtime.pending.size,
    timers: pond.clock.timers,
  };
}

/** After each test of the file: no pond has anything left running. (Jest itself fails a test for an unhandled rejection.) */
export function nothingIsLeft(): void {
  afterEach(async () => {
    await flush();
    const found = ponds.splice(0).map(left);
    expect(found).toEqual(found.map(() => ({ flights: 0, leases: 0, pending: 0, timers: 0 })));
  });
}

/** The names of the states that the runs of a pond enter, in order. */
export function stateNames(pond: TestPond, role: 'task' | 'flow' = 'task'): string[] {
  const names: string[] = [];
  for (const name of STATES) pond.events.on(`${role}:${name}`, ({ state }) => names.push(state.name));
  return names;
}

const STATES = [
  'Pending',
  'Running',
  'Retrying',
  'AwaitingRetry',
  'Completed',
  'Cached',
  'Failed',
  'TimedOut',
  'Cancelled',
  'Crashed',
] as const;

/** A memory store that answers with promises. A spec may replace any of its methods. */
export class AsyncStore implements StateStore {
  readonly name: string = 'later';
  readonly sync: boolean = false;
  readonly inner: StateStore = memoryStore();

  attach(host: StoreHost): void {
    this.inner.attach?.(host);
  }

  async get(key: StoreKey): Promise<StateRecord | undefined> {
    return this.inner.get(key);
  }

  async lead(key: StoreKey, request: LeadRequest): Promise<Lead> {
    return this.inner.lead(key, request);
  }

  async renew(key: StoreKey, token: string, leaseMs: number): Promise<boolean> {
    return this.inner.renew(key, token, leaseMs);
  }

  async commit(key: StoreKey, token: string, record: StateRecord): Promise<Commit> {
    return this.inner.commit(key, token, record);
  }

  async abandon(key: StoreKey, token: string, notBeforeMs?: number, miss?: Miss): Promise<void> {
    await this.inner.abandon(key, token, notBeforeMs, miss);
  }

  async invalidate(what: Invalidation): Promise<void> {
    await this.inner.invalidate(what);
  }

  async close(): Promise<void> {
    await this.inner.close();
  }
}

/** One that answers at once, and one that answers later. */
export const BOTH_KINDS_OF_STORE = [
  ['a memory store', (): StateStore => memoryStore()],
  ['an asynchronous store', (): StateStore => new AsyncStore()],
] as const;
