// Starts the shop and its supplier, until Ctrl-C: `npm run sample:shop`, or `PORT=4000 npm run sample:shop`.
import { startShop } from './shop/start.js';
import { startSupplier } from './supplier/supplier.js';

const supplier = await startSupplier();
const settings = { supplierUrl: supplier.url, folder: '.flowpond/shop' };
const shop = await startShop(settings, { port: Number(process.env.PORT ?? 3000), logger: ['log', 'warn', 'error'] });
const url = await shop.getUrl();

console.log(`The shop is at ${url}, described at ${url}/docs. Its supplier is at ${supplier.url}, and takes 100 ms.

  curl -i ${url}/products/P001/price -H 'x-tenant: acme'     # twice: see x-cache
  curl -X PUT ${url}/products/P001/margin -H 'content-type: application/json' -d '{"percent":50}'
  curl -X POST ${url}/repricing
`);
