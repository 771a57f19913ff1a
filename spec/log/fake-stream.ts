/** A stream that remembers what was written to it. */
export function fakeStream(more: { isTTY?: boolean; writable?: boolean; writableLength?: number } = {}) {
  const written: string[] = [];
  return {
    ...more,
    written,
    write(text: string): boolean {
      written.push(text);
      return true;
    },
    /** All that was written, as lines without the last line end. */
    lines(): string[] {
      return written.join('').replace(/\n$/, '').split('\n');
    },
  };
}

/** Local time, so that the lines are the same in every time zone. */
export function at(hours: number, minutes: number, seconds: number, milliseconds: number): number {
  return new Date(2026, 10, 22, hours, minutes, seconds, milliseconds).getTime();
}
