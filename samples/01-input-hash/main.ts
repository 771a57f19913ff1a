import { setTimeout as sleep } from 'node:timers/promises';
import { configure, Flow, Task, taskInputHash } from 'flowpond';
import { pace } from '../pace.js';

configure({ logLevel: 'info' });

class ComputationService {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: pace({ minutes: 1 }, { seconds: 3 }) })
  async expensiveComputation(): Promise<number> {
    await sleep(pace(5_000, 250));
    return 42;
  }

  @Flow()
  async cacheIt(): Promise<void> {
    await this.expensiveComputation();
  }
}

const service = new ComputationService();

console.log('First run');
await service.cacheIt();

console.log('\nSecond run');
await service.cacheIt();

await sleep(pace(61_000, 3_100));
console.log('\nThird run, after cacheExpiration has passed');
await service.cacheIt();
