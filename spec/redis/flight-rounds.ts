import { setTimeout as sleep } from 'node:timers/promises';
import type { Invalidation } from '../../lib/index.js';
import { LEASE_MS } from './pricing.js';
import { PATIENT, quoteKey, RedisUnderTest } from './redis-under-test.js';
import { buildWorker, removeWorker, Worker } from './workers.js';

// What happens to processes that share a Redis store, round by round: a short form in flight.spec.ts, a long one in spec/faults.

/** A lease that no machine is too busy to renew, for rounds in which nobody dies. */
export const LONG_LEASE_MS = 30_000;

/** What rounds of faults came to. */
export interface Rounds {
  readonly rounds: number;
  /** Bodies that ran although another's run was still good. */
  double: number;
  /** Answers that were older than one that had been seen, or that an invalidation had voided. */
  stale: number;
  /** From the moment at which the holder was gone to the next body, in milliseconds. */
  readonly takeoversMs: number[];
  longestCallMs: number;
}

/** Four processes on one store, and more where they are needed. */
export class Crew {
  private constructor(
    readonly redis: RedisUnderTest,
    readonly four: readonly [Worker, Worker, Worker, Worker],
  ) {}

  static async at(url: string): Promise<Crew> {
    const [redis] = await Promise.all([RedisUnderTest.on(url), buildWorker()]);
    const employ = (): Promise<Worker> => Crew.#employ(redis);
    return new Crew(redis, await Promise.all([employ(), employ(), employ(), employ()]));
  }

  employ(): Promise<Worker> {
    return Crew.#employ(this.redis);
  }

  /** How often the suppliers of the four were asked. */
  get runs(): number {
    return this.four.map((worker) => worker.runs).reduce((a, b) => a + b);
  }

  /** Sends all home; answers with the names of keys that would have stayed for ever. */
  async leave(): Promise<readonly string[]> {
    await Promise.all(this.four.map((worker) => worker.kill()));
    const immortal = await this.redis.immortal();
    await Promise.all([this.redis.leave(), removeWorker()]);
    return immortal;
  }

  static async #employ(redis: RedisUnderTest): Promise<Worker> {
    const worker = new Worker({ ...PATIENT, url: redis.url, prefix: redis.prefix });
    await worker.ready();
    return worker;
  }
}

function newRounds(rounds: number): Rounds {
  return { rounds, double: 0, stale: 0, takeoversMs: [], longestCallMs: 0 };
}

/**
 * The holder is killed while two wait for it: one of them computes, for both.
 *
 * @param excused so many rounds that are later than {@link TAKEOVER} are played again: a process stood still, once or twice
 */
export async function killRounds(crew: Crew, rounds: number, excused = 0): Promise<Rounds> {
  const found = newRounds(rounds);
  let late = 0;
  for (let tries = 1; found.takeoversMs.length < rounds; tries++) {
    if (tries > 4 * rounds + excused) throw new Error('too often, the holder lost its lease before it was killed');
    await killRound(crew, `killed ${tries}`, found);
    if ((found.takeoversMs.at(-1) ?? 0) >= TAKEOVER.mostMs && late++ < excused) found.takeoversMs.pop();
  }
  return found;
}

async function killRound(crew: Crew, sku: string, found: Rounds): Promise<void> {
  const heirs = [crew.four[0], crew.four[1]];
  const holder = await crew.employ();
  void holder.quote(sku);
  await holder.asked(sku);
  const waiting = heirs.map((heir) => heir.quote(sku, { leaseMs: LONG_LEASE_MS })); // what it takes over, it does not lose
  const taken = Promise.race(heirs.map((heir) => heir.asked(sku)));
  let isTaken = false;
  void taken.then(() => {
    isTaken = true;
  });
  // However many compute, all of them end: what is wrong is counted, not waited for.
  for (const heir of heirs) void heir.asked(sku).then(() => heir.answer(sku, 'heir'));
  const isWaited = await crew.redis.waiters(sku, heirs.length, () => isTaken);
  await sleep((found.takeoversMs.length * 37) % 300); // its lease was renewed a while ago, just now, not yet
  await holder.kill();
  const killedAt = Date.now();
  const quoted = await Promise.all(waiting);
  const runs = heirs.filter((heir) => heir.wasAsked(sku)).length;
  found.stale += quoted.filter(({ prices }) => prices.join() !== 'heir').length;
  found.double += runs - 1;
  const takeoverMs = (await taken) - killedAt;
  if (!isWaited || takeoverMs < 0) return; // the machine was too busy to renew a lease: nothing was taken over from the dead
  found.takeoversMs.push(takeoverMs);
  found.longestCallMs = Math.max(found.longestCallMs, ...quoted.map(({ ms }) => ms));
}

/** The holder stands still past its lease, and wakes up when another has computed. */
export async function stopRounds(crew: Crew, rounds: number): Promise<Rounds> {
  const found = newRounds(rounds);
  const [paused, heir, reader] = crew.four;
  for (let round = 0; round < rounds; round++) {
    const sku = `stopped ${round}`;
    const late = paused.quote(sku);
    await paused.asked(sku);
    const stoppedAt = Date.now();
    process.kill(paused.child.pid as number, 'SIGSTOP');
    const newer = heir.quote(sku, { leaseMs: LONG_LEASE_MS });
    found.takeoversMs.push((await heir.asked(sku)) - stoppedAt);
    heir.answer(sku, 'newer');
    const seen = [(await newer).prices];
    paused.answer(sku, 'older');
    process.kill(paused.child.pid as number, 'SIGCONT');
    let isBack = false;
    void late.then(() => {
      isBack = true;
    });
    while (!isBack) seen.push((await reader.quote(sku, { computeMs: 0 })).prices);
    seen.push((await late).prices, (await heir.quote(sku, { computeMs: 0 })).prices);
    found.stale += seen.filter((prices) => prices.join() !== 'newer').length;
    found.double += reader.wasAsked(sku) ? 1 : 0;
  }
  return found;
}

/** A key is invalidated while it is computed and another waits: what was computed before is for its own caller alone. */
export async function invalidationRounds(crew: Crew, rounds: number): Promise<Rounds> {
  const found = newRounds(rounds);
  const [holder, waiter] = crew.four;
  const store = crew.redis.store();
  const kinds = (sku: string): readonly Invalidation[] => [
    { keys: [quoteKey(sku)] },
    { identities: ['Pricing.quote'] },
    { tags: [`sku ${sku}`] },
    { all: true },
  ];
  const lease = { leaseMs: LONG_LEASE_MS };
  for (let round = 0; round < rounds; round++) {
    const sku = `invalidated ${round}`;
    const old = holder.quote(sku, lease);
    await holder.asked(sku);
    const waiting = waiter.quote(sku, lease);
    await crew.redis.waiters(sku, 1);
    await store.invalidate(kinds(sku)[round % 4] as Invalidation);
    holder.answer(sku, 'old');
    if ((await old).prices.join() !== 'old') found.double++;
    await Promise.race([waiter.asked(sku), waiting]);
    waiter.answer(sku, 'new');
    const after = [await waiting, await holder.quote(sku, { ...lease, computeMs: 0 })];
    found.stale += after.filter(({ prices }) => prices.join() !== 'new').length;
    found.longestCallMs = Math.max(found.longestCallMs, ...after.map(({ ms }) => ms));
  }
  return found;
}

/** How late a takeover may be on a machine that is busy, and how late the median of them. */
export const TAKEOVER = { medianMs: LEASE_MS + 100, mostMs: LEASE_MS + 1_000 } as const;
