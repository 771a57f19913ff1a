import { setTimeout as sleep } from 'node:timers/promises';
import { type CacheKeyFn, configure, Flow, Task } from 'flowpond';
import { pace } from '../pace.js';

configure({ logLevel: 'info' });

const staticCacheKey: CacheKeyFn<object> = (_context, _parameters) => 'static constant as a cache key';

class CachedService {
  @Task({ cacheKeyFn: staticCacheKey, cacheExpiration: pace({ seconds: 20 }, { seconds: 3 }) })
  async cachedTask(): Promise<number> {
    console.log('running an expensive operation');
    await sleep(pace(5_000, 250));
    return 42;
  }

  @Flow({ name: 'Static cache key flow', logPrints: true })
  async main(): Promise<void> {
    await this.cachedTask();
    await this.cachedTask();
    await this.cachedTask();
  }
}

const service = new CachedService();

console.log('Three calls, one key');
await service.main();

await sleep(pace(21_000, 3_100));
console.log('\nThe same, after cacheExpiration has passed');
await service.main();
