import { type ExpiryMarks, expiredSince, withMark } from './expiry-marks.js';
import { INVALIDATED_LONG_AGO, invalidatedBy } from './miss-reasons.js';
import type { Invalidation, Miss } from './store.js';

/** Invalidated and expired tags that are remembered one by one; older ones are remembered as one invalidation. */
const MAX_TAGS = 10_000;

interface TagMark {
  /** Generation of the last invalidation or expiry. */
  readonly passedAt: number;
  /** Of the last invalidation. */
  readonly voidAt: number;
  readonly voidBy: string;
  readonly expiries: ExpiryMarks | undefined;
}

/** Which tags were invalidated or expired, and when: asked with the generation of a record or a run that has them. */
export class TagMarks {
  readonly #tags = new Map<string, TagMark>();
  /** Up to here, invalidations are no longer known one by one. */
  #floor = 0;
  #newest = 0;

  /** Whether one of the tags was invalidated or expired since. */
  passed(namespace: string, tags: readonly string[], generation: number): boolean {
    if (generation > this.#newest) return false;
    if (generation <= this.#floor) return true;
    return tags.some((tag) => generation <= (this.#tags.get(inNamespace(namespace, tag))?.passedAt ?? 0));
  }

  /** Whether one of the tags was invalidated since. */
  voided(namespace: string, tags: readonly string[] | undefined, generation: number): boolean {
    if (tags === undefined || generation > this.#newest) return false;
    if (generation <= this.#floor) return true;
    return tags.some((tag) => generation <= (this.#tags.get(inNamespace(namespace, tag))?.voidAt ?? 0));
  }

  /** Who invalidated a record or run that {@link voided} says is void. */
  whoVoided(namespace: string, tags: readonly string[] | undefined, generation: number): Miss {
    for (const tag of tags ?? []) {
      const mark = this.#tags.get(inNamespace(namespace, tag));
      if (mark !== undefined && generation <= mark.voidAt) return invalidatedBy(mark.voidBy, tag);
    }
    return INVALIDATED_LONG_AGO;
  }

  /** Since when the first of the tags that was expired has been; `Infinity`: none has. */
  expiredSince(namespace: string, tags: readonly string[] | undefined, generation: number): number {
    let since = Number.POSITIVE_INFINITY;
    if (tags === undefined || generation > this.#newest) return since;
    for (const tag of tags) {
      const mark = this.#tags.get(inNamespace(namespace, tag));
      since = Math.min(since, expiredSince(mark?.expiries, generation));
    }
    return since;
  }

  /** Notes an invalidation, or with `expiredAt` an expiry, which is newer than all before it. */
  mark({ namespace = '', tags = [], by = 'invalidate()' }: Invalidation, generation: number, expiredAt?: number): void {
    if (tags.length > 0) this.#newest = generation;
    for (const tag of tags) {
      const own = inNamespace(namespace, tag);
      const mark = this.#tags.get(own);
      this.#tags.delete(own); // those at the end are the newest
      this.#tags.set(
        own,
        expiredAt === undefined
          ? { passedAt: generation, voidAt: generation, voidBy: by, expiries: undefined }
          : {
              passedAt: generation,
              voidAt: mark?.voidAt ?? 0,
              voidBy: mark?.voidBy ?? '',
              expiries: withMark(mark?.expiries, generation, expiredAt),
            },
      );
    }
    for (const [tag, { passedAt }] of this.#tags) {
      if (this.#tags.size <= MAX_TAGS) break;
      this.#tags.delete(tag);
      this.#floor = Math.max(this.#floor, passedAt);
    }
  }
}

/** A tag as one namespace knows it. */
function inNamespace(namespace: string, tag: string): string {
  return `${namespace.length}:${namespace}${tag}`;
}
