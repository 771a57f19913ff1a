import { disowned } from '../base/maybe-promise.js';
import type { KeyScope } from '../stores/store-key.js';
import type { Connection } from './connection.js';
import { FLOOR, Groups, TAGS_FLOOR } from './groups.js';
import { groupExpired, type Names } from './names.js';
import { runScript, textOf } from './scripts.js';
import type { ServerTime } from './server-time.js';

/** Invalidated tags that are remembered one by one; older ones are remembered as one point in time. */
const MAX_TAGS = 20_000;
/** Most that are told to the server at once. */
const MAX_POSTED = 500;
/** What was read longer ago than this is read again on the side, and not believed any more after that. */
const LOOK_AGAIN_MS = 1_000;
const BELIEVED_MS = 3_000;

const NEWEST = '#newest';
/** Posted after a failover, whether anything is known to be lost or not: numbers must not go back. */
const RESTORED = '#restored';

/** A group of records that somebody invalidated or expired, with the number of that. */
export type Posted = readonly [group: string, number: number];

/**
 * What this process knows of invalidated and expired tags, tasks and namespaces. Each has the number of its last invalidation on the server's
 * board; a record is void if one of its groups has a higher number than was the newest when its computation began. The table here
 * is a copy: messages only say that it is old, and what they say is then read from the server.
 */
export class Board {
  /** Whether messages of new invalidations can come at all. Where not, every turn of the event loop asks anew. */
  listening = false;
  /** Told of what is new on the board; of nothing in particular where that cannot be said. */
  onPosted: ((posted: readonly Posted[] | undefined) => void) | undefined;
  /** Called whenever the server is asked. */
  onAsk: (() => void) | undefined;
  readonly #connection: Connection;
  readonly #names: Names;
  readonly #time: ServerTime;
  readonly #keepMs: number;
  readonly #groups = new Groups();
  #newest = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #hints = 0;
  #heeded = 0;
  #next: Promise<void> | undefined;
  #onTheSide = false;

  constructor(connection: Connection, names: Names, time: ServerTime, keepMs: number) {
    this.#connection = connection;
    this.#names = names;
    this.#time = time;
    this.#keepMs = keepMs;
  }

  /** The newest number known: what a computation that begins now is stamped with. */
  get newest(): number {
    return this.#newest;
  }

  /** There may be news: what is known is not believed until it has been read again. */
  hint(newest = Number.POSITIVE_INFINITY): void {
    if (newest <= this.#newest) return;
    this.#hints++;
    this.refreshOnTheSide();
  }

  /** Undefined where what is known may be used at once; else a promise of that. */
  current(): Promise<void> | undefined {
    if (!this.listening || this.#heeded !== this.#hints) return this.refresh();
    const age = performance.now() - this.#readAt;
    if (age > BELIEVED_MS) return this.refresh();
    if (age > LOOK_AGAIN_MS) this.refreshOnTheSide();
    return undefined;
  }

  /** Reads what is new. All who ask in one turn share one question. */
  refresh(): Promise<void> {
    this.#next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#next = undefined;
        this.#ask([], '').then(resolve, reject);
      });
    });
    return this.#next;
  }

  /** The same, waited for by nobody: whoever needs it will ask again, and see why it failed. */
  refreshOnTheSide(): void {
    if (this.#onTheSide || this.#connection.closed) return;
    this.#onTheSide = true;
    disowned(
      this.refresh().finally(() => {
        this.#onTheSide = false;
      }),
    );
  }

  /** Makes sure that everything up to `newest`, as the server has just said, is known here; null: it has no board. */
  upTo(newest: number | null): Promise<void> | undefined {
    return newest === this.#newest ? undefined : this.refresh();
  }

  /** Invalidates groups, some at a time: the server does nothing else meanwhile. When it resolves, this process knows of it. */
  async post(groups: readonly string[], by: string): Promise<void> {
    for (let i = 0; i < groups.length; i += MAX_POSTED) await this.#ask(groups.slice(i, i + MAX_POSTED), by);
  }

  /** The group whose invalidation voids a record of this stamp; undefined where none does. */
  voidedBy(stamp: number, scope: KeyScope, tags: readonly string[] | undefined): string | undefined {
    return stamp >= this.#newest ? undefined : this.#groups.voidedBy(stamp, scope, tags);
  }

  /** Since when one of its groups has been expired after this stamp, by the server's clock; `Infinity`: none has. */
  expiredSince(stamp: number, scope: KeyScope, tags: readonly string[] | undefined): number {
    return stamp >= this.#newest ? Number.POSITIVE_INFINITY : this.#groups.expiredSince(stamp, scope, tags);
  }

  async #ask(groups: readonly string[], by: string): Promise<void> {
    const { board, by: who, bus } = this.#names;
    const hints = this.#hints;
    const since = this.#newest;
    const sent = performance.now();
    this.onAsk?.();
    const args = [since, this.#keepMs, MAX_TAGS, bus, by, ...groups];
    const [micros, before, newest, posted, expiries] = (await runScript(
      this.#connection,
      'board',
      [board, who],
      args,
    )) as [number, number, number, readonly unknown[], readonly unknown[]];
    this.#time.sample(micros, sent, performance.now());
    this.#take(posted, expiries, since === 0);
    if (newest > this.#newest) this.#newest = newest;
    if (sent > this.#readAt) this.#readAt = sent;
    if (hints > this.#heeded) this.#heeded = hints;
    if (before < since) await this.#restore(before);
  }

  /** A failover lost what was posted after `number`: values are never replayed, invalidations are. */
  async #restore(number: number): Promise<void> {
    const lost = this.#groups.after(number);
    await this.post([RESTORED, ...lost], 'an invalidation before a failover');
  }

  #take(flat: readonly unknown[], expiries: readonly unknown[], first: boolean): void {
    const posted: Posted[] = [];
    let unclear = false;
    let expired = 0;
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const group = textOf(flat[i]);
      const number = Number(textOf(flat[i + 1]));
      if (group === FLOOR) this.#groups.raiseFloor(number);
      if (group === TAGS_FLOOR) this.#groups.raiseTagsFloor(number);
      if (group.startsWith('#')) {
        unclear ||= group !== NEWEST;
        continue;
      }
      posted.push([group, number]);
      const whole = groupExpired(group);
      if (whole === undefined) this.#groups.voided(group, number);
      else this.#groups.expired(whole, number, textOf(expiries[expired++] ?? ''));
    }
    this.#groups.forget(MAX_TAGS);
    if (first) return;
    if (unclear) this.onPosted?.(undefined);
    else if (posted.length > 0) this.onPosted?.(posted);
  }
}
