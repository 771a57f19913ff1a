import { type ExpiryMarks, withMark } from './expiry-marks.js';
import type { Kept } from './memory-record.js';
import type { KeyScope } from './store-key.js';

/** The right to compute a key in this process. */
export interface Lease {
  readonly token: string;
  readonly generation: number;
  /** False where only the fence was taken. */
  readonly held: boolean;
  /** When its key was first expired since it began. */
  expiredAt: number | undefined;
  /** Resolves when the lease ends; made when somebody waits. */
  ended?: { readonly promise: Promise<void>; readonly resolve: () => void };
}

/** One scope's part of a memory store: looked up once, then found through the scope itself. */
export interface Drawer {
  readonly store: object;
  readonly identity: string;
  readonly namespace: string;
  readonly records: Map<string, Kept>;
  readonly leases: Map<string, Lease>;
  /** Until when an expired record of the key is served and nobody computes it; made at the first such key. */
  heldBack: Map<string, number> | undefined;
  /** Records of this generation or an older one are no hits: void, or expired. */
  passedAt: number;
  /** Records of this generation or an older one are void. */
  voidAt: number;
  voidBy: string;
  expiries: ExpiryMarks | undefined;
  /** Whether it ever held a remembered failure, which is no hit to be given as it is: see `MemoryStore.find`. */
  holdsFailures: boolean;
  gone: boolean;
}

export function newDrawer(store: object, { identity, namespace }: KeyScope): Drawer {
  return {
    store,
    identity,
    namespace,
    records: new Map(),
    leases: new Map(),
    heldBack: undefined,
    passedAt: 0,
    voidAt: 0,
    voidBy: '',
    expiries: undefined,
    holdsFailures: false,
    gone: false,
  };
}

/** Voids its records and its leases. */
export function voidDrawer(drawer: Drawer, generation: number, by: string): void {
  drawer.passedAt = generation;
  drawer.voidAt = generation;
  drawer.voidBy = by;
  endLeases(drawer);
}

/** Expires its records, and what its leases will store. */
export function expireDrawer(drawer: Drawer, generation: number, at: number): void {
  drawer.passedAt = generation;
  drawer.expiries = withMark(drawer.expiries, generation, at);
}

export function endLeases(drawer: Drawer): void {
  for (const text of [...drawer.leases.keys()]) endLease(drawer, text);
}

export function endLease(drawer: Drawer, text: string): void {
  const lease = drawer.leases.get(text);
  if (lease === undefined) return;
  drawer.leases.delete(text);
  lease.ended?.resolve();
}

/** Resolves when the lease ends. */
export function endOf(lease: Lease): Promise<void> {
  if (lease.ended === undefined) {
    let resolve: () => void = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    lease.ended = { promise, resolve };
  }
  return lease.ended.promise;
}
