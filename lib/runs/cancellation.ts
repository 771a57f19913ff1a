/**
 * A wish to stop, passed down from whoever waits to what runs. Lighter than an AbortController, which is made only when a task
 * reads its signal. Listeners are told once. What it follows is listened to only while somebody listens here, and asked
 * otherwise: a signal or flow that lives long keeps nothing of the runs that followed it.
 */
export class Cancellation {
  #cancelled = false;
  #reason: unknown = undefined;
  #parent: Cancellation | undefined = undefined;
  #source: AbortSignal | undefined = undefined;
  #listeners: Set<(reason: unknown) => void> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #released = false;
  #detach: (() => void) | undefined = undefined;

  /** Follows what may cancel it: another cancellation, or a user's signal. */
  static following(parent: Cancellation | undefined, signal?: AbortSignal | undefined): Cancellation {
    const own = new Cancellation();
    own.#parent = parent;
    own.#source = signal;
    return own;
  }

  get cancelled(): boolean {
    if (!this.#cancelled && this.#detach === undefined) {
      if (this.#parent?.cancelled) this.cancel(this.#parent.reason);
      else if (this.#source?.aborted) this.cancel(this.#source.reason);
    }
    return this.#cancelled;
  }

  get reason(): unknown {
    return this.cancelled ? this.#reason : undefined;
  }

  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    this.#stopFollowing();
    if (!this.#released) this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls back when cancelled, at once if it was; answers with a function that stops listening. */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.cancelled) {
      listener(this.#reason);
      return nothing;
    }
    this.#listeners ??= new Set();
    // A listener of its own for each call: one that is given twice is told twice.
    const own = (reason: unknown): void => listener(reason);
    this.#listeners.add(own);
    this.#follow();
    return () => {
      this.#listeners?.delete(own);
      this.#followWhileHeard();
    };
  }

  /** The same wish as an `AbortSignal`, for the task's own use. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.cancelled) this.#controller.abort(this.#reason);
      else if (!this.#released) this.#follow();
    }
    return this.#controller.signal;
  }

  /** Aborts the signal alone: the body is told that its work is in vain, nobody's wait ends. */
  abortSignal(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** The run is over: its signal aborts no more. Runs that it began and that go on are still cancelled through it. */
  release(): void {
    this.#released = true;
    this.#followWhileHeard();
  }

  #follow(): void {
    if (this.#detach !== undefined || this.#cancelled) return;
    const heard = (reason: unknown): void => this.cancel(reason);
    const stopParent = this.#parent?.onCancel(heard);
    const stopSource = this.#source === undefined ? undefined : onAbort(this.#source, heard);
    this.#detach = () => {
      stopParent?.();
      stopSource?.();
    };
  }

  #followWhileHeard(): void {
    const heard = (this.#listeners?.size ?? 0) > 0 || (this.#controller !== undefined && !this.#released);
    if (!heard) this.#stopFollowing();
  }

  #stopFollowing(): void {
    this.#detach?.();
    this.#detach = undefined;
  }
}

function nothing(): void {}

interface Ear {
  readonly listeners: Set<(reason: unknown) => void>;
  readonly heard: () => void;
}

const ears = new WeakMap<AbortSignal, Ear>();

/** One listener for each signal, however many calls follow it: Node warns of a leak at the eleventh. */
function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  const ear = ears.get(signal) ?? earOf(signal);
  if (ear.listeners.size === 0) signal.addEventListener('abort', ear.heard, { once: true });
  ear.listeners.add(listener);
  return () => {
    ear.listeners.delete(listener);
    if (ear.listeners.size === 0) signal.removeEventListener('abort', ear.heard);
  };
}

function earOf(signal: AbortSignal): Ear {
  const listeners = new Set<(reason: unknown) => void>();
  const heard = (): void => {
    for (const listener of [...listeners]) listener(signal.reason);
  };
  const ear = { listeners, heard };
  ears.set(signal, ear);
  return ear;
}
