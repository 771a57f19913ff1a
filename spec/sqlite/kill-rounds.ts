import { type Child, start } from './processes.js';

/** What rounds of killing have shown. */
export interface Kills {
  /** Writes that a process was told had been made. */
  acknowledged: number;
  /** Acknowledged, but an older one, or none, is in the file. */
  lost: number;
  /** In the file, but not as it was written. */
  wrong: number;
  /** Rounds after which the file did not open, or was not whole. */
  broken: number;
}

/** How the file is looked at after a kill. */
export interface Inspector {
  read(name: string): { readonly generation: number; readonly value: unknown } | undefined;
  integrity(): string;
  close(): void;
}

/** What the writers write under `key <n % KEYS>`. */
export const KEYS = 20;
export const written = (n: number): { readonly n: number; readonly fill: string } => ({
  n,
  fill: String(n).repeat((n * 37) % 3_000),
});

/** Numbers of one writer never meet those of another. */
const STRIDE = 1_000_000;

/**
 * Two processes write; in each round one of them is killed with SIGKILL, at a moment that differs from round to round, while the other
 * goes on, and the file is opened and compared with what they were told was written.
 */
export async function killRounds(file: string, path: string, rounds: number, inspect: () => Inspector): Promise<Kills> {
  const kills: Kills = { acknowledged: 0, lost: 0, wrong: 0, broken: 0 };
  const newest = new Map<number, number>();
  let started = 0;
  const writer = (): Child => start(file, 'hammer', path, String(started++ * STRIDE));
  const writers = [writer(), writer()];
  const read = [0, 0];
  try {
    for (let round = 0; round < rounds; round++) {
      await Promise.all(writers.map((one) => one.line('')));
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 40));
      const turn = round % 2;
      const victim = writers[turn] as Child;
      victim.process.kill('SIGKILL');
      await victim.ended;
      for (const [i, { lines }] of writers.entries()) {
        for (const line of lines.slice(read[i])) note(line, newest);
        kills.acknowledged += lines.length - (read[i] as number);
        read[i] = lines.length;
      }
      await look(kills, newest, inspect);
      writers[turn] = writer();
      read[turn] = 0;
    }
  } finally {
    for (const one of writers) one.process.kill('SIGKILL');
    await Promise.all(writers.map(({ ended }) => ended));
  }
  return kills;
}

/** An acknowledgement: which number, at which generation. */
function note(line: string, newest: Map<number, number>): void {
  const [n = 0, generation = 0] = line.split(' ').map(Number);
  newest.set(n % KEYS, Math.max(newest.get(n % KEYS) ?? 0, generation));
}

/** How long a file may be locked: whoever stands still while he writes has it. */
const PATIENCE_MS = 20_000;

async function look(kills: Kills, newest: ReadonlyMap<number, number>, inspect: () => Inspector): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const { broken, lost, wrong } = found(newest, inspect);
      kills.broken += broken;
      kills.lost += lost;
      kills.wrong += wrong;
      return;
    } catch (error) {
      if (!String(error).includes('locked') || performance.now() > until) {
        kills.broken++;
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is wrong with the file. Throws where it cannot be read. */
function found(newest: ReadonlyMap<number, number>, inspect: () => Inspector): Omit<Kills, 'acknowledged'> {
  const inspector = inspect();
  try {
    const kills = { lost: 0, wrong: 0, broken: inspector.integrity() === 'ok' ? 0 : 1 };
    for (const [key, generation] of newest) {
      const record = inspector.read(`key ${key}`);
      const { n } = (record?.value ?? { n: -1 }) as { readonly n: number };
      if (record === undefined || record.generation < generation) kills.lost++;
      else if (n % KEYS !== key || JSON.stringify(record.value) !== JSON.stringify(written(n))) kills.wrong++;
    }
    return kills;
  } finally {
    inspector.close();
  }
}
