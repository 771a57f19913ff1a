/** Who computes and who waits in this process. Other processes' computations are noticed by looking again. */
export class Wakings {
  readonly #tokens = new Set<string>();
  readonly #waiters = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>();

  /** Notes that this token has a lease, so that its writes can wait for their turn. */
  hold(token: string): void {
    this.#tokens.add(token);
  }

  holds(token: string): boolean {
    return this.#tokens.has(token);
  }

  letGo(token: string): boolean {
    return this.#tokens.delete(token);
  }

  /** Resolves when there may be news of this key. */
  of(digest: string): Promise<void> {
    const waiter = this.#waiters.get(digest);
    if (waiter !== undefined) return waiter.promise;
    let resolve: () => void = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#waiters.set(digest, { promise, resolve });
    return promise;
  }

  wake(digest: string): void {
    this.#waiters.get(digest)?.resolve();
    this.#waiters.delete(digest);
  }

  wakeAll(): void {
    for (const digest of [...this.#waiters.keys()]) this.wake(digest);
  }
}
