import { setTimeout as sleep } from 'node:timers/promises';
import { type CacheKeyFn, configure, Flow, getRunContext, Task, taskInputHash } from 'flowpond';
import { pace } from '../pace.js';

configure({ logLevel: 'info' });

const cacheWithinFlowRun: CacheKeyFn<object> = (context, parameters) => {
  const id = context.taskRun.flowRunId;
  const key = `${id}-${taskInputHash(context, parameters)}`;
  console.log(`🔑Cache key: ${key}`);
  return key;
};

class ComputationService {
  @Task({ cacheKeyFn: cacheWithinFlowRun, cacheExpiration: { minutes: 1 }, logPrints: true })
  async expensiveComputation(): Promise<number> {
    console.log('running an expensive operation');
    await sleep(pace(5_000, 250));
    return 42;
  }

  @Flow({ logPrints: true })
  async cacheIt(): Promise<void> {
    console.log(getRunContext().flowRun.id);
    for (let call = 0; call < 5; call++) await this.expensiveComputation();
  }
}

const service = new ComputationService();

console.log('One flow run, five calls');
await service.cacheIt();

console.log('\nAnother flow run, other keys');
await service.cacheIt();
