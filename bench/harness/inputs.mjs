const VISITS = 4_096;

/** Numbers from 0 to 1, the same in every run. */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The given inputs in a fixed random order, each visited many times. */
export function shuffledVisits(inputs) {
  const random = randomFrom(7);
  return Array.from({ length: VISITS }, () => inputs[Math.floor(random() * inputs.length)]);
}

export const skus = Array.from({ length: 1_000 }, (_, i) => `A${i}`);

const WORDS = ['harbour', 'lantern', 'orchard', 'quarry', 'meadow', 'thimble', 'glacier', 'saddle'];

function product(random, i) {
  return {
    id: `sku-${i}-${Math.floor(random() * 1e6)}`,
    name: `${WORDS[Math.floor(random() * 8)]} ${WORDS[Math.floor(random() * 8)]}`,
    price: Math.round(random() * 1e5) / 100,
    stock: Math.floor(random() * 500),
    active: random() > 0.5,
    supplier: null,
  };
}

function twentyKeys(random, i) {
  return {
    tenant: `tenant-${i}`,
    locale: 'de-CH',
    currency: 'CHF',
    page: i,
    pageSize: 50,
    sort: 'price',
    descending: true,
    query: `${WORDS[i % 8]} with a ${WORDS[(i + 3) % 8]} and a ${WORDS[(i + 5) % 8]}, delivered before Christmas`,
    from: '2026-11-01T00:00:00Z',
    to: '2026-11-30T23:59:59Z',
    minimum: random() * 10,
    categories: ['garden', 'kitchen', 'tools'],
    address: { street: 'Quai 4', city: 'Genève', zip: 1201, country: 'CH' },
    customer: { id: i * 17, level: 'gold' },
  };
}

function order(random, i, lines) {
  return {
    number: `order-${i}`,
    customer: { id: i, name: 'Ada Example', tags: ['new', 'b2b'], address: { city: 'Bern', zip: 3011 } },
    lines: Array.from({ length: lines }, (_, n) => ({ quantity: n + 1, product: product(random, n) })),
  };
}

/** What scene (c) hashes. Sizes are of the JSON text. */
export function hashInputs() {
  const random = randomFrom(11);
  const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));
  return [
    { size: '3 scalars', inputs: many(1_000, (i) => [`A${i}`, i % 30, i % 2 === 0]) },
    { size: '20 keys', inputs: many(250, (i) => twentyKeys(random, i)) },
    { size: '10 kB', inputs: many(20, (i) => order(random, i, 76)) },
    { size: '1 MB', inputs: many(2, () => many(9_430, (n) => product(random, n))), large: true },
  ];
}
