import { measure } from 'mitata';
import { progress } from './progress.mjs';

/** Share of a visit's time that it runs unmeasured before: what a collection threw away is compiled again meanwhile. */
const WARM_UP = 0.5;

/**
 * Measures rows in turns, so that a busy moment of the machine falls on all alike: every round visits each row once, in another
 * order each time. A row's sample is the median nanoseconds per call of that visit (mitata's p50), divided by `per`; or their mean
 * (`take: 'avg'`), where calls of unlike length are compared: a collection falls into every long one and into few short ones.
 */
export async function inTurns(rows, { rounds = 9, cpuMs = 40, batch = 1_024, minSamples = 12, take = 'p50' } = {}) {
  const samples = rows.map(() => []);
  const options = { gc: false, batch_samples: batch, min_samples: minSamples };
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.(); // once a round: every collection throws optimised code away
    for (const index of orderOf(rows.length, round)) {
      const { name, fn, before, after, per = 1 } = rows[index];
      progress(`round ${round + 1}/${rounds}: ${name}`);
      before?.();
      await measure(fn, { ...options, min_cpu_time: cpuMs * WARM_UP * 1e6 });
      const visit = await measure(fn, { ...options, min_cpu_time: cpuMs * 1e6 });
      samples[index].push(Math.round((visit[take] / per) * 100) / 100);
      await after?.();
    }
  }
  return rows.map(({ name, kind, note }, index) => ({ name, kind, note, samples: samples[index] }));
}

/** Begins elsewhere each round, and every other round goes backwards, so that no row always follows the same one. */
function orderOf(count, round) {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count);
  return round % 2 === 0 ? order : order.reverse();
}
