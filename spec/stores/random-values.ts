import fc from 'fast-check';

/** Random values of all kinds that a store keeps. */

/** Any string at all: half pairs, NUL, and what formats are made of. */
const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'abs019,:;{}[]"\\') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
);
export const text = fc.oneof(fc.string({ unit, maxLength: 10 }), fc.string({ unit, minLength: 60, maxLength: 70 }));

const number = fc.oneof(
  fc.integer(),
  fc.nat({ max: 70_000 }),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, 2 ** 32),
);
const atom = fc.oneof(text, number, fc.bigInt(), fc.constantFrom(undefined, null, true, false));

const VIEWS: ReadonlyArray<(bytes: Uint8Array) => object> = [
  (bytes) => bytes,
  (bytes) => Buffer.from(bytes),
  (bytes) => bytes.slice().buffer,
  (bytes) => new DataView(bytes.slice().buffer),
  (bytes) => new Float32Array(bytes.slice(0, bytes.length & ~3).buffer),
  (bytes) => new BigUint64Array(bytes.slice(0, bytes.length & ~7).buffer),
];

const leaf = fc.oneof(
  { weight: 6, arbitrary: atom },
  { weight: 1, arbitrary: fc.integer().map((time) => new Date(time)) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b+', '[/]', '(x)').map((source) => new RegExp(source, 'giu')) },
  { weight: 1, arbitrary: fc.webUrl().map((url) => new URL(url)) },
  { weight: 1, arbitrary: text.map((query) => new URLSearchParams({ query })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...VIEWS), fc.uint8Array({ maxLength: 20 }))
      .map(([view, bytes]) => view(Uint8Array.from(bytes))),
  },
);

const key = fc.oneof(
  text,
  fc.constantFrom('id', 'name', 'then', 'constructor', 'toString', '0', '7', 'length', 'hasOwnProperty'),
);

type Fields = Array<[string, unknown]>;

function filled<T extends object>(target: T, fields: Fields): T {
  for (const [name, value] of fields) {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return target;
}

const { value } = fc.letrec<{ value: unknown }>((tie) => {
  const inner = tie('value');
  const fields = fc
    .array(fc.tuple(key, inner), { maxLength: 5 })
    .filter((list) => list.every(([name]) => name !== '__proto__' && name !== 'prototype'));
  const list = fc.array(inner, { maxLength: 5 });
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: leaf },
      { weight: 3, arbitrary: fields.map((all) => filled({}, all)) },
      { weight: 1, arbitrary: fields.map((all) => filled(Object.create(null) as object, all)) },
      { weight: 2, arbitrary: list },
      { weight: 1, arbitrary: list.map((items) => Object.assign(new Array(items.length + 3), { ...items, 0: 1 })) },
      { weight: 1, arbitrary: list.map((items) => new Set(items)) },
      { weight: 1, arbitrary: fc.array(fc.tuple(inner, inner), { maxLength: 4 }).map((all) => new Map(all)) },
      {
        weight: 1,
        arbitrary: fc.tuple(text, inner, fields).map(([message, cause, all]) => {
          const own = all.filter(([name]) => !['stack', 'name', 'message', 'constructor'].includes(name));
          return filled(new TypeError(message, { cause }), own);
        }),
      },
    ),
  };
});

/** Any value that a store keeps, without shared references. */
export const storable = value;

/** Graphs: plain objects, arrays and Maps that refer to each other at random, in circles too. */
export const graph = fc
  .array(fc.tuple(fc.constantFrom('object', 'array', 'map'), fc.array(fc.nat({ max: 9 }), { maxLength: 4 })), {
    minLength: 1,
    maxLength: 10,
  })
  .map((nodes) => {
    const made = nodes.map(([kind]) => (kind === 'object' ? {} : kind === 'array' ? [] : new Map()));
    for (const [index, [, links]] of nodes.entries()) {
      const node = made[index];
      for (const [order, link] of links.entries()) {
        const target = made[link % made.length];
        if (node instanceof Map) node.set(order === 0 ? target : order, target);
        else if (Array.isArray(node)) node.push(target, order);
        else filled(node as object, [[`link${order}`, target]]);
      }
    }
    return made[0] as object;
  });
