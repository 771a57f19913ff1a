import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidationRounds, STOPPED_LEASE_MS, stopRounds } from '../sqlite/flight-rounds.js';
import { bundle, endAll } from '../sqlite/processes.js';
import { report, roundsFrom, takeoversOf } from './report.js';

/** Holders of a lease in a SQLite file stopped past it, and keys invalidated while they are computed: by default 20 and 1,000 rounds. */
const directory = mkdtempSync(join(tmpdir(), 'flowpond-flight-'));
const { file, remove } = bundle();
try {
  const stops = await stopRounds(file, directory, roundsFrom(0, 20));
  const takeovers = takeoversOf(stops.takeoversMs);
  report(
    'sqlite, SIGSTOP of the holder past its lease',
    { rounds: stops.rounds, leaseMs: STOPPED_LEASE_MS, double: stops.double, stale: stops.stale, takeovers },
    { 'no late write taken': stops.double === 0, 'no older value': stops.stale === 0 },
  );
  const { rounds, double, stale } = await invalidationRounds(join(directory, 'states.db'), roundsFrom(1, 1_000));
  report(
    'sqlite, invalidation during a run',
    { rounds, double, stale },
    { 'no lost run': double === 0, 'no stale value': stale === 0 },
  );
} finally {
  endAll();
  remove();
  rmSync(directory, { recursive: true, force: true });
}
