/** How fast two clocks may drift apart: far more than quartz does. */
const DRIFT = 0.0005;

/** The server's clock as seen from here: each answer of a script tells the time, to within half its round trip. */
export class ServerTime {
  #offset = 0;
  #error = Number.POSITIVE_INFINITY;
  #at = 0;

  /** Takes in that the server's clock said `micros` some time between `sent` and `received` (monotonic milliseconds). */
  sample(micros: number, sent: number, received: number): void {
    const offset = micros / 1_000 - (sent + received) / 2;
    const error = (received - sent) / 2;
    const margin = this.margin(received);
    const stepped = Math.abs(offset - this.#offset) > error + margin; // somebody set the server's clock
    if (error > margin && !stepped) return;
    this.#offset = offset;
    this.#error = error;
    this.#at = received;
  }

  /** How far off it may be, in milliseconds; `Infinity` before the first answer. */
  margin(now = performance.now()): number {
    return this.#error + (now - this.#at) * DRIFT + 1;
  }

  /** How long ago a moment of the server's clock was, in milliseconds. */
  since(moment: number): number {
    return performance.now() + this.#offset - moment;
  }

  /** Whether a moment of the server's clock is surely still to come. What is too near to tell, a script decides. */
  isAhead(moment: number): boolean {
    const now = performance.now();
    return moment > now + this.#offset + this.margin(now);
  }
}
