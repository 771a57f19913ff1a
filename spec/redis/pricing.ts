import { Task, taskInputHash } from '../../lib/index.js';

/** How long a dead holder is waited for in these specs, in milliseconds. */
export const LEASE_MS = 500;

/** A task whose body is whatever a spec wants it to be. */
export class Pricing {
  constructor(readonly supplier: (sku: string) => Promise<string>) {}

  @Task({
    identity: 'Pricing.quote',
    cacheKeyFn: taskInputHash,
    cacheExpiration: '1m',
    lease: LEASE_MS,
    tags: ({ sku }: { sku: string }) => [`sku ${sku}`],
  })
  async quote(sku: string): Promise<string> {
    return this.supplier(sku);
  }
}
