import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { configure, returnState, Task, taskInputHash } from 'flowpond';
import { redisStore } from 'flowpond/redis';
import { url } from './server.js';

/** What a worker says: that it is there, that it computes, how its call ended. */
export type Message = 'ready' | 'computing' | Outcome;

export interface Outcome {
  readonly state: string;
  readonly status: string | undefined;
  readonly value: number;
}

class PricingService {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: { minutes: 1 }, lease: '1s' })
  async quote(sku: string): Promise<number> {
    say('computing');
    await sleep(Number(takesMs));
    return sku.length * 9.5;
  }
}

const [prefix, takesMs] = process.argv.slice(2);
const pond = configure({ store: redisStore({ url, prefix }) });
const pricing = new PricingService();

say('ready');
await once(process, 'message');
const state = await returnState(pricing).quote('A1');
say({ state: `${state}`, status: state.cache?.status, value: state.result() });
await pond.close();
process.disconnect();

function say(message: Message): void {
  process.send?.(message);
}
