import { isDeepStrictEqual } from 'node:util';
import { expect, it } from '@jest/globals';
import { RevivalError } from '../../lib/index.js';
import { decodeData, encodeData } from '../../lib/stores/codec.js';
import type { Plain } from '../../lib/stores/plain.js';
import { Plain as PlainData } from '../../lib/stores/plain.js';
import { type Returns, revive, toPlain } from '../../lib/stores/revival.js';
import { Undecodable } from '../../lib/stores/undecodable.js';

/** What every report is asked; how its nested classes were declared differs from dialect to dialect. */
export interface ReportShape {
  id: string;
  when: Date;
  lines: LineShape[];
  best: LineShape | undefined;
  byId: Map<string, LineShape>;
  all: Set<LineShape>;
  days: Set<Date>;
  bytes: Uint8Array;
  home: URL;
  failure: Error;
  total: bigint;
  holes: unknown[];
  bare: object;
  sum(): number;
}

export interface LineShape {
  amount: number;
  at: Date;
  doubled(): number;
}

export interface ReportClasses {
  readonly Report: new () => ReportShape;
  readonly Line: new () => LineShape;
}

/** As through a store: what is written and read again, in another process. */
export function stored(plain: Plain): PlainData {
  return new PlainData(plain.seal, decodeData(encodeData(plain.data)));
}

export function throughStore<T>(value: T, returns: Returns): T {
  const revived = revive(stored(toPlain(value, returns)), returns);
  if (revived instanceof Undecodable) throw new Error(revived.detail);
  return revived.value as T;
}

export function refusalOf(value: unknown, returns: Returns): RevivalError {
  try {
    toPlain(value, returns);
  } catch (error) {
    if (error instanceof RevivalError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

export function undecodableOf(plain: unknown, returns: Returns): string {
  const revived = revive(plain, returns);
  if (!(revived instanceof Undecodable)) throw new Error('it was revived');
  expect(revived.reason).toBe('undecodable');
  return revived.detail;
}

/** What holds in both dialects. */
export function reviveInBothDialects({ Report, Line }: ReportClasses): void {
  const lineOf = (amount: number): LineShape => Object.assign(new Line(), { amount, at: new Date(amount) });
  const reportOf = (id: string): ReportShape => {
    const lines = [lineOf(1), lineOf(2)];
    return Object.assign(new Report(), {
      id,
      when: new Date(1_790_000_000_000),
      lines,
      best: lineOf(3),
      byId: new Map([['a', lineOf(4)]]),
      all: new Set([lineOf(5), lineOf(6)]),
      days: new Set([new Date(7)]),
      bytes: new Uint8Array([1, 2, 3]),
      home: new URL('https://example.com/x'),
      failure: new RangeError('deep'),
      total: 12n,
      holes: Object.assign(new Array(3), { 1: 'x' }),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
    });
  };

  it('brings an instance back with its methods, nested classes, dates and all that plain data keeps', () => {
    const report = reportOf('r1');
    const back = throughStore(report, () => Report);
    expect(isDeepStrictEqual(back, report)).toBe(true);
    expect(back).toBeInstanceOf(Report);
    expect(back.sum()).toBe(3);
    expect(back.best?.doubled()).toBe(6);
    expect([...back.byId.values(), ...back.all].map((line) => line.doubled())).toEqual([8, 10, 12]);
    expect(back.when.getTime()).toBe(1_790_000_000_000);
    expect(back.home.host).toBe('example.com');
    expect(back.failure).toBeInstanceOf(RangeError);
    expect(Object.keys(back.holes)).toEqual(['1']);
  });

  it('brings arrays of them back', () => {
    const back = throughStore([reportOf('a'), reportOf('b')], () => [Report]);
    expect(back.map((report) => [report.id, report.sum()])).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
    expect(throughStore([], () => [Report])).toEqual([]);
  });

  it('brings back what is no instance as it is', () => {
    for (const value of [null, undefined, 0, 'none', false, Number.NaN])
      expect(throughStore(value, () => Report)).toBe(value);
  });

  it('leaves the original alone', () => {
    const report = reportOf('r1');
    const same = reportOf('r1');
    toPlain(report, () => Report);
    expect(isDeepStrictEqual(report, same)).toBe(true);
  });

  it('gives a new object each time', () => {
    const plain = toPlain(reportOf('r1'), () => Report);
    const [first, second] = [revive(stored(plain), () => Report), revive(stored(plain), () => Report)] as Array<{
      value: ReportShape;
    }>;
    expect(first?.value).not.toBe(second?.value);
    expect(first?.value.lines[0]).not.toBe(second?.value.lines[0]);
    expect(first?.value.bytes).not.toBe(second?.value.bytes);
  });
}
