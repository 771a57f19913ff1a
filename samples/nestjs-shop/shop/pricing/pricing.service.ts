import { Injectable, NotFoundException } from '@nestjs/common';
import { getRunContext, Invalidates, Task, taskInputHash } from 'flowpond';
import { Database } from '../database/database.js';
import { TenantService } from '../tenants/tenant.service.js';
import { centsFor, Price } from './price.js';
import { SupplierClient } from './supplier.client.js';

@Injectable()
export class PricingService {
  constructor(
    private readonly database: Database,
    private readonly supplier: SupplierClient,
    private readonly tenants: TenantService,
  ) {}

  /** The price for the tenant who asks. */
  @Task({
    cacheKeyFn: taskInputHash,
    varyBy: ['tenant'],
    cacheExpiration: '2s',
    tags: ({ sku }: { sku: string }) => [`price:${sku}`],
    returns: () => Price,
  })
  async price(sku: string): Promise<Price> {
    const tenant = String(getRunContext().values.tenant);
    const margin = this.database.first<{ percent: number }>('SELECT percent FROM margin WHERE sku = ?', sku);
    if (margin === undefined) throw new NotFoundException(`There is no product ${sku}.`);
    const { discount = 0 } = (await this.tenants.find(tenant)) ?? {};
    const { cents, quoted } = await this.supplier.offer(sku);
    return Object.assign(new Price(), { sku, tenant, quoted, cents: centsFor(cents, margin.percent, discount) });
  }

  /** Forgets the prices of all tenants. */
  @Invalidates({ tags: ({ sku }: { sku: string }) => `price:${sku}` })
  async setMargin(sku: string, percent: number): Promise<void> {
    const changed = this.database.change('UPDATE margin SET percent = ? WHERE sku = ?', percent, sku);
    if (changed === 0) throw new NotFoundException(`There is no product ${sku}.`);
  }
}
