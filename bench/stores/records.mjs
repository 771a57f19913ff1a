import { quoteOf } from './quotes.mjs';

export const namesOf = (count) => Array.from({ length: count }, (_, i) => `sku-${i}`);

/** The records that Flowpond keeps of quotes, and their keys: what a floor reads and decodes. */
export function recordsOf({ KeyScope, StoreKey, encodeRecord }, names) {
  const scope = new KeyScope('Service.quote', undefined, '');
  return names.map((name) => {
    const key = new StoreKey(scope, `quote:${name}`);
    const bytes = encodeRecord({
      schema: 1,
      key,
      value: quoteOf(name),
      message: undefined,
      storedAt: Date.now(),
      expiresAt: Date.now() + 3_600_000,
      renewForMs: 0,
      errorForMs: 0,
      computeMs: 5,
      generation: Date.now() * 1_000,
      tags: undefined,
      async: true,
      frozen: false,
      from: { origin: { taskRunId: '5d4b9c1e-6f0a-4c58-9a53-0a2a1f3ad7f1', taskRunName: 'quote' } },
      promise: undefined,
    });
    return { key, bytes: Buffer.from(bytes) };
  });
}
