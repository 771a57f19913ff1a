import { type Channel, channel } from 'node:diagnostics_channel';
import { isThenable } from './maybe-promise.js';

/** Told of an event; what it throws or rejects with reaches nobody but the log. */
export type Listener<T> = (event: T) => void;

/**
 * One kind of event: listeners of one pond, and a `node:diagnostics_channel` of the whole process named `flowpond:<name>`.
 * Asking `wanted` first keeps an event that nobody reads from being made.
 */
export class Topic<T> {
  #listeners: Set<Listener<T>> | undefined = undefined;
  readonly #channel: Channel;
  readonly #onError: (error: unknown) => void;

  constructor(name: string, onError: (error: unknown) => void) {
    this.#channel = channel(`flowpond:${name}`);
    this.#onError = onError;
  }

  get wanted(): boolean {
    return this.#listeners !== undefined || this.#channel.hasSubscribers;
  }

  listen(listener: Listener<T>): () => void {
    this.#listeners ??= new Set();
    const own: Listener<T> = (event) => listener(event); // one given twice is told twice, and each stops for itself
    this.#listeners.add(own);
    return () => {
      this.#listeners?.delete(own);
      if (this.#listeners?.size === 0) this.#listeners = undefined;
    };
  }

  send(event: T): void {
    // A copy: who listens anew while being told would be told for ever.
    for (const listener of [...(this.#listeners ?? [])]) {
      try {
        const answer: unknown = listener(event);
        if (isThenable(answer)) answer.then(undefined, this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
    if (this.#channel.hasSubscribers) this.#channel.publish(event);
  }
}

/** Typed events of one pond. A listener that throws disturbs neither the run nor other listeners. */
export class Events<M extends object> {
  readonly #topics = new Map<keyof M, Topic<never>>();

  /** @internal */
  constructor(names: readonly (keyof M & string)[], onError: (error: unknown) => void) {
    for (const name of names) this.#topics.set(name, new Topic(name, onError));
  }

  /** Calls back for every such event; answers with a function that stops it. Throws a TypeError for an unknown name. */
  on<K extends keyof M>(name: K, listener: Listener<M[K]>): () => void {
    if (!this.#topics.has(name))
      throw new TypeError(`no event is called '${String(name)}': ${[...this.#topics.keys()].join(', ')}`);
    return this.topic(name).listen(listener);
  }

  /** @internal Found once by what asks on every call. */
  topic<K extends keyof M>(name: K): Topic<M[K]> {
    return this.#topics.get(name) as unknown as Topic<M[K]>;
  }
}
