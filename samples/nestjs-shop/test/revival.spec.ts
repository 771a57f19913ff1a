import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Pond } from 'flowpond';
import { fakeClock } from 'flowpond/testing';
import { CatalogueService } from '../shop/catalogue/catalogue.service.js';
import { Product } from '../shop/catalogue/product.js';
import { Database } from '../shop/database/database.js';
import { Offer } from '../shop/pricing/offer.js';
import { Price } from '../shop/pricing/price.js';
import { PricingService } from '../shop/pricing/pricing.service.js';
import { SupplierClient } from '../shop/pricing/supplier.client.js';
import { startShop } from '../shop/start.js';
import { openSupplier } from './applications.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** One result of each kind. */
async function resultsOf(shop: INestApplication) {
  return {
    product: await shop.get(CatalogueService).find('P007'),
    list: await shop.get(CatalogueService).list('mugs'),
    offer: await shop.get(SupplierClient).offer('P007'),
    price: await shop.get(Pond).run({ tenant: 'acme' }, () => shop.get(PricingService).price('P007')),
  };
}

it('a shop that is started anew has its results from the file, as what they were', async () => {
  const supplier = await openSupplier();
  const settings = { supplierUrl: supplier.url, folder, nightly: false, pond: { clock: fakeClock() } };
  const before = await startShop(settings);
  const computed = await resultsOf(before);
  await before.close();

  const after = await startShop(settings);
  const revived = await resultsOf(after);
  expect(revived).toEqual(computed);
  for (const product of [revived.product, ...revived.list]) expect(product).toBeInstanceOf(Product);
  expect([revived.product.title(), revived.offer.isPlenty()]).toEqual(['Mug 7 (P007)', true]);
  expect(revived.offer).toBeInstanceOf(Offer);
  expect(revived.price).toBeInstanceOf(Price);
  expect(revived.price.quoted).toBeInstanceOf(Date);
  expect([after.get(Database).statements, supplier.desk.calls]).toEqual([0, 1]);
  await after.close();
});
