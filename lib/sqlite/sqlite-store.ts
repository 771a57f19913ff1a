import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { StateRecord } from '../stores/record.js';
import { encodeRecord } from '../stores/record-codec.js';
import { revive, toPlain } from '../stores/revival.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StateStore, StoreHost } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { Connection } from './connection.js';
import { explained, isBroken, isBusy } from './faults.js';
import * as ledger from './ledger.js';
import { lookUp, lookUpStale } from './lookup.js';
import { readSettings, type SqliteSettings, type SqliteStoreOptions } from './options.js';
import type { Statements } from './statements.js';
import { Sweeper } from './sweep.js';
import { Wakings } from './wakings.js';
import { type Work, WriteQueue } from './write-queue.js';

/**
 * States in one file that outlives the process and that the processes of one machine share. Opened at first use. Synchronous, so
 * that synchronous tasks keep working: those wait for nobody, and of two that run at once the later one's value stays. For
 * asynchronous tasks, one process computes a key, and the others wait.
 *
 * Throws an `InvalidOptionsError`, or an error that says what to install where there is no SQLite.
 */
export function sqliteStore(options: SqliteStoreOptions = {}): StateStore {
  return new SqliteStore(readSettings(options));
}

/** A lease is renewed so many times before it could end. */
const RENEWALS = 3;
/** Who waits for another process looks again after a part of the time that one has taken so far, within bounds. */
const LOOK_AGAIN = { part: 4, leastMs: 5, mostMs: 25 } as const;

/** What a write does while another process has the file: fail, wait for its turn, or wait only then. */
type Patience = 'none' | 'queue' | 'queue if busy';

class SqliteStore implements StateStore {
  readonly name = 'sqlite';
  readonly sync = true;
  readonly revival = { toPlain, revive };
  readonly #settings: SqliteSettings;
  readonly #queue: WriteQueue;
  readonly #sweeper: Sweeper;
  readonly #wakings = new Wakings();
  /** Asked for its clock each time: a pond may be given another. */
  #host: StoreHost = { clock: systemClock };
  #attached = false;
  #connection: Connection | undefined;
  #closed = false;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
    this.#sweeper = new Sweeper(settings.keepExpiredMs);
    this.#queue = new WriteQueue(
      (work) => this.#transact(work),
      (error) => explained(error, settings.path),
      () => this.#host.clock,
    );
  }

  attach(host: StoreHost): void {
    if (!this.#attached) this.#host = host;
    this.#attached = true;
  }

  get(key: StoreKey): StateRecord | undefined {
    const found = this.#read((statements, now) => lookUp(statements, key, now));
    return typeof found === 'string' ? undefined : found;
  }

  lead(key: StoreKey, request: LeadRequest): MaybePromise<Lead> {
    const leased = request.leaseMs > 0;
    // Who waits or is held back asks again and again: that must not cost the writer's lock.
    const held = leased && request.mode === 'normal' ? this.#ifHeld(key) : undefined;
    if (held !== undefined) return held;
    return this.#write(
      leased ? 'queue' : 'none',
      (statements, now) => ledger.lead(statements, key, request, now),
      (led) => this.#onLed(key, request, led),
    );
  }

  renew(key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean> {
    return this.#write(
      this.#patienceOf(token),
      (statements, now) => ledger.renew(statements, key, token, now + leaseMs),
      (held) => held,
    );
  }

  commit(key: StoreKey, token: string, record: StateRecord): MaybePromise<Commit> {
    const write = this.#encoded(record);
    return this.#write(
      this.#patienceOf(token),
      (statements, now): Commit => {
        if (typeof write === 'string') return refuse(statements, key, token, write, now);
        const expiresAt = ledger.commit(statements, key, token, write, now);
        if (expiresAt !== undefined) {
          this.#sweeper.step(statements, now);
          return expiresAt < record.expiresAt ? { committed: true, expiredAt: expiresAt } : { committed: true };
        }
        const current = lookUp(statements, key, now);
        return typeof current === 'object' ? { committed: false, current } : { committed: false };
      },
      (commit) => {
        this.#over(key, token);
        return commit;
      },
    );
  }

  abandon(key: StoreKey, token: string, notBeforeMs = 0, miss?: Miss): MaybePromise<void> {
    return this.#write(
      this.#patienceOf(token),
      (statements, now) => {
        ledger.abandon(statements, key, token, now, { miss, notBeforeMs });
      },
      () => this.#over(key, token),
    );
  }

  invalidate(what: Invalidation): MaybePromise<void> {
    return this.#write(
      'queue if busy',
      (statements, now) => ledger.invalidate(statements, what, now, this.#settings.keepExpiredMs),
      () => {
        if (!what.expire) this.#wakings.wakeAll();
      },
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#queue.close(closed());
    this.#closed = true;
    this.#wakings.wakeAll();
    this.#disconnect();
  }

  #encoded(record: StateRecord): ledger.Encoded | string {
    const { generation, expiresAt, tags } = record;
    const staleForMs = Math.max(record.renewForMs, record.errorForMs);
    const { keepExpiredMs: keptForMs } = this.#settings;
    try {
      return { bytes: encodeRecord(record), generation, expiresAt, staleForMs, keptForMs, tags };
    } catch (error) {
      return messageOf(error);
    }
  }

  #ifHeld(key: StoreKey): Lead | undefined {
    return this.#read((statements, now) => {
      const slot = ledger.slotOf(statements, key);
      if (slot === undefined) return undefined;
      const held = ledger.isHeld(slot, now);
      if (!held && slot.heldUntil === null) return undefined;
      const record = lookUp(statements, key, now);
      if (typeof record === 'object') return { status: 'hit', record };
      const instead = ledger.heldBack(statements, key, slot, now);
      if (instead !== undefined) return { status: 'stale', record: instead };
      return held ? this.#waiting(key, slot) : undefined;
    });
  }

  #onLed(key: StoreKey, { token, leaseMs }: LeadRequest, led: ledger.Led): Lead {
    if (led.status === 'hit' || led.status === 'stale') return led;
    if (led.status === 'wait') return this.#waiting(key, led.slot);
    this.#wakings.wake(key.digest); // whoever waits for the run that this one overtakes
    if (leaseMs === 0) return led;
    this.#wakings.hold(token);
    return { ...led, renewEveryMs: leaseMs / RENEWALS };
  }

  #waiting(key: StoreKey, slot: ledger.Slot): Lead {
    const now = this.#host.clock.now();
    const { part, leastMs, mostMs } = LOOK_AGAIN;
    const pause = Math.min(Math.max((now - slot.ledAt) / part, leastMs), mostMs);
    const here = this.#wakings.holds(slot.token as string);
    const waiting: Lead = {
      status: 'wait',
      leaseLeftMs: Math.min(pause, Math.max(slot.leaseUntil - now, 1)),
      ...(here ? { woken: this.#wakings.of(key.digest) } : {}),
    };
    if (slot.generation === null) return waiting;
    // Read and decoded only if somebody looks, which is once in many tries.
    return Object.defineProperty(waiting, 'stale', { get: () => this.#stale(key), enumerable: true });
  }

  #stale(key: StoreKey): StateRecord | undefined {
    try {
      const record = this.#read((statements) => lookUpStale(statements, key));
      return typeof record === 'string' ? undefined : record;
    } catch {
      return undefined; // the next question tells of the fault
    }
  }

  #over(key: StoreKey, token: string): void {
    this.#wakings.letGo(token);
    this.#wakings.wake(key.digest);
  }

  /** Whoever leads with a lease can wait for its turn. */
  #patienceOf(token: string): Patience {
    return this.#wakings.holds(token) ? 'queue' : 'none';
  }

  #read<T>(work: Work<T>): T {
    const now = this.#host.clock.now();
    try {
      return work(this.#open(now).statements, now);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #write<T, U>(patience: Patience, work: Work<T>, after: (result: T) => U): MaybePromise<U> {
    if (this.#closed) throw closed();
    if (patience === 'queue') return this.#queue.push(work).then(after);
    let result: T;
    try {
      result = this.#transact(work);
    } catch (error) {
      if (patience === 'queue if busy' && isBusy(error)) return this.#queue.push(work).then(after);
      throw explained(error, this.#settings.path);
    }
    return after(result);
  }

  #transact<T>(work: Work<T>): T {
    const now = this.#host.clock.now();
    try {
      const connection = this.#open(now);
      return connection.transact(() => work(connection.statements, now));
    } catch (error) {
      if (isBroken(error)) this.#disconnect();
      throw error;
    }
  }

  #open(now: number): Connection {
    if (this.#closed) throw closed();
    if (this.#connection?.isOrphan(now)) this.#disconnect();
    this.#connection ??= Connection.open(this.#settings, now);
    return this.#connection;
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    try {
      connection?.close();
    } catch {
      // it was of no more use
    }
  }

  #failed(error: unknown): unknown {
    if (isBroken(error)) this.#disconnect();
    return explained(error, this.#settings.path);
  }
}

/** A value that cannot be stored: whoever asks next is told why. */
function refuse(statements: Statements, key: StoreKey, token: string, refused: string, now: number): Commit {
  const miss: Miss = { reason: 'not-stored', detail: refused };
  return ledger.abandon(statements, key, token, now, { miss, replaces: true })
    ? { committed: false, refused }
    : { committed: false };
}

function closed(): Error {
  return new Error('store closed');
}
