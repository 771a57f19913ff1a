import type { INestApplication } from '@nestjs/common';

interface Asked {
  readonly tenant?: string;
  readonly body?: object;
  readonly show?: readonly string[];
}

/** Asks the shop, and prints what it is asked, the status, what the cache did, and some fields of the answer. */
export class Visitor {
  readonly #shop: INestApplication;

  constructor(shop: INestApplication) {
    this.#shop = shop;
  }

  async ask(method: string, path: string, { tenant, body, show = [] }: Asked = {}): Promise<void> {
    const headers = { ...(tenant && { 'x-tenant': tenant }), ...(body && { 'content-type': 'application/json' }) };
    const url = `${await this.#shop.getUrl()}${path}`;
    const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    const answer: unknown = text === '' ? {} : JSON.parse(text);
    const shown = Array.isArray(answer) ? [`${answer.length} products`] : show.map((field) => shownAs(answer, field));
    const who = [method.padEnd(4), path.padEnd(24), (tenant ?? '').padEnd(6), response.status];
    console.log(`  ${[...who, (response.headers.get('x-cache') ?? '').padEnd(13), ...shown].join(' ')}`.trimEnd());
  }
}

function shownAs(answer: unknown, field: string): string {
  const value = (answer as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' ? value : `${field} ${JSON.stringify(value)}`;
}
