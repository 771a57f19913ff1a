import { setTimeout as sleep } from 'node:timers/promises';
import { centsFor } from '../shop/pricing/price.js';
import { usualCents } from '../supplier/supplier.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** What a merchant saw. */
export interface Seen {
  readonly changes: number;
  /** How often the price was the old one although its change had been answered. */
  readonly old: number;
}

/** Ten times a second looks at a price, changes it, and looks again. */
export async function changePrices(url: string, until: AbortSignal): Promise<Seen> {
  let [changes, old] = [0, 0];
  while (!until.aborted) {
    const sku = `P00${1 + (changes % 9)}`;
    const percent = Math.floor(Math.random() * 100);
    const product = `${url}/products/${sku}`;
    const right = centsFor(usualCents(sku), percent, 0);
    await centsOf(product); // so that there is an old one
    await fetch(`${product}/margin`, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify({ percent }) });
    if ((await centsOf(product)) !== right) old++;
    changes++;
    await sleep(100);
  }
  return { changes, old };
}

async function centsOf(product: string): Promise<number> {
  const answer = await fetch(`${product}/price`, { headers: { 'x-tenant': 'acme' } });
  return ((await answer.json()) as { readonly cents: number }).cents;
}
