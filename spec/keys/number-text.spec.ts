import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commaNumber } from '../../lib/keys/number-text.js';

const RUNS = process.env.FLOWPOND_LONG === undefined ? 10_000 : 100_000;

function expectText(value: number): void {
  expect(commaNumber(value)).toBe(`,${String(value)}`);
}

describe('the text of a number', () => {
  it('is what String gives, for any number', () => {
    fc.assert(fc.property(fc.oneof(fc.double(), fc.integer(), fc.float()), expectText), { numRuns: RUNS });
  });

  it('is what String gives, for numbers of a few decimals and their nearest neighbours', () => {
    const neighbour = fc.constantFrom(-1n, 0n, 1n);
    const decimal = fc.tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.constantFrom(1, 10, 100, 1_000, 10_000));
    fc.assert(
      fc.property(decimal, neighbour, ([digits, scale], step) => expectText(next(digits / scale, step))),
      { numRuns: RUNS },
    );
  });

  it('is what String gives where its ready parts begin and end', () => {
    const edges = [
      0,
      0.0004,
      0.0005,
      0.001,
      0.999,
      0.9995,
      1,
      999,
      999.999,
      1_000,
      1_000.001,
      1e9 - 0.001,
      1e9,
      1e9 + 0.5,
    ];
    for (const edge of edges) {
      for (const step of [-1n, 0n, 1n]) expectText(next(edge, step));
      expectText(-edge);
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53])
      expectText(value);
    for (let thousandths = 0; thousandths < 3_000; thousandths++) expectText(thousandths / 1_000);
  });

  it('is one for 0 and -0', () => {
    expect(commaNumber(-0)).toBe(',0');
  });
});

/** The number so many representable steps further. */
function next(value: number, steps: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + steps);
  return value === 0 && steps < 0n ? 0 : view.getFloat64(0);
}
