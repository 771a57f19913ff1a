import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { configure, returnState, type State, Task, taskInputHash } from 'flowpond';
import { sqliteStore } from 'flowpond/sqlite';
import { pace } from '../pace.js';

/** What became of the callers of one process. */
export interface Report {
  readonly ran: number;
  readonly joined: number;
  readonly hit: number;
  readonly answers: readonly number[];
  readonly longestWaitMs: number;
}

class PricingService {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: { minutes: 1 } })
  async quote(_sku: string): Promise<number> {
    await Promise.all([sleep(pace(5_000, 750)), allWait]); // on a busy machine a process may come later than that
    return Math.random(); // so that one sees whether all have the answer of one run
  }
}

const [path, callers] = process.argv.slice(2);
const pond = configure({ store: sqliteStore({ path }) });
const pricing = new PricingService();

process.send?.('ready');
await once(process, 'message');
const allWait = once(process, 'message');
const start = performance.now();
let longestWaitMs = 0;
const calls = Array.from({ length: Number(callers) }, call);
process.send?.('asked');
const states = await Promise.all(calls);

const howMany = (which: (state: State) => boolean): number => states.filter(which).length;
process.send?.({
  ran: howMany((state) => state.name === 'Completed'),
  joined: howMany(({ cache }) => cache?.status === 'joined'),
  hit: howMany(({ cache }) => cache?.status === 'hit'),
  answers: [...new Set(states.map((state) => state.result()))] as number[],
  longestWaitMs,
} satisfies Report);
await pond.close();
process.disconnect();

async function call(): Promise<State<number>> {
  const state = await returnState(pricing).quote('A1');
  longestWaitMs = Math.max(longestWaitMs, performance.now() - start);
  return state;
}
