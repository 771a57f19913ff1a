/** Longest that a waiting call is remembered without asking again. */
const MAX_WAIT_MS = 60_000;

interface Waiter {
  readonly woken: Promise<void>;
  readonly wake: () => void;
  /** Calls that have asked and have no answer yet. */
  asking: number;
  timer: NodeJS.Timeout | undefined;
}

/** A call that asks for a key and may be told to wait. */
export interface Asking {
  readonly woken: Promise<void>;
  /** It was told to wait. */
  wait(leaseLeftMs: number): void;
  /** It was told anything else. */
  done(): void;
}

/** The calls of this process that wait for a run elsewhere, by the digest of their key. */
export class Waiters {
  readonly #waiting = new Map<string, Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Before the question is sent: message and answer come over different connections. */
  ask(digest: string): Asking {
    let waiter = this.#waiting.get(digest);
    if (waiter === undefined) {
      waiter = make();
      this.#waiting.set(digest, waiter);
    }
    const own = waiter;
    own.asking++;
    return {
      woken: own.woken,
      wait: (leaseLeftMs) => {
        own.asking--;
        clearTimeout(own.timer);
        own.timer = setTimeout(() => this.#drop(digest, own), Math.min(MAX_WAIT_MS, leaseLeftMs + 1_000));
        own.timer.unref();
      },
      done: () => {
        if (--own.asking === 0 && own.timer === undefined) this.#drop(digest, own);
      },
    };
  }

  wake(digest: string): void {
    const waiter = this.#waiting.get(digest);
    if (waiter !== undefined) this.#drop(digest, waiter);
  }

  wakeAll(): void {
    for (const digest of [...this.#waiting.keys()]) this.wake(digest);
  }

  /** Waking one too many costs a question; leaving one asleep costs a second. */
  #drop(digest: string, waiter: Waiter): void {
    clearTimeout(waiter.timer);
    if (this.#waiting.get(digest) === waiter) this.#waiting.delete(digest);
    waiter.wake();
  }
}

function make(): Waiter {
  let wake: () => void = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return { woken, wake, asking: 0, timer: undefined };
}
