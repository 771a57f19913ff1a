// How a service with tasks is tested on its own: made by `new`, bound to a pond of the test, without Nest.
import './matchers.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { returnState } from 'flowpond';
import { createTestPond, type TestPond } from 'flowpond/testing';
import { Database } from '../shop/database/database.js';
import { Offer } from '../shop/pricing/offer.js';
import { PricingService } from '../shop/pricing/pricing.service.js';
import { SupplierClient } from '../shop/pricing/supplier.client.js';
import { TenantService } from '../shop/tenants/tenant.service.js';

const settings = { supplierUrl: 'http://nobody.invalid' };

/** Always asks ten. */
class SupplierOfTen extends SupplierClient {
  override async offer(sku: string): Promise<Offer> {
    return Object.assign(new Offer(), { sku, cents: 1_000 });
  }
}

function pricingOf(database: Database): PricingService {
  return new PricingService(database, new SupplierOfTen(settings), new TenantService(database));
}

describe('PricingService', () => {
  let pond: TestPond;
  let pricing: PricingService;
  const priceFor = (tenant: string) => pond.run({ tenant }, async () => (await pricing.price('P001')).cents);

  beforeEach(() => {
    pond = createTestPond();
    pricing = pond.bind(pricingOf(new Database(settings)));
  });

  it('adds the margin, and takes off the discount of who asks', async () => {
    expect(await priceFor('acme')).toBe(1_300);
    expect(await priceFor('globex')).toBe(1_170);
  });

  it('works a price out once for each tenant', async () => {
    for (const tenant of ['acme', 'acme', 'globex', 'acme', 'globex']) await priceFor(tenant);
    expect(pond).toHaveRun('price', 2);
    expect(pond).toHaveCached('price', 3);
  });

  it('works it out anew after two seconds', async () => {
    await priceFor('acme');
    await pond.clock.advance('1.9s');
    await priceFor('acme');
    expect(pond).toHaveRun('price', 1);
    await pond.clock.advance('100ms');
    await priceFor('acme');
    expect(pond).toHaveRun('price', 2);
  });

  it('forgets the prices of all tenants when the margin changes, and those of other products not', async () => {
    await priceFor('acme');
    await priceFor('globex');
    await pond.run({ tenant: 'acme' }, () => pricing.price('P002'));
    await pricing.setMargin('P001', 50);
    expect(await priceFor('acme')).toBe(1_500);
    expect(await priceFor('globex')).toBe(1_350);
    const other = await pond.run({ tenant: 'acme' }, () => returnState(pricing).price('P002'));
    expect(String(other)).toBe('Cached(type=COMPLETED)');
  });

  it('keeps the price when the margin could not be changed', async () => {
    await priceFor('acme');
    await expect(pricing.setMargin('P999', 50)).rejects.toThrow('There is no product P999.');
    await priceFor('acme');
    expect(pond).toHaveRun('price', 1);
  });

  it('refuses to price for nobody, rather than share', async () => {
    await expect(pricing.price('P001')).rejects.toThrow(/tenant/);
    expect(pond).not.toHaveRun('price');
  });
});
