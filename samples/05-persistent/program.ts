import { setTimeout as sleep } from 'node:timers/promises';
import { configure, Flow, Task, taskInputHash } from 'flowpond';
import { sqliteStore } from 'flowpond/sqlite';
import { pace } from '../pace.js';

const [path] = process.argv.slice(2);
const pond = configure({ logLevel: 'info', store: sqliteStore({ path }) });

class ExchangeService {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: { hours: 1 } })
  async rates(day: Date): Promise<ReadonlyMap<string, number>> {
    console.log(`asking the supplier for ${day.toISOString().slice(0, 10)}`);
    await sleep(pace(5_000, 250));
    return new Map([
      ['EUR', 1],
      ['JPY', 162.5],
      ['USD', 1.25],
    ]);
  }

  @Flow({ logPrints: true })
  async convert(amount: number, currency: string, day: Date): Promise<number> {
    const rates = await this.rates(day);
    return amount * (rates.get(currency) ?? Number.NaN);
  }
}

const yen = await new ExchangeService().convert(100, 'JPY', new Date('2025-03-14'));
console.log(`100 EUR are ${yen} JPY`);
await pond.close();
