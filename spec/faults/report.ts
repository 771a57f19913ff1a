/** What must hold of a run's figures, each said as a sentence. */
export type Bars = Readonly<Record<string, boolean>>;

/** Prints the figures of one subject in one line, with the bars that held or were missed; a missed bar ends the process with 1. */
export function report(subject: string, figures: object, bars: Bars): void {
  const missed = Object.entries(bars).flatMap(([bar, held]) => (held ? [] : [bar]));
  const verdict = missed.length === 0 ? `ok: ${Object.keys(bars).join('; ')}` : `MISSED: ${missed.join('; ')}`;
  process.stdout.write(`${subject}: ${JSON.stringify(figures)} ${verdict}\n`);
  if (missed.length > 0) process.exitCode = 1;
}

/** How late the holder's place was taken, of all rounds, in whole milliseconds. */
export interface Takeovers {
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly slowestMs: number;
}

export function takeoversOf(takeoversMs: readonly number[]): Takeovers {
  const sorted = [...takeoversMs].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { medianMs: at(0.5), p90Ms: at(0.9), slowestMs: at(1) };
}

/**
 * A busy machine is late now and then, so the promised 100 ms over the lease are asked of the median, a second over it of nine in ten, and
 * of none that it takes ten. What the machine lost in a round, on the average, is not held against the store: `lostMs`, of all rounds.
 */
export function takeoverBars(takeovers: Takeovers, leaseMs: number, rounds: number, lostMs: number): Bars {
  const { medianMs, p90Ms, slowestMs } = takeovers;
  const lost = Math.round(lostMs / rounds);
  return {
    [`the median takeover within lease + 100 ms + the machine's ${lost} ms`]: medianMs <= leaseMs + 100 + lost,
    [`nine in ten within lease + 1 s + the machine's ${lost} ms`]: p90Ms <= leaseMs + 1_000 + lost,
    'every takeover within lease + 10 s': slowestMs <= leaseMs + 10_000,
  };
}

/** How many rounds an argument of the program asks for. */
export function roundsFrom(position: number, otherwise: number): number {
  return Number(process.argv[2 + position] ?? otherwise);
}
