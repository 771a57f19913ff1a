import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeValue } from '../../lib/keys/encode.js';
import { CorruptError, decodeData, encodeData } from '../../lib/stores/codec.js';
import { mutated, randomFrom } from './mutate.js';
import { graph, storable } from './random-values.js';

/** FLOWPOND_LONG=1 makes it many more. */
const LONG = process.env.FLOWPOND_LONG !== undefined;
const RUNS = LONG ? 100_000 : 2_000;
const MUTATIONS = LONG ? 1_000_000 : 10_000;

/** The names of keys in their order, all the way down. */
function keyOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (value instanceof Map) return [...value].map((entry) => entry.map(keyOrder));
  if (value instanceof Set) return [...value].map(keyOrder);
  return Object.entries(value).map(([key, inner]) => [key, keyOrder(inner)]);
}

describe('Random values', () => {
  it('come back as what they were', () => {
    fc.assert(
      fc.property(storable, (value) => {
        const back = decodeData(encodeData(value));
        expect(encodeValue(back)).toBe(encodeValue(value));
        expect(isDeepStrictEqual(back, value)).toBe(true);
        expect(keyOrder(back)).toEqual(keyOrder(value));
      }),
      { numRuns: RUNS },
    );
  });

  it('come back with the references between them', () => {
    fc.assert(
      fc.property(graph, (value) => {
        const back = decodeData(encodeData(value));
        expect(walked(back)).toEqual(walked(value));
      }),
      { numRuns: RUNS },
    );
  });

  it('have the same bytes each time they are written', () => {
    fc.assert(
      fc.property(storable, (value) => {
        const bytes = encodeData(value);
        expect(Buffer.compare(bytes, encodeData(value))).toBe(0);
        expect(Buffer.compare(bytes, encodeData(decodeData(bytes)))).toBe(0);
      }),
      { numRuns: RUNS / 5 },
    );
  });
});

/** The objects of a graph in the order of meeting, each as its links: the numbers of others. */
function walked(root: unknown): unknown[] {
  const numbers = new Map<unknown, number>([[root, 0]]);
  const links: unknown[] = [];
  const numberOf = (value: unknown): unknown => {
    if (typeof value !== 'object') return value;
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return `#${numbers.get(value)}`;
  };
  for (const [node] of numbers) {
    if (node instanceof Map) links.push(['map', ...[...node].flat().map(numberOf)]);
    else if (Array.isArray(node)) links.push(['array', ...node.map(numberOf)]);
    else
      links.push([
        'object',
        ...Object.entries(node as object)
          .flat()
          .map(numberOf),
      ]);
  }
  return links;
}

describe('Random bytes', () => {
  it('give a value or a CorruptError, change nothing that objects share, and end soon', () => {
    const random = randomFrom(7);
    const originals = fc.sample(storable, { numRuns: 200, seed: 7 }).map((value) => encodeData(value));
    const shared = Object.getOwnPropertyNames(Object.prototype);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutated(originals[i % originals.length] as Uint8Array, random);
      try {
        decodeData(bytes);
      } catch (error) {
        if (!(error instanceof CorruptError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 2);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(shared);
    expect(Object.getPrototypeOf(Object.prototype)).toBeNull();
  }, 600_000);
});
