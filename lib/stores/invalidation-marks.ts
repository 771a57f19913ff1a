/** Names share this many slots; two in one slot cost a look at the far store, never an old value. */
const SLOTS = 16_384;

/**
 * When what was last invalidated, in bounded room: no list of keys, no index of what is kept nearby. A hit asks with one number
 * that its entry carries; a fill asks whether anything of its own was invalidated since its value was read.
 */
export class InvalidationMarks {
  /** By slot: the last mark without a generation; the last with one, and the highest generation of any. */
  readonly #undated = new Float64Array(SLOTS);
  readonly #dated = new Float64Array(SLOTS);
  readonly #upTo = new Float64Array(SLOTS);
  #now = 0;

  /** Rises with every mark. */
  get now(): number {
    return this.#now;
  }

  /** Notes that records of this generation or an older one are void; where it is not known, all that were there before. */
  mark(slot: number, upTo: number | undefined): void {
    this.#now++;
    if (upTo === undefined) {
      this.#undated[slot] = this.#now;
      return;
    }
    this.#dated[slot] = this.#now;
    if ((this.#upTo[slot] as number) < upTo) this.#upTo[slot] = upTo;
  }

  /** Whether a record that was good at `since` may have been voided after it. */
  voided(slot: number, since: number, generation: number): boolean {
    if (since === this.#now) return false; // nothing at all was: the tables need not be fetched
    if ((this.#undated[slot] as number) > since) return true;
    return (this.#dated[slot] as number) > since && (this.#upTo[slot] as number) >= generation;
  }
}

/** The slot of a key's digest, or of a name of another kind. */
export function slotOf(text: string, kind = ''): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < kind.length; i++) hash = Math.imul(hash ^ kind.charCodeAt(i), 0x01000193);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}
