import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from 'flowpond/testing';
import { startShop } from './shop/start.js';
import { startSupplier } from './supplier/supplier.js';
import { Visitor } from './visitor.js';

const clock = fakeClock(); // so that nobody has to wait for an expiry
const supplier = await startSupplier();
const folder = await mkdtemp(join(tmpdir(), 'flowpond-'));
const pond = { clock, logLevel: 'silent' } as const;
const settings = { supplierUrl: supplier.url, folder, nightly: false, pond };
let shop = await startShop(settings);
let visitor = new Visitor(shop);
const price = (tenant: string) => visitor.ask('GET', '/products/P007/price', { tenant, show: ['cents'] });

console.log('Computed once, for each tenant; the supplier is asked for both together');
for (const tenant of ['acme', 'acme', 'globex', 'globex']) await price(tenant);

console.log('\nA price change, and a new product, are seen at once');
await visitor.ask('PUT', '/products/P007/margin', { body: { percent: 50 } });
await price('acme');
await visitor.ask('GET', '/products?category=mugs');
await visitor.ask('GET', '/products?category=Mugs');
await visitor.ask('POST', '/products', { body: { sku: 'P201', name: 'Mug 201', category: 'mugs' }, show: ['title'] });
await visitor.ask('GET', '/products?category=mugs');

console.log('\nThe supplier is down, the price has expired: the old offer counts');
supplier.desk.down = true;
await clock.advance('2h');
await price('acme');

console.log('\nThe night: the supplier does not know everything; the second run does what is left');
supplier.desk.down = new Set(['P003', 'P004']);
supplier.desk.latencyMs = 0;
const night = { body: { day: '2026-01-02' }, show: ['repriced', 'doneBefore', 'failed'] };
await visitor.ask('POST', '/repricing', night);
supplier.desk.down = false;
await visitor.ask('POST', '/repricing', night);

console.log('\nThe shop is started anew: what the file gives is a Product again, with its method title()');
await visitor.ask('GET', '/products/P007', { show: ['title'] });
await shop.close();
shop = await startShop(settings);
visitor = new Visitor(shop);
await visitor.ask('GET', '/products/P007', { show: ['title'] });

await visitor.ask('GET', '/health', { show: ['status'] });

await shop.close();
await supplier.close();
await rm(folder, { recursive: true });
