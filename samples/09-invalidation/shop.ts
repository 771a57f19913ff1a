import { setTimeout as sleep } from 'node:timers/promises';
import { Invalidates, invalidate, Task, taskInputHash } from 'flowpond';

/** A slow database, and who may change it. */
export class Shop {
  readonly #prices = new Map([
    ['apple', 1],
    ['pear', 2],
  ]);

  @Task({ cacheKeyFn: taskInputHash, tags: ({ name }: { name: string }) => ['prices', `price:${name}`] })
  async price(name: string): Promise<number> {
    const found = this.#prices.get(name) ?? 0; // as it is now: what comes later takes its time
    await sleep(100);
    return found;
  }

  @Task({ cacheKeyFn: taskInputHash, tags: ['prices'] })
  async total(): Promise<number> {
    await sleep(100);
    return [...this.#prices.values()].reduce((sum, price) => sum + price, 0);
  }

  /** Forgets the one state that it makes wrong, by the same call, and all sums. */
  @Invalidates((shop: Shop, { name }: { name: string }) => invalidate(shop).price(name))
  @Invalidates({ task: 'total' })
  async setPrice(name: string, price: number): Promise<void> {
    if (price < 0) throw new RangeError('a price is not negative');
    this.#prices.set(name, price);
  }

  /** Forgets whatever was made of prices. */
  @Invalidates({ tags: ['prices'] })
  async raise(percent: number): Promise<void> {
    for (const [name, price] of this.#prices) this.#prices.set(name, price * (1 + percent / 100));
  }
}
