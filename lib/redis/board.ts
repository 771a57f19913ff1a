import { disowned } from '../base/maybe-promise.js';
import type { KeyScope } from '../stores/store-key.js';
import type { Connection } from './connection.js';
import { groupsOf, type Names, tagGroup } from './names.js';
import { runScript, textOf } from './scripts.js';
import type { ServerTime } from './server-time.js';

/** Invalidated tags that are remembered one by one; older ones are remembered as one point in time. */
const MAX_TAGS = 20_000;
/** What was read longer ago than this is read again on the side, and not believed any more after that. */
const LOOK_AGAIN_MS = 1_000;
const BELIEVED_MS = 3_000;

const NEWEST = '#newest';
const FLOOR = '#floor';
const TAGS_FLOOR = '#tags';
/** Posted after a failover, whether anything is known to be lost or not: numbers must not go back. */
const RESTORED = '#restored';

/** A group of records that somebody invalidated, with the number of that. */
export type Posted = readonly [group: string, number: number];

/**
 * What this process knows of invalidated tags, tasks and namespaces. Each has the number of its last invalidation on the server's
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
  readonly #groups = new Map<string, number>();
  #newest = 0;
  #floor = 0;
  #tagsFloor = 0;
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

  /** Invalidates groups. When it resolves, this process knows of it. */
  post(groups: readonly string[], by: string): Promise<void> {
    return this.#ask(groups, by);
  }

  /** The group whose invalidation voids a record of this stamp; undefined where none does. */
  voidedBy(stamp: number, scope: KeyScope, tags: readonly string[] | undefined): string | undefined {
    if (stamp >= this.#newest) return undefined;
    if (stamp < this.#floor) return FLOOR;
    for (const group of groupsOf(scope)) if (this.#isAfter(stamp, group)) return group;
    if (tags === undefined) return undefined;
    if (stamp < this.#tagsFloor) return TAGS_FLOOR;
    for (const tag of tags) {
      const group = tagGroup(scope.namespace, tag);
      if (this.#isAfter(stamp, group)) return group;
    }
    return undefined;
  }

  #isAfter(stamp: number, group: string): boolean {
    return (this.#groups.get(group) ?? 0) > stamp;
  }

  async #ask(groups: readonly string[], by: string): Promise<void> {
    const { board, by: who, bus } = this.#names;
    const hints = this.#hints;
    const since = this.#newest;
    const sent = performance.now();
    this.onAsk?.();
    const args = [since, this.#keepMs, MAX_TAGS, bus, by, ...groups];
    const [micros, before, newest, posted] = (await runScript(this.#connection, 'board', [board, who], args)) as [
      number,
      number,
      number,
      readonly unknown[],
    ];
    this.#time.sample(micros, sent, performance.now());
    this.#take(posted, since === 0);
    if (newest > this.#newest) this.#newest = newest;
    if (sent > this.#readAt) this.#readAt = sent;
    if (hints > this.#heeded) this.#heeded = hints;
    if (before < since) await this.#restore(before);
  }

  /** A failover lost what was posted after `number`: values are never replayed, invalidations are. */
  async #restore(number: number): Promise<void> {
    const lost = [...this.#groups].filter(([, posted]) => posted > number).map(([group]) => group);
    await this.#ask([...lost, RESTORED], 'an invalidation before a failover');
  }

  #take(flat: readonly unknown[], first: boolean): void {
    const posted: Posted[] = [];
    let unclear = false;
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const group = textOf(flat[i]);
      const number = Number(textOf(flat[i + 1]));
      if (group === FLOOR) this.#floor = Math.max(this.#floor, number);
      if (group === TAGS_FLOOR) this.#tagsFloor = Math.max(this.#tagsFloor, number);
      if (!group.startsWith('#')) posted.push([group, number]);
      else if (group !== NEWEST) unclear = true;
    }
    for (const [group, number] of posted) {
      if (number > (this.#groups.get(group) ?? 0)) this.#groups.set(group, number);
    }
    this.#forget();
    if (first) return;
    if (unclear) this.onPosted?.(undefined);
    else if (posted.length > 0) this.onPosted?.(posted);
  }

  /** Drops what a floor says anyway, and where the table outgrows the board, the oldest tags. */
  #forget(): void {
    for (const [group, number] of this.#groups) {
      if (number <= (group.startsWith('t:') ? Math.max(this.#floor, this.#tagsFloor) : this.#floor))
        this.#groups.delete(group);
    }
    if (this.#groups.size <= 2 * MAX_TAGS) return;
    const tags = [...this.#groups].filter(([group]) => group.startsWith('t:')).sort(([, a], [, b]) => a - b);
    for (const [group, number] of tags.slice(0, Math.max(0, tags.length - MAX_TAGS))) {
      this.#groups.delete(group);
      this.#tagsFloor = Math.max(this.#tagsFloor, number);
    }
  }
}
