import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { disowned } from '../base/maybe-promise.js';
import type { MissReason } from '../states/cache-outcome.js';
import { expiredCopy, type StateRecord } from '../stores/record.js';
import { encodeRecord } from '../stores/record-codec.js';
import { revive, toPlain } from '../stores/revival.js';
import type { Commit, Invalidation, Lead, LeadRequest, Miss, StoreHost } from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import type { StoreEvent, WatchableStore } from '../stores/watchable-store.js';
import { Adviser, adviceOnAddress, adviceOnServer } from './advice.js';
import { Board } from './board.js';
import { ErrorCleaner } from './clean-error.js';
import { makeClients } from './clients.js';
import { CLOSED, Connection } from './connection.js';
import { Listener } from './listener.js';
import { Misses } from './misses.js';
import { expiredGroup, identityGroup, Names, namespaceGroup, tagGroup } from './names.js';
import { type RedisStoreOptions, readSettings, type Settings } from './options.js';
import { Reads } from './reads.js';
import { runScript, type ScriptArgument, type ScriptName, textOf } from './scripts.js';
import { ServerTime } from './server-time.js';
import { Unusable, type Usable, Values, windowsOf } from './values.js';
import { Versions } from './versions.js';
import { Waiters } from './waiters.js';
import { Watchers } from './watchers.js';

/** The board outlives every value that it may void. */
const BOARD_OUTLIVES_MS = 2 * 86_400_000;
/** How often a value that a script gave may turn out void before we give up: others write void ones faster than we read. */
const MAX_ROUNDS = 10;
const NEVER = Number.POSITIVE_INFINITY;
/** As good as never, and a number that a script reads. */
const ANY_TIME = 2 ** 53;
/** Longer reasons are cut. */
const MAX_DETAIL = 300;

/**
 * States in Redis or Valkey, shared by all processes that use the same server and prefix, of which one computes a key at a time. A hit
 * is one GET; scripts run on a miss only. Values are void at once after an invalidation of their key, in every process. After one of a
 * tag, a task or a namespace: at once in the process that asked, in others when the message comes, and at the latest after 3 s; a
 * process that cannot hear asks the server at each read. The same holds for what is expired on demand. An expired value is kept as long as
 * its longer stale window, and then as long again as it was fresh, though not less than 1 s nor more than 10 minutes.
 *
 * Needs ioredis 5.4 or 6. With a replica that takes over before it has everything, two processes may compute at once
 * (`min-replicas-to-write 1` helps). Close it, or the process stays alive.
 */
export function redisStore(options: RedisStoreOptions = {}): WatchableStore {
  return new RedisStore(readSettings(options));
}

class RedisStore implements WatchableStore {
  readonly name = 'redis';
  readonly sync = false;
  readonly revival = { toPlain, revive };
  readonly #settings: Settings;
  readonly #names: Names;
  readonly #connection: Connection;
  readonly #listener: Listener;
  readonly #time = new ServerTime();
  readonly #board: Board;
  readonly #reads: Reads;
  readonly #values: Values;
  readonly #versions: Versions;
  readonly #misses: Misses;
  readonly #waiters = new Waiters();
  readonly #watchers: Watchers;
  readonly #adviser: Adviser;
  /** What was the newest invalidation when a computation began, by its token. */
  readonly #stamps = new Map<string, number>();
  #host: StoreHost = { clock: systemClock };
  #attached = false;
  #advised = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { commands, listener, address } = makeClients(settings, settings.timeoutMs);
    const cleaner = new ErrorCleaner(address.secrets);
    this.#names = new Names(settings.prefix);
    this.#connection = new Connection(commands, settings.timeoutMs, cleaner);
    this.#board = new Board(this.#connection, this.#names, this.#time, settings.maxAgeMs + BOARD_OUTLIVES_MS);
    this.#reads = new Reads(this.#connection);
    this.#values = new Values(this.#board, this.#time);
    this.#versions = new Versions(this.#connection, this.#names, settings.maxAgeMs);
    this.#misses = new Misses(this.#connection, this.#names, this.#versions);
    this.#watchers = new Watchers(() => this.#board.refresh());
    this.#board.onPosted = (posted) => this.#watchers.posted(posted);
    this.#adviser = new Adviser(settings.onAdvice);
    this.#adviser.give(adviceOnAddress(address));
    this.#listener = new Listener(listener, this.#names, {
      listening: (yes) => this.#listening(yes),
      woken: (digest) => this.#waiters.wake(digest),
      posted: (newest) => this.#board.hint(newest),
      touched: (digest, generation) => this.#watchers.touched(digest, generation),
    });
    this.#board.onAsk = () => this.#listener.probe();
  }

  attach(host: StoreHost): void {
    if (!this.#attached) this.#host = host;
    this.#attached = true;
    this.#open();
  }

  get(key: StoreKey): Promise<StateRecord | undefined> {
    this.#open();
    let current: Promise<void> | undefined;
    const value = this.#reads.get(this.#names.value(key.digest), (bytes) =>
      current === undefined ? this.#values.fresh(bytes, key) : current.then(() => this.#values.fresh(bytes, key)),
    );
    current = this.#board.current();
    disowned(current); // it may fail before there is a value
    return value;
  }

  async lead(key: StoreKey, request: LeadRequest): Promise<Lead> {
    this.#open();
    const asking = request.leaseMs > 0 ? this.#waiters.ask(key.digest) : undefined;
    let lead: Lead | undefined;
    try {
      lead = await this.#lead(key, request, asking?.woken);
      return lead;
    } catch (error) {
      // The server may have said yes all the same: nobody is to wait for a lease that nobody uses.
      if (!this.#connection.closed) disowned(this.abandon(key, request.token));
      throw error;
    } finally {
      if (lead?.status === 'wait') asking?.wait(lead.leaseLeftMs);
      else asking?.done();
    }
  }

  async renew(key: StoreKey, token: string, leaseMs: number): Promise<boolean> {
    this.#open();
    const [, lease] = this.#names.keys(key.digest);
    const [held] = await this.#run('renew', [lease], [token, Math.ceil(leaseMs)]);
    return held === 1;
  }

  async commit(key: StoreKey, token: string, record: StateRecord): Promise<Commit> {
    this.#open();
    const stamped = this.#stamps.has(token);
    const stamp = this.#stamps.get(token) ?? 0;
    let bytes: Uint8Array;
    try {
      bytes = encodeRecord(record, { maxBytes: this.#settings.maxValueBytes });
    } catch (error) {
      const refused = messageOf(error);
      await this.abandon(key, token, 0, { reason: 'not-stored', detail: refused });
      return { committed: false, refused };
    }
    const [newest, [committed, , there]] = await Promise.all([
      this.#newest(),
      this.#scriptOfKey('commit', key, [
        token,
        record.generation,
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        ...windowsOf(record, this.#host.clock.now(), this.#settings.maxAgeMs),
        stamp,
        this.#names.inboxes,
        key.digest,
        this.#names.events,
      ]),
    ]);
    this.#stamps.delete(token);
    await this.#board.upTo(newest);
    if (committed === 1 || committed === 2) {
      const known = committed === 2 && !stamped ? NEVER : stamp; // what was written long ago was judged then
      if (this.#board.voidedBy(known, key.scope, record.tags) !== undefined) return { committed: false };
      disowned(this.#versions.saw(key.scope)); // for the reason of a miss some day, and no more
      const since = Math.min(Number(there) || NEVER, this.#board.expiredSince(known, key.scope, record.tags));
      const expiredAt = since === NEVER ? since : this.#toLocal(since);
      return expiredAt < record.expiresAt ? { committed: true, expiredAt } : { committed: true };
    }
    const current = this.#values.fresh(there as Buffer | null, key);
    return current === undefined ? { committed: false } : { committed: false, current };
  }

  async abandon(key: StoreKey, token: string, notBeforeMs = 0, miss?: Miss): Promise<void> {
    this.#open();
    this.#stamps.delete(token);
    const { inboxes } = this.#names;
    const why = [miss?.reason ?? '', clip(miss?.detail ?? '')];
    await this.#scriptOfKey('abandon', key, [token, Math.ceil(notBeforeMs), ...why, inboxes, key.digest]);
  }

  async invalidate(what: Invalidation): Promise<void> {
    this.#open();
    const { namespace = '' } = what;
    const by = clip(what.by ?? 'invalidate()');
    const { inboxes, events } = this.#names;
    const groups = [
      ...(what.all ? [namespaceGroup(namespace)] : []),
      ...(what.identities ?? []).map((identity) => identityGroup(namespace, identity)),
      ...(what.tags ?? []).map((tag) => tagGroup(namespace, tag)),
    ];
    const keys = (what.keys ?? []).map((key) =>
      what.expire
        ? this.#scriptOfKey('expire', key, [key.digest, events])
        : this.#scriptOfKey('invalidate', key, [`invalidated by ${by}`, inboxes, key.digest, events]),
    );
    const posted = what.expire ? groups.map(expiredGroup) : groups;
    await Promise.all([...keys, ...(posted.length === 0 ? [] : [this.#board.post(posted, by)])]);
  }

  watch(listener: (event: StoreEvent) => void): () => void {
    this.#open();
    this.#watchers.add(listener);
    this.#listener.watch(true);
    return () => {
      this.#watchers.remove(listener);
      if (!this.#watchers.any) this.#listener.watch(false);
    };
  }

  async close(): Promise<void> {
    if (this.#connection.closed) return;
    this.#connection.close();
    this.#listener.close();
    this.#watchers.close();
    this.#waiters.wakeAll();
    this.#stamps.clear();
  }

  #open(): void {
    if (this.#connection.closed) throw new Error(CLOSED);
    if (this.#advised) return;
    this.#advised = true;
    this.#connection.open();
    this.#listener.open();
    disowned(adviceOnServer(this.#connection).then((advice) => this.#adviser.give(advice)));
  }

  #listening(yes: boolean): void {
    this.#board.listening = yes;
    this.#watchers.distrust();
    if (yes) {
      this.#board.hint();
      this.#waiters.wakeAll();
    } else {
      this.#listener.open();
    }
  }

  async #lead(key: StoreKey, request: LeadRequest, woken: Promise<void> | undefined): Promise<Lead> {
    const { mode, token } = request;
    const leaseMs = Math.ceil(request.leaseMs);
    let seen: Unusable | undefined;
    let expired: Pick<Usable, 'generation' | 'groupSince'> = { generation: 0, groupSince: NEVER };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { id } = this.#listener;
      const known = [seen?.generation ?? 0, expired.generation, Math.min(expired.groupSince, ANY_TIME)];
      const asked = this.#scriptOfKey('lead', key, [
        ...[mode, token, leaseMs, id, this.#names.inboxes, key.digest],
        ...known,
      ]);
      const [newest, [status, , value, ...rest]] = await Promise.all([this.#newest(), asked]);
      await this.#board.upTo(newest);
      const found = value === null ? undefined : this.#values.read(value as Buffer, key);
      if (found instanceof Unusable) seen = found;
      const usable = found instanceof Unusable ? undefined : found;
      const kind = textOf(status);
      if (kind === 'hit' || kind === 'stale') {
        if (usable === undefined) continue;
        const { record, generation, groupSince } = usable;
        if (groupSince === NEVER || (generation === expired.generation && groupSince >= expired.groupSince))
          return { status: kind, record: kind === 'hit' ? record : this.#expired(usable) };
        expired = usable; // the script knows of single keys alone: it is asked again, and told
        continue;
      }
      const stale = usable === undefined ? {} : { stale: this.#expired(usable) };
      if (kind === 'wait') {
        const [leaseLeftMs] = rest as [number];
        return { status: 'wait', leaseLeftMs, ...(woken && { woken }), ...stale };
      }
      const [generation, reason, detail] = rest as [number, Buffer, Buffer];
      this.#stamps.set(token, this.#board.newest);
      const miss = await this.#misses.why(key, seen, textOf(reason) as MissReason, textOf(detail));
      return { status: 'lead', generation, miss, ...(leaseMs > 0 && { renewEveryMs: leaseMs / 3 }), ...stale };
    }
    throw new Error(`${MAX_ROUNDS} values in a row were void by the time they were read`);
  }

  #expired({ record, keySince, groupSince }: Usable): StateRecord {
    const since = Math.min(keySince, groupSince);
    return expiredCopy(record, since === NEVER ? since : this.#toLocal(since));
  }

  /** A moment of the server's clock by the pond's, which judges stale windows. */
  #toLocal(moment: number): number {
    return this.#host.clock.now() - this.#time.since(moment);
  }

  /** The newest number on the server's board; null where it has none yet. */
  async #newest(): Promise<number | null> {
    const { board } = this.#names;
    const newest = await this.#connection.ask((commands) => commands.callBuffer('zscore', board, '#newest'));
    return newest === null ? null : Number(textOf(newest));
  }

  #scriptOfKey(name: ScriptName, key: StoreKey, args: readonly ScriptArgument[]): Promise<readonly unknown[]> {
    return this.#run(name, this.#names.keys(key.digest), args);
  }

  async #run(name: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<readonly unknown[]> {
    const sent = performance.now();
    const answer = await runScript(this.#connection, name, keys, args);
    if (typeof answer[1] === 'number') this.#time.sample(answer[1], sent, performance.now());
    return answer;
  }
}

/** A text for people as it is kept. */
function clip(text: string): string {
  return text.slice(0, MAX_DETAIL);
}
