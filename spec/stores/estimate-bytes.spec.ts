import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { estimateBytes } from '../../lib/stores/estimate-bytes.js';
import { cpuTimeOf } from '../base/cpu-time.js';

describe('the estimate of bytes', () => {
  it('grows with strings, arrays, objects, maps, sets and buffers', () => {
    const pairs: [unknown, unknown][] = [
      ['x', 'x'.repeat(1_000)],
      [[], new Array(1_000).fill(0)],
      [{}, Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key ${i}`, i]))],
      [new Map(), new Map(Array.from({ length: 1_000 }, (_, i) => [i, i]))],
      [new Set(), new Set(Array.from({ length: 1_000 }, (_, i) => i))],
      [Buffer.alloc(0), Buffer.alloc(1_000)],
      [new ArrayBuffer(0), new ArrayBuffer(1_000)],
      [new Float64Array(0), new Float64Array(125)],
    ];
    for (const [small, large] of pairs) expect(estimateBytes(large) - estimateBytes(small)).toBeGreaterThanOrEqual(999);
  });

  it('counts what is met twice once, and ends on a cycle', () => {
    const text = { text: 'x'.repeat(1_000) };
    expect(estimateBytes([text, text]) - estimateBytes([text])).toBeLessThan(100);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(estimateBytes(cyclic)).toBeLessThan(200);
  });

  it.each<[string, unknown, number]>([
    ['a long array', new Array(3_000_000).fill(1.5), 3_000_000 * 8],
    ['a large map', new Map(Array.from({ length: 300_000 }, (_, i) => [i, i])), 300_000 * 40],
    ['many rows', Array.from({ length: 100_000 }, (_, id) => ({ id, name: `name ${id}` })), 100_000 * 100],
    ['a large set', new Set(Array.from({ length: 300_000 }, (_, i) => i)), 300_000 * 32],
    ['a wide object', Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i])), 100_000 * 20],
  ])('of %s is found from its beginning, within a factor of three', (_, value, expected) => {
    let bytes = 0;
    const spent = cpuTimeOf(() => {
      bytes = estimateBytes(value);
    });
    expect(spent).toBeLessThan(5_000);
    expect(bytes / expected).toBeGreaterThan(0.33);
    expect(bytes / expected).toBeLessThan(3);
  });

  it('does not walk through holes', () => {
    const sparse: number[] = [];
    sparse[4_000_000_000] = 1;
    const spent = cpuTimeOf(() => {
      estimateBytes(sparse);
      estimateBytes(new Array(4_000_000_000));
    });
    expect(spent).toBeLessThan(5_000);
  });

  it('runs none of the value’s own code', () => {
    const ran: string[] = [];
    class Loud extends Map<string, number> {
      override get size(): number {
        ran.push('size');
        return 1;
      }
      override entries(): never {
        throw ran.push('entries');
      }
      override [Symbol.iterator](): never {
        throw ran.push('iterator');
      }
    }
    const proxy = new Proxy({}, { ownKeys: () => [`${ran.push('trap')}`], get: () => ran.push('trap') });
    const getter = {
      get lazy() {
        return ran.push('getter');
      },
    };
    expect(estimateBytes([new Loud(), proxy, getter])).toBeGreaterThan(0);
    expect(ran).toEqual([]);
  });

  it('is a positive, finite number for anything', () => {
    fc.assert(
      fc.property(
        fc.anything({ withMap: true, withSet: true, withTypedArray: true, withBigInt: true, withSparseArray: true }),
        (value) => {
          const bytes = estimateBytes(value);
          expect(bytes).toBeGreaterThan(0);
          expect(Number.isFinite(bytes)).toBe(true);
        },
      ),
    );
  });
});
