import { Injectable } from '@nestjs/common';
import { getTaskRunContext, Task, taskInputHash } from 'flowpond';
import { Settings } from '../settings.js';
import { Offer } from './offer.js';

@Injectable()
export class SupplierClient {
  constructor(private readonly settings: Settings) {}

  /** Slow, and at times down: past its five seconds an offer is renewed behind the requests, and while there is no other the old one counts. */
  @Task({
    cacheKeyFn: taskInputHash,
    cacheExpiration: '5s',
    staleWhileRevalidate: '1m',
    staleIfError: '1d',
    timeout: '2s',
    returns: () => Offer,
  })
  async offer(sku: string): Promise<Offer> {
    const { signal } = getTaskRunContext();
    const response = await fetch(`${this.settings.supplierUrl}/offers/${encodeURIComponent(sku)}`, { signal });
    if (!response.ok) throw new Error(`The supplier answers ${response.status} for ${sku}.`);
    return Object.assign(new Offer(), await response.json(), { quoted: new Date() });
  }
}
