/** What the measured body answers with: a plain object that every store here can keep. */
export function quoteOf(key) {
  return { sku: key, price: 1_799, currency: 'EUR', stock: 12, tiers: [1, 10, 100], supplier: `supplier of ${key}` };
}

/** A body, and how often it ran: what is measured as hits must have run it once for each key. */
export function counted() {
  const count = { runs: 0 };
  const body = async (key) => {
    count.runs++;
    return quoteOf(key);
  };
  return { body, count };
}

/** Throws where the body ran while hits were measured. */
export function expectHits({ name, count }, keys) {
  if (count !== undefined && count.runs !== keys) throw new Error(`${name}: ${count.runs} runs for ${keys} keys`);
}

export const isQuoteOf = (quote, key) => quote?.sku === key && quote.supplier === `supplier of ${key}`;
