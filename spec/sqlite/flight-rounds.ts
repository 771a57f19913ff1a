import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPond, type Invalidation, returnState, type StateRecord, Task } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { keyOf, recordOf } from '../stores/records.js';
import { start } from './processes.js';

// What happens to processes that share a SQLite file, round by round: a short form in processes.spec.ts, a long one in spec/faults.

/** What rounds of faults came to. */
export interface Rounds {
  readonly rounds: number;
  /** Bodies, or rights to run one, that there should not have been; late writes that were taken. */
  double: number;
  /** Answers that were older than one that had been seen, or that an invalidation had voided. */
  stale: number;
  /** From the moment at which the holder stood still to the next lease, in milliseconds. */
  readonly takeoversMs: number[];
}

/** The lease of a holder that will stand still, in milliseconds. */
export const STOPPED_LEASE_MS = 200;

/** A holder stands still past its lease, and writes when another has the lease, or has written. A file of its own for each round. */
export async function stopRounds(file: string, directory: string, rounds: number): Promise<Rounds> {
  const found: Rounds = { rounds, double: 0, stale: 0, takeoversMs: [] };
  for (let round = 0; round < rounds; round++) {
    await stopRound(file, join(directory, `stopped-${round}.db`), round % 2 === 0, found);
  }
  return found;
}

async function stopRound(file: string, path: string, writesFirst: boolean, found: Rounds): Promise<void> {
  const stopped = start(file, 'holder', path, String(STOPPED_LEASE_MS), 'late');
  await stopped.line('lead');
  const stoppedAt = performance.now();
  stopped.process.kill('SIGSTOP');
  stopped.say('commit');
  const [heir, reader] = [sqliteStore({ path }), sqliteStore({ path })];
  try {
    const key = keyOf('held', 'Child.task');
    const request = { mode: 'normal', token: 'heir', leaseMs: 5_000 } as const;
    let lead = await heir.lead(key, request);
    for (; lead.status === 'wait'; lead = await heir.lead(key, request)) await sleep(lead.leaseLeftMs);
    if (lead.status !== 'lead') throw new Error(`expected to lead, but it is a ${lead.status}`);
    found.takeoversMs.push(performance.now() - stoppedAt);
    const { generation } = lead;
    const write = async (): Promise<void> => {
      if (!(await heir.commit(key, 'heir', recordOf(key, 'new', { generation }))).committed) found.double++;
    };
    const value = (): unknown => (reader.get(key) as StateRecord | undefined)?.value;
    if (writesFirst) await write();
    stopped.process.kill('SIGCONT');
    if (!(await stopped.line('committed')).startsWith('committed false')) found.double++;
    if (value() !== (writesFirst ? 'new' : undefined)) found.stale++;
    if (!writesFirst) await write();
    await stopped.ended;
    if (value() !== 'new') found.stale++;
  } finally {
    await Promise.all([heir.close(), reader.close()]);
  }
}

/** A key is invalidated through another connection while its task runs: what was computed before is for its own caller alone. */
export async function invalidationRounds(path: string, rounds: number): Promise<Rounds> {
  const found: Rounds = { rounds, double: 0, stale: 0, takeoversMs: [] };
  const [here, elsewhere] = [sqliteStore({ path }), sqliteStore({ path })];
  const pond = createPond({ store: here, logLevel: 'silent' });
  let source = 'old';
  let runs = 0;
  let invalidate: () => unknown = () => {};
  class Prices {
    @Task({
      cacheKeyFn: (_: unknown, { x }: { x: number }) => `price ${x}`,
      identity: 'prices',
      tags: ({ x }: { x: number }) => [`x ${x}`],
    })
    async price(x: number) {
      runs++;
      const read = source;
      await new Promise((resolve) => setImmediate(resolve));
      await invalidate();
      return `${read} ${x}`;
    }
  }
  const prices = pond.bind(new Prices());
  for (let round = 0; round < rounds; round++) {
    const kinds: readonly Invalidation[] = [
      { keys: [keyOf(`price ${round}`, 'prices')] },
      { identities: ['prices'] },
      { tags: [`x ${round}`] },
      { all: true },
    ];
    source = 'old';
    invalidate = async () => {
      invalidate = () => {};
      source = 'new';
      await elsewhere.invalidate(kinds[round % 4] as Invalidation);
    };
    const first = await returnState(prices).price(round);
    if (first.result() !== `old ${round}` || first.cache?.reason !== 'not-stored') found.double++;
    if ((await prices.price(round)) !== `new ${round}`) found.stale++;
    const again = await returnState(prices).price(round);
    if (again.result() !== `new ${round}` || again.cache?.status !== 'hit') found.stale++;
  }
  found.double += Math.abs(runs - 2 * rounds);
  await pond.close();
  await elsewhere.close();
  return found;
}
