import { type ExpiryMarks, expiredSince } from '../stores/expiry-marks.js';
import type { KeyScope } from '../stores/store-key.js';
import { expiredGroup, groupsOf, tagGroup } from './names.js';

export const FLOOR = '#floor';
export const TAGS_FLOOR = '#tags';

interface Known {
  /** Number of the last invalidation. */
  voidAt: number;
  expiries: ExpiryMarks;
}

/** This process's table of invalidated and expired groups, asked with the stamp of a record. */
export class Groups {
  readonly #known = new Map<string, Known>();
  /** Nothing is known of invalidations before this number; and of those of tags, before the other. */
  #floor = 0;
  #tagsFloor = 0;

  raiseFloor(number: number): void {
    this.#floor = Math.max(this.#floor, number);
  }

  raiseTagsFloor(number: number): void {
    this.#tagsFloor = Math.max(this.#tagsFloor, number);
  }

  voided(group: string, number: number): void {
    const known = this.#of(group);
    known.voidAt = Math.max(known.voidAt, number);
  }

  /** @param text the expiries, as the board's script has them. Without them, as after an eviction, the group is void. */
  expired(group: string, number: number, text: string): void {
    const known = this.#of(group);
    const expiries = marksFrom(text);
    if (number < newestOf(known.expiries)) return;
    if (newestOf(expiries) === number) known.expiries = expiries;
    else this.voided(group, number);
  }

  /** The group whose invalidation voids a record of this stamp; undefined where none does. */
  voidedBy(stamp: number, scope: KeyScope, tags: readonly string[] | undefined): string | undefined {
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

  /** Since when the first of its groups to be expired has been, by the server's clock in milliseconds; `Infinity`: none has. */
  expiredSince(stamp: number, scope: KeyScope, tags: readonly string[] | undefined): number {
    let first = Number.POSITIVE_INFINITY;
    const look = (group: string): void => {
      first = Math.min(first, expiredSince(this.#known.get(group)?.expiries, stamp + 1));
    };
    for (const group of groupsOf(scope)) look(group);
    for (const tag of tags ?? []) look(tagGroup(scope.namespace, tag));
    return first;
  }

  /** What was posted after a number, to post it again. */
  after(number: number): string[] {
    const groups: string[] = [];
    for (const [group, { voidAt, expiries }] of this.#known) {
      if (voidAt > number) groups.push(group);
      if (newestOf(expiries) > number) groups.push(expiredGroup(group));
    }
    return groups;
  }

  /** Drops what a floor says anyway, and where there are more than twice as many as `most`, the oldest tags. */
  forget(most: number): void {
    for (const [group, known] of this.#known) {
      const floor = isTag(group) ? Math.max(this.#floor, this.#tagsFloor) : this.#floor;
      if (newest(known) <= floor) this.#known.delete(group);
    }
    if (this.#known.size <= 2 * most) return;
    const tags = [...this.#known].filter(([group]) => isTag(group)).sort(([, a], [, b]) => newest(a) - newest(b));
    for (const [group, known] of tags.slice(0, Math.max(0, tags.length - most))) {
      this.#known.delete(group);
      this.raiseTagsFloor(newest(known));
    }
  }

  #isAfter(stamp: number, group: string): boolean {
    return (this.#known.get(group)?.voidAt ?? 0) > stamp;
  }

  #of(group: string): Known {
    let known = this.#known.get(group);
    if (known === undefined) {
      known = { voidAt: 0, expiries: [] };
      this.#known.set(group, known);
    }
    return known;
  }
}

function isTag(group: string): boolean {
  return group.startsWith('t:');
}

function newest({ voidAt, expiries }: Known): number {
  return Math.max(voidAt, newestOf(expiries));
}

function newestOf(marks: ExpiryMarks): number {
  return marks.at(-1)?.[0] ?? 0;
}

/** Reads `number:time,number:time,`, the oldest first. */
function marksFrom(text: string): ExpiryMarks {
  const numbers = text.split(/[:,]/).map(Number);
  const marks: [number, number][] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) marks.push([numbers[i] as number, numbers[i + 1] as number]);
  return marks;
}
