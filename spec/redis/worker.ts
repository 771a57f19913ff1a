import { createPond, withOptions } from '../../lib/index.js';
import { type RedisStoreOptions, redisStore } from '../../lib/redis/index.js';
import { Pricing } from './pricing.js';

// One process of several that share a store: flight.spec.ts sends it orders. Its supplier says that it is asked, and answers when it
// is told to, or by itself after so long.

/** How a price is asked for. */
export interface Quoting {
  /** So many times at once; 1 by default. */
  readonly callers?: number;
  /** The supplier answers by itself after so long. */
  readonly computeMs?: number;
  /** A longer lease than the task's own. */
  readonly leaseMs?: number;
}

export type Order =
  | ({ readonly kind: 'quote'; readonly id: number; readonly sku: string } & Quoting)
  | { readonly kind: 'answer'; readonly sku: string; readonly price: string };

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'asked'; readonly sku: string; readonly at: number }
  | { readonly kind: 'quoted'; readonly id: number; readonly prices: readonly string[]; readonly ms: number };

const say = (report: Report): void => {
  process.send?.(report);
};

const pond = createPond({
  store: redisStore(JSON.parse(process.env.STORE ?? '{}') as RedisStoreOptions),
  logLevel: 'silent',
  storeTimeout: '30s', // longer than a machine stands still: nobody is to compute for being late
});
const computing = new Map<string, number | undefined>();
const answers = new Map<string, (price: string) => void>();

const supplier = (sku: string): Promise<string> =>
  new Promise((resolve) => {
    answers.set(sku, resolve);
    say({ kind: 'asked', sku, at: Date.now() });
    const ms = computing.get(sku);
    if (ms !== undefined) setTimeout(() => resolve(`${sku} of ${process.pid}`), ms);
  });

const pricing = pond.bind(new Pricing(supplier));

process.on('message', async (order: Order) => {
  if (order.kind === 'answer') {
    answers.get(order.sku)?.(order.price);
    return;
  }
  const { id, sku, callers = 1, computeMs, leaseMs } = order;
  computing.set(sku, computeMs);
  const service = leaseMs === undefined ? pricing : withOptions(pricing, { lease: leaseMs });
  const began = performance.now();
  const prices = await Promise.all(Array.from({ length: callers }, () => service.quote(sku)));
  say({ kind: 'quoted', id, prices: [...new Set(prices)], ms: performance.now() - began });
});
process.on('disconnect', () => process.exit());

say({ kind: 'ready' });
