/** What began up to this generation has been expired since `at`, in milliseconds since 1970. */
export type ExpiryMark = readonly [generation: number, at: number];

/**
 * When one task, tag or namespace was expired, the oldest first. One mark would not do: with every further expiry, what had expired
 * long ago would become usable again.
 */
export type ExpiryMarks = readonly ExpiryMark[];

/** Expiries that are told apart, of each thing. */
const MOST = 16;

/** The marks with one more. It is of the highest generation. */
export function withMark(marks: ExpiryMarks | undefined, generation: number, at: number): ExpiryMarks {
  const all = [...(marks ?? []), [generation, at] as const];
  if (all.length > MOST) joinTwo(all, at);
  return all;
}

/** Since when what began at this generation has been expired; `Infinity`: it has not. */
export function expiredSince(marks: ExpiryMarks | undefined, generation: number): number {
  for (const [upTo, at] of marks ?? []) if (generation <= upTo) return at;
  return Number.POSITIVE_INFINITY;
}

/**
 * Makes one of two neighbours: what began between them counts as expired when the first came, which is too early and never too
 * late. Takes those nearest to each other by their age, so that what is recent stays exact.
 */
function joinTwo(marks: ExpiryMark[], now: number): void {
  let least = Number.POSITIVE_INFINITY;
  let first = 0;
  for (let i = 0; i + 1 < marks.length; i++) {
    const [, at] = marks[i] as ExpiryMark;
    const [, next] = marks[i + 1] as ExpiryMark;
    const share = next <= at ? 0 : (next - at) / (now - at);
    if (share < least) [least, first] = [share, i];
  }
  const [, at] = marks[first] as ExpiryMark;
  const [generation] = marks[first + 1] as ExpiryMark;
  marks.splice(first, 2, [generation, at]);
}
