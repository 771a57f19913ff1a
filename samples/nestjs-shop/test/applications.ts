import { afterEach } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Pond } from 'flowpond';
import { createTestPond, type TestPond } from 'flowpond/testing';
import { AppModule } from '../shop/app.module.js';
import { furnish } from '../shop/start.js';
import { type Supplier, type SupplierDesk, startSupplier } from '../supplier/supplier.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A shop under test: its pond has a clock that stands still, and its supplier does as it is told. */
export interface ShopUnderTest {
  readonly app: INestApplication;
  readonly pond: TestPond;
  readonly desk: SupplierDesk;
}

/** Closed after the test. */
export async function openShop(): Promise<ShopUnderTest> {
  const supplier = await openSupplier();
  const pond = createTestPond();
  const module = await Test.createTestingModule({
    imports: [AppModule.forRoot({ supplierUrl: supplier.url, nightly: false })],
  })
    .overrideProvider(Pond)
    .useValue(pond)
    .compile();
  const app = furnish(module.createNestApplication({ logger: false }));
  await app.listen(0, '127.0.0.1'); // once: supertest would for each request, and close while another comes
  open.push(pond, app);
  return { app, pond, desk: supplier.desk };
}

/** Answers at once. Closed after the test. */
export async function openSupplier(): Promise<Supplier> {
  const supplier = await startSupplier();
  supplier.desk.latencyMs = 0;
  open.push(supplier);
  return supplier;
}
