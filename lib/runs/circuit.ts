/** So many failures in a row, and the store is left alone. */
const OPENS_AFTER = 5;
/** For so long; then one call tries it. */
const OPEN_MS = 5_000;

/**
 * Whether a store is worth asking. After failures in a row nobody waits for it any more; after a while one call tries it, and
 * its answer decides for all.
 *
 * In a row means one after another: a crowd that asked together, and fails together, says one thing and counts once. So a store that
 * never answers is left alone after five deadlines, however many ask it.
 */
export class Circuit {
  #failures = 0;
  #counted = 0;
  #closedAgainAt = 0;
  #probing = false;

  /** Whether a call may ask the store; where it is open, one call at a time may, once the pause is over. */
  admits(now: number): boolean {
    if (this.#failures < OPENS_AFTER) return true;
    if (this.#probing || now < this.#closedAgainAt) return false;
    this.#probing = true;
    return true;
  }

  /** How many failures have counted since it was made: a question remembers that when it is sent. */
  get counted(): number {
    return this.#counted;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probing = false;
  }

  /** @param countedBefore `counted` when the question was sent. Where others have counted since, this failure is one of theirs. */
  failed(now: number, countedBefore: number): void {
    if (countedBefore !== this.#counted) return;
    this.#counted++;
    this.#failures++;
    this.#probing = false;
    if (this.#failures >= OPENS_AFTER) this.#closedAgainAt = now + OPEN_MS;
  }

  /** Whether it is closed and has nothing to get over: what a hit asks. */
  get healthy(): boolean {
    return this.#failures === 0;
  }
}
