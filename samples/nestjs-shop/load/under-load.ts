import autocannon from 'autocannon';
import { Forked } from './forked.js';
import { changePrices } from './merchant.js';
import { nextRequest } from './requests.js';

/** A variant of the shop with its supplier, and what became of its visitors. */
export class UnderLoad {
  readonly #variant: string;
  readonly #supplier: Forked;
  readonly #shop: Forked;
  #perSecond: number[] = [];
  #p99s: number[] = [];
  #requests = 0;
  #changes = 0;
  #old = 0;

  private constructor(variant: string, supplier: Forked, shop: Forked) {
    this.#variant = variant;
    this.#supplier = supplier;
    this.#shop = shop;
  }

  static async start(variant: string): Promise<UnderLoad> {
    const supplier = await Forked.start('supplier');
    return new UnderLoad(variant, supplier, await Forked.start(variant, supplier.url));
  }

  /** Three seconds of visitors on 50 connections, and of a merchant. */
  async visit(): Promise<void> {
    const merchant = changePrices(this.#shop.url, AbortSignal.timeout(3_000));
    const { requests, latency, duration, errors, non2xx } = await autocannon({
      url: this.#shop.url,
      connections: 50,
      duration: 3,
      requests: [{ setupRequest: (request) => Object.assign(request, nextRequest()) }],
    });
    if (errors + non2xx > 0) throw new Error(`${this.#variant}: ${errors + non2xx} requests failed.`);
    const { changes, old } = await merchant;
    this.#perSecond.push(requests.total / duration);
    this.#p99s.push(latency.p99);
    this.#requests += requests.total;
    this.#changes += changes;
    this.#old += old;
  }

  /** Ends it. A row of the table. */
  async end(): Promise<readonly (string | number)[]> {
    const { asked: offers } = await this.#supplier.stop();
    const { asked: statements, cpuMs } = await this.#shop.stop();
    const cpuUs = Math.round((cpuMs * 1_000) / this.#requests);
    const old = `${this.#old} of ${this.#changes}`;
    return [this.#variant, Math.round(median(this.#perSecond)), median(this.#p99s), cpuUs, offers, statements, old];
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
