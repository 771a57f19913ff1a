import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Flow, getRunLogger, refresh, returnState, Task, taskInputHash } from 'flowpond';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { PricingService } from '../pricing/pricing.service.js';
import { SupplierClient } from '../pricing/supplier.client.js';
import { Repricing } from './repricing.js';

@Injectable()
export class RepricingService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly pricing: PricingService,
    private readonly supplier: SupplierClient,
  ) {}

  /** Every night at three. Where it failed for some, it is run again by hand: what was done that night is not done twice. */
  @Cron(CronExpression.EVERY_DAY_AT_3AM)
  @Flow({ name: 'nightly-repricing' })
  async nightly(day = new Date().toISOString().slice(0, 10)): Promise<Repricing> {
    const report = new Repricing(day);
    for (const { sku } of await this.catalogue.list()) {
      const state = await returnState(this).reprice(sku, day);
      if (state.isCached()) report.doneBefore++;
      else if (state.isCompleted()) report.repriced++;
      else report.failed.push(sku);
    }
    return report;
  }

  /** What the supplier has plenty of is sold with a small margin. The day is part of the key. */
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1d' })
  async reprice(sku: string, day: string): Promise<void> {
    const offer = await refresh(this.supplier).offer(sku);
    const percent = offer.isPlenty() ? 20 : 30;
    await this.pricing.setMargin(sku, percent);
    getRunLogger().debug(`${sku} is sold with ${percent} % from ${day} on`);
  }
}
