import { measure } from 'mitata';

/** Nanoseconds per call of each function: measured in turns, so that a busy moment of the machine falls on all alike. */
export async function inTurns(cases, rounds = 7) {
  const samples = new Map(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, fn] of Object.entries(cases)) {
      const { p50 } = await measure(fn, { min_cpu_time: 60e6, batch_samples: 1024 });
      samples.get(name).push(p50);
    }
  }
  return Object.fromEntries([...samples].map(([name, list]) => [name, summary(list)]));
}

function summary(list) {
  const sorted = list.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1) };
}
