import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeArguments, encodeValue } from '../../lib/keys/encode.js';

/**
 * Random values, described so that one can be built twice, in another order of keys and entries, or changed in one point.
 * FLOWPOND_LONG=1 runs the properties on 100,000 values.
 */
const RUNS = process.env.FLOWPOND_LONG === undefined ? 5_000 : 100_000;

class Cat {}
class Dog {}
class Ledger extends Map<unknown, unknown> {}

type Fields = ReadonlyArray<readonly [string, Model]>;
type Model =
  | { readonly kind: 'atom'; readonly value: unknown }
  | { readonly kind: 'date' | 'number box'; readonly value: number }
  | { readonly kind: 'url' | 'string box'; readonly value: string }
  | { readonly kind: 'regexp'; readonly value: string; readonly global: boolean }
  | { readonly kind: 'bytes'; readonly type: number; readonly value: readonly number[] }
  | { readonly kind: 'array' | 'set'; readonly items: readonly Model[] }
  | { readonly kind: 'sparse'; readonly items: ReadonlyArray<Model | undefined> }
  | { readonly kind: 'object' | 'bare' | 'cat' | 'dog'; readonly fields: Fields }
  | { readonly kind: 'error'; readonly value: string; readonly fields: Fields }
  | { readonly kind: 'map' | 'ledger'; readonly entries: ReadonlyArray<readonly [Model, Model]> };

const VIEWS = [
  (bytes: readonly number[]): object => Uint8Array.from(bytes),
  (bytes: readonly number[]): object => Int8Array.from(bytes),
  (bytes: readonly number[]): object => Uint8ClampedArray.from(bytes),
  (bytes: readonly number[]): object => Buffer.from(bytes),
  (bytes: readonly number[]): object => Uint8Array.from(bytes).buffer,
  (bytes: readonly number[]): object => new DataView(Uint8Array.from(bytes).buffer),
];

/** Any string at all: half pairs, NUL, and what the encoding itself is made of. */
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...'abs019,:;{}[]()<>@~n-.') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
);
const text = fc.string({ unit, maxLength: 8 });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY));
const atom = fc.oneof(
  text,
  number.map((value) => (value === 0 ? 0 : value)),
  fc.bigInt(),
  fc.constantFrom(undefined, null, true, false),
);

const { model } = fc.letrec<{ model: Model }>((tie) => {
  const inner = tie('model');
  const fields = fc
    .uniqueArray(fc.tuple(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '0')), inner), {
      maxLength: 5,
      selector: ([key]) => key,
    })
    .filter((list) => list.every(([key]) => key !== 'stack' && key !== 'message' && key !== 'name'));
  const some = { minLength: 1, maxLength: 4 };
  const distinct = fc.uniqueArray(inner, { maxLength: 4, selector: describeModel });
  const node = <K extends string, T extends object>(kind: K, arbitrary: fc.Arbitrary<T>) =>
    arbitrary.map((rest) => ({ kind, ...rest }));
  const value = { value: text };
  return {
    model: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('atom' as const), value: atom }) },
      node('date', fc.record({ value: fc.oneof(fc.integer(), fc.constant(Number.NaN)) })),
      node('number box', fc.record({ value: fc.integer() })),
      node('string box', fc.record(value)),
      node('url', fc.record({ value: fc.webPath().map((path) => `http://h/x${path}`) })),
      node('regexp', fc.record({ value: fc.constantFrom('a', 'b+', '[/]', '(x)'), global: fc.boolean() })),
      node(
        'bytes',
        fc.record({
          type: fc.nat({ max: VIEWS.length - 1 }),
          value: fc.array(fc.nat({ max: 127 }), { maxLength: 5 }),
        }),
      ),
      { weight: 2, arbitrary: node('array', fc.record({ items: fc.array(inner, { maxLength: 4 }) })) },
      node('sparse', fc.record({ items: fc.array(fc.option(inner, { nil: undefined }), { maxLength: 4 }) })),
      { weight: 3, arbitrary: node('object', fc.record({ fields })) },
      node('bare', fc.record({ fields })),
      node('cat', fc.record({ fields: fc.uniqueArray(fc.tuple(text, inner), { ...some, selector: ([key]) => key }) })),
      node('dog', fc.record({ fields: fc.uniqueArray(fc.tuple(text, inner), { ...some, selector: ([key]) => key }) })),
      node('error', fc.record({ value: text, fields })),
      node('set', fc.record({ items: distinct })),
      node('map', fc.record({ entries: distinct.chain((keys) => entriesOf(keys, inner)) })),
      node('ledger', fc.record({ entries: distinct.chain((keys) => entriesOf(keys, inner)) })),
    ) as fc.Arbitrary<Model>,
  };
});

function entriesOf(keys: readonly Model[], inner: fc.Arbitrary<Model>): fc.Arbitrary<Array<[Model, Model]>> {
  return fc.tuple(...keys.map((key) => inner.map((value): [Model, Model] => [key, value])));
}

/** An own text of a model, as a check on the one that is tested. */
function describeModel(of: Model): string {
  return JSON.stringify(of, (_, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'number' || value === undefined ? `${typeof value} ${value}` : value,
  );
}

type Order = <T>(list: readonly T[]) => readonly T[];
const asGiven: Order = (list) => list;

function shuffled(seed: number): Order {
  let state = seed;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state;
  };
  return (list) => list.map((item) => ({ item, at: next() })).sort((a, b) => a.at - b.at).map(({ item }) => item); // biome-ignore format: one line
}

function build(of: Model, order: Order): unknown {
  const filled = (target: object, fields: Fields): object => {
    for (const [key, field] of order(fields)) {
      const value = build(field, order);
      Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return target;
  };
  const entered = (target: Map<unknown, unknown>, entries: ReadonlyArray<readonly [Model, Model]>): object => {
    for (const [key, value] of order(entries)) target.set(build(key, order), build(value, order));
    return target;
  };
  switch (of.kind) {
    case 'atom':
      return of.value;
    case 'date':
      return new Date(of.value);
    case 'number box':
    case 'string box':
      return Object(of.value);
    case 'url':
      return new URL(of.value);
    case 'regexp':
      return new RegExp(of.value, of.global ? 'g' : '');
    case 'bytes':
      return VIEWS[of.type]?.(of.value);
    case 'array':
      return of.items.map((item) => build(item, order));
    case 'sparse': {
      const array: unknown[] = new Array(of.items.length);
      for (const [index, item] of of.items.entries()) if (item !== undefined) array[index] = build(item, order);
      return array;
    }
    case 'object':
      return filled({}, of.fields);
    case 'bare':
      return filled(Object.create(null), of.fields);
    case 'cat':
      return filled(new Cat(), of.fields);
    case 'dog':
      return filled(new Dog(), of.fields);
    case 'error':
      return filled(new Error(of.value), of.fields);
    case 'set':
      return new Set(order(of.items).map((item) => build(item, order)));
    case 'map':
      return entered(new Map(), of.entries);
    case 'ledger':
      return entered(new Ledger(), of.entries);
  }
}

/** How many points of a model can be changed. */
function pointsOf(of: Model): number {
  const sum = (models: ReadonlyArray<Model | undefined>): number =>
    models.reduce((total, inner) => total + (inner === undefined ? 0 : pointsOf(inner)), 1);
  if ('items' in of) return sum(of.items);
  if ('fields' in of) return sum(of.fields.map(([, field]) => field));
  if ('entries' in of) return sum(of.entries.flat());
  return 1;
}

/** The model with its point number `at` changed into another value. */
function changed(of: Model, at: number): Model {
  if (at === 0) return changedHere(of);
  let left = at - 1;
  const inside = <T extends Model | undefined>(inner: T): T => {
    const points = inner === undefined ? 0 : pointsOf(inner);
    const here = left >= 0 && left < points;
    const result = here && inner !== undefined ? changed(inner, left) : inner;
    left -= points;
    return result as T;
  };
  if ('items' in of) return { ...of, items: of.items.map(inside) } as Model;
  if ('fields' in of) return { ...of, fields: of.fields.map(([key, field]) => [key, inside(field)] as const) };
  if ('entries' in of)
    return { ...of, entries: of.entries.map(([key, value]) => [inside(key), inside(value)] as const) };
  return of;
}

const EXTRA: Model = { kind: 'atom', value: 'an item that no random model has' };

function changedHere(of: Model): Model {
  switch (of.kind) {
    case 'atom':
      return changedAtom(of.value);
    case 'date':
      return { kind: 'date', value: Number.isNaN(of.value) ? 0 : of.value + 1 };
    case 'number box':
      return { kind: 'string box', value: String(of.value) };
    case 'string box':
      return { kind: 'atom', value: of.value };
    case 'url':
      return { kind: 'url', value: `${of.value}y` };
    case 'regexp':
      return { ...of, global: !of.global };
    case 'bytes':
      return of.value.length % 2 === 0
        ? { ...of, type: (of.type + 1) % VIEWS.length }
        : { ...of, value: [...of.value, 0] };
    case 'array':
      return of.items.length === 0 ? { kind: 'set', items: [] } : { ...of, items: of.items.slice(1) };
    case 'sparse':
      return { ...of, items: [...of.items, undefined] };
    case 'set':
      return { ...of, items: [...of.items, EXTRA] };
    case 'map':
      return { ...of, kind: 'ledger' };
    case 'ledger':
      return { ...of, entries: [...of.entries, [EXTRA, EXTRA]] };
    case 'cat':
      return { ...of, kind: 'dog' };
    case 'dog':
      return { ...of, kind: 'object' };
    case 'error':
      return { ...of, value: `${of.value}!` };
    default:
      return { ...of, fields: [...of.fields, ['a key that no random model has', { kind: 'atom', value: undefined }]] };
  }
}

function changedAtom(value: unknown): Model {
  switch (typeof value) {
    case 'string':
      return { kind: 'atom', value: value.length % 2 === 0 ? `${value}a` : value.slice(0, -1) };
    case 'number':
      return { kind: 'atom', value: Object.is(value, value + 1) ? 'x' : value + 1 };
    case 'bigint':
      return { kind: 'atom', value: Number(value) };
    case 'boolean':
      return { kind: 'atom', value: !value };
    default:
      return { kind: 'atom', value: value === null ? undefined : null };
  }
}

describe('Random values', () => {
  it('have the text of a deep copy whose keys, Maps and Sets were filled in another order', () => {
    fc.assert(
      fc.property(model, fc.integer({ min: 1 }), (of, seed) => {
        expect(encodeValue(build(of, shuffled(seed)))).toBe(encodeValue(build(of, asGiven)));
      }),
      { numRuns: RUNS },
    );
  });

  it('have another text than a copy changed in one point', () => {
    fc.assert(
      fc.property(model, fc.nat(), (of, point) => {
        const other = changed(of, point % pointsOf(of));
        expect(encodeValue(build(other, asGiven))).not.toBe(encodeValue(build(of, asGiven)));
      }),
      { numRuns: RUNS },
    );
  });

  it('have another text than the list of them cut elsewhere', () => {
    fc.assert(
      fc.property(fc.array(model, { minLength: 1, maxLength: 3 }), fc.nat(), (models, cut) => {
        const args = models.map((of) => build(of, asGiven));
        const at = cut % (args.length + 1);
        const lists = [args, [args], [args.slice(0, at), args.slice(at)], [...args, undefined], args.slice(1)];
        expect(new Set(lists.map(encodeArguments)).size).toBe(lists.length);
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it('that are strings have one text only if they are the same string', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.array(text, { maxLength: 4 }), (one, other) => {
        const same = one.length === other.length && one.every((item, index) => item === other[index]);
        expect(encodeArguments(one) === encodeArguments(other)).toBe(same);
        expect(encodeValue(new Set(one)) === encodeValue(new Set([...one].reverse()))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
