/** An answer that is there now or later. The engine is written once for both. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether a value can be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Lets go of a promise that came where none was expected: its rejection must not end the process. True where it was one. */
export function disowned(value: unknown): boolean {
  if (!isThenable(value)) return false;
  value.then(undefined, () => {});
  return true;
}

/** Goes on with the value at once where it is there, after the promise where it is not. Throws or rejects alike. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isThenable(value) ? (value as Promise<T>).then(next) : next(value as T);
}
