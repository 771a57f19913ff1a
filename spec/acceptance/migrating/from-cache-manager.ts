import { Injectable } from '@nestjs/common';
import { Invalidates, invalidate, Task, taskInputHash } from '../../../lib/index.js';

@Injectable()
export class Pricing {
  constructor(private readonly supplier: { price(sku: string): Promise<number> }) {}

  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '30s' })
  async quote(sku: string): Promise<number> {
    return this.supplier.price(sku);
  }

  @Invalidates((pricing: Pricing, { sku }: { sku: string }) => invalidate(pricing).quote(sku))
  async setPrice(sku: string, price: number): Promise<void> {
    await this.save(sku, price);
  }

  async save(_sku: string, _price: number): Promise<void> {}
}
