import './matchers.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { returnState } from 'flowpond';
import { createTestPond, type TestPond } from 'flowpond/testing';
import { Offer } from '../shop/pricing/offer.js';
import { SupplierClient } from '../shop/pricing/supplier.client.js';
import type { SupplierDesk } from '../supplier/supplier.js';
import { openSupplier } from './applications.js';

describe('SupplierClient', () => {
  let pond: TestPond;
  let desk: SupplierDesk;
  let client: SupplierClient;

  beforeEach(async () => {
    const supplier = await openSupplier();
    desk = supplier.desk;
    pond = createTestPond();
    client = pond.bind(new SupplierClient({ supplierUrl: supplier.url }));
  });

  const statusOf = async () => (await returnState(client).offer('P001')).cache?.status;

  it('asks once for five seconds, and once for all who ask meanwhile', async () => {
    const offers = await Promise.all(Array.from({ length: 20 }, () => client.offer('P001')));
    await pond.clock.advance('4s');
    await client.offer('P001');
    expect(offers.every((offer) => offer instanceof Offer && offer.cents === 1_010)).toBe(true);
    expect(pond).toHaveRun('offer', 1);
    expect(pond).toHaveCached('offer', 20);
    expect(desk.calls).toBe(1);
  });

  it('serves the old offer at once when it has expired, and renews it behind', async () => {
    await client.offer('P001');
    desk.surcharge = 100;
    await pond.clock.advance('6s');
    expect(await statusOf()).toBe('stale');
    await until(() => desk.calls === 2);
    await until(async () => (await client.offer('P001')).cents === 2_020);
    expect(await statusOf()).toBe('hit');
  });

  it('serves the old offer for a day while the supplier is down', async () => {
    await client.offer('P001');
    desk.down = true;
    await pond.clock.advance('23h');
    expect(await statusOf()).toBe('stale');
    await pond.clock.advance('2h');
    await expect(client.offer('P001')).rejects.toThrow('The supplier answers 503 for P001.');
  });

  it('gives up on a supplier that says nothing for two seconds', async () => {
    desk.latencyMs = 60_000;
    const asked = returnState(client).offer('P001');
    await until(() => desk.calls === 1);
    await pond.clock.advance('2s');
    expect((await asked).name).toBe('TimedOut');
  });
});

/** Waits for what a real server does. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > 20_000) throw new Error(`after 20 s it is still not so: ${isSo}`);
    await new Promise(setImmediate);
  }
}
