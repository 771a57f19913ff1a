/** Where lines go: `process.stderr`, or anything with its `write`. */
export interface LogStream {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean;
  readonly writable?: boolean;
  /** Bytes that wait to be taken. */
  readonly writableLength?: number;
  getColorDepth?(env?: object): number;
  listenerCount?(event: 'error'): number;
  once?(event: 'error', listener: () => void): unknown;
  removeListener?(event: 'error', listener: () => void): unknown;
}

/**
 * Writes to a stream that may be closed or broken. An `error` event nobody listens to ends the process, so there is a
 * listener for as long as this write can cause one; Node's `console` does the same.
 */
export function writeSafely(stream: LogStream, text: string): void {
  if (stream.writable === false) return;
  const guard = (): void => {
    if (stream.listenerCount?.('error') === 0) stream.once?.('error', ignore);
  };
  try {
    guard();
    stream.write(text, (error) => {
      if (error) guard();
    });
  } catch {
    // a log that cannot be written is no reason for a task to fail
  } finally {
    stream.removeListener?.('error', ignore);
  }
}

function ignore(): void {}
