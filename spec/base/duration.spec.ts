import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Duration, formatMs, nonNegativeDuration, positiveDuration } from '../../lib/base/duration.js';
import { InvalidOptionsError } from '../../lib/base/errors.js';

const ms = (duration: unknown): number => positiveDuration(duration, 'Weather.fetch', 'timeout');
const msOrZero = (duration: unknown): number => nonNegativeDuration(duration, 'Weather.fetch', 'retryDelay');

/** What `Temporal.Duration` looks like from outside: no own keys, accessors on the prototype, a tag. */
class TemporalLike {
  static fields = new WeakMap<TemporalLike, Record<string, number>>();
  constructor(fields: Record<string, number>) {
    TemporalLike.fields.set(this, fields);
  }
  #field(name: string): number {
    return TemporalLike.fields.get(this)?.[name] ?? 0;
  }
  get years(): number {
    return this.#field('years');
  }
  get months(): number {
    return this.#field('months');
  }
  get weeks(): number {
    return this.#field('weeks');
  }
  get days(): number {
    return this.#field('days');
  }
  get [Symbol.toStringTag](): string {
    return 'Temporal.Duration';
  }
  total({ unit }: { unit: string }): number {
    if (unit !== 'millisecond') throw new RangeError(unit);
    return this.days * 86_400_000 + this.#field('minutes') * 60_000;
  }
}

describe('a duration', () => {
  it.each<[Duration, number]>([
    [250, 250],
    [0.5, 0.5],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['250ms', 250],
    ['20s', 20_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['2h30m', 9_000_000],
    ['1h2m3s', 3_723_000],
    ['1d', 86_400_000],
    [{ minutes: 1 }, 60_000],
    [{ days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }, 90_061_001],
    [{ minutes: 1, seconds: -30 }, 30_000],
  ])('of %j is %d milliseconds', (duration, expected) => {
    expect(ms(duration)).toBe(expected);
  });

  it('has no rounding dust from decimal fractions', () => {
    expect(1.005 * 1_000).not.toBe(1_005);
    expect(ms('1.005s')).toBe(1_005);
    expect(ms({ seconds: 1.005 })).toBe(1_005);
  });

  it('may be a Temporal.Duration of days and less', () => {
    expect(ms(new TemporalLike({ days: 1, minutes: 2 }))).toBe(86_520_000);
  });

  it.each(['weeks', 'months', 'years'])('of Temporal %s is refused', (unit) => {
    expect(() => ms(new TemporalLike({ [unit]: 1, days: 1 }))).toThrow(InvalidOptionsError);
  });

  it('may be parts from another realm or without a prototype', () => {
    expect(ms(structuredClone({ minutes: 1 }))).toBe(60_000);
    expect(ms(Object.assign(Object.create(null), { minutes: 1 }))).toBe(60_000);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -1,
    '',
    '20',
    's',
    '20 s',
    ' 20s',
    '20s\n',
    '-20s',
    '+20s',
    '1e3ms',
    '.5s',
    '1.s',
    '20S',
    '20sec',
    '1h30',
    '٣s',
    `${'9'.repeat(400)}s`,
    '1s'.repeat(33),
    null,
    undefined,
    true,
    20n,
    Symbol('20s'),
    () => 20,
    [],
    [20],
    new Date(20),
    new Map([['minutes', 1]]),
    Object(20),
    {},
    { minute: 1 },
    { minutes: '1' },
    { minutes: undefined },
    { minutes: Number.NaN },
    { minutes: Number.POSITIVE_INFINITY },
    { days: Number.POSITIVE_INFINITY, hours: Number.NEGATIVE_INFINITY },
    { minutes: 1, seconds: -61 },
    { minutes: 1, extra: 0 },
    { toString: 1 },
    JSON.parse('{"__proto__":1}'),
    JSON.parse('{"constructor":1}'),
  ])('of %p is refused, zero allowed or not', (value) => {
    expect(() => ms(value)).toThrow(InvalidOptionsError);
    expect(() => msOrZero(value)).toThrow(InvalidOptionsError);
  });

  it.each([0, -0, '0s', '0h0m', { seconds: 0 }, { minutes: 1, seconds: -60 }])(
    'of %p is refused only where it must be positive',
    (value) => {
      expect(() => ms(value)).toThrow(InvalidOptionsError);
      expect(msOrZero(value)).toBeCloseTo(0, 10);
    },
  );

  it('that is refused says where, which option, what was given and what to do', () => {
    expect(() => ms('20 seconds')).toThrow(
      new InvalidOptionsError({
        where: 'Weather.fetch',
        option: 'timeout',
        value: '20 seconds',
        problem: 'must be a positive, finite duration',
        remedy: "Give milliseconds, '20s', '2h30m' or { minutes: 1 }; leave the option out for none.",
      }),
    );
    expect(() => ms('20 seconds')).toThrow(/^Weather\.fetch: option `timeout` must be .* \(got '20 seconds'\)\. Give /);
    expect(() => msOrZero(-1)).toThrow(
      /^Weather\.fetch: option `retryDelay` must be .* zero or more \(got -1\)\. Give /,
    );
  });

  it('adds up: the text of any parts means the same as the parts', () => {
    const amount = fc.nat({ max: 10_000 });
    const parts = fc.record(
      { days: amount, hours: amount, minutes: amount, seconds: amount, milliseconds: amount },
      { requiredKeys: [] },
    );
    const units = { days: 'd', hours: 'h', minutes: 'm', seconds: 's', milliseconds: 'ms' } as const;
    fc.assert(
      fc.property(parts, (given) => {
        const names = Object.keys(given) as (keyof typeof units)[];
        fc.pre(names.length > 0);
        const text = names.map((name) => `${given[name]}${units[name]}`).join('');
        expect(msOrZero(text)).toBe(msOrZero(given));
      }),
    );
  });

  it('reads any number of milliseconds back from its own text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (value) => {
        expect(ms(`${value}ms`)).toBe(value);
        expect(ms(`${Math.floor(value / 1_000)}.${String(value % 1_000).padStart(3, '0')}s`)).toBe(value);
        expect(ms(value)).toBe(value);
      }),
    );
  });

  it('is either positive and finite or refused, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.string(), fc.double(), fc.stringMatching(/^[\d.]{1,4}[msdh]{1,2}$/)),
        (value) => {
          try {
            const read = ms(value);
            expect(read > 0 && Number.isFinite(read)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidOptionsError);
          }
        },
      ),
    );
  });
});

describe('a polluted Object.prototype', () => {
  const polluted = Object.prototype as unknown as Record<PropertyKey, unknown>;

  afterEach(() => {
    delete polluted.minutes;
    delete polluted.fortnights;
    delete polluted[Symbol.toStringTag];
  });

  it('adds no part to a duration', () => {
    polluted.minutes = 5;
    expect(ms({ seconds: 1 })).toBe(1_000);
    expect(() => ms({})).toThrow(InvalidOptionsError);
  });

  it('adds no unit', () => {
    polluted.fortnights = 1_209_600_000;
    expect(() => ms(JSON.parse('{"fortnights":1}'))).toThrow(InvalidOptionsError);
  });

  it('does not pass off parts as a Temporal.Duration', () => {
    polluted[Symbol.toStringTag] = 'Temporal.Duration';
    expect(ms({ seconds: 1 })).toBe(1_000);
    expect(() => ms({})).toThrow(InvalidOptionsError);
  });
});

describe('formatMs', () => {
  it.each<[number, string]>([
    [0, '0ms'],
    [0.4, '0ms'],
    [350, '350ms'],
    [999, '999ms'],
    [999.4, '999ms'],
    [999.5, '1.00s'],
    [999.999, '1.00s'],
    [1_000, '1.00s'],
    [5_000, '5.00s'],
    [59_994, '59.99s'],
    [59_995, '1m'],
    [59_999, '1m'],
    [60_000, '1m'],
    [61_000, '1m 1s'],
    [125_000, '2m 5s'],
    [119_999, '2m'],
    [3_599_499, '59m 59s'],
    [3_599_500, '1h'],
    [3_599_999, '1h'],
    [3_600_000, '1h'],
    [11_400_000, '3h 10m'],
    [86_369_999, '23h 59m'],
    [86_370_000, '1d'],
    [86_399_000, '1d'],
    [86_399_999, '1d'],
    [86_400_000, '1d'],
    [187_200_000, '2d 4h'],
    [31_536_000_000, '365d'],
  ])('shows %d as %s', (value, expected) => {
    expect(formatMs(value)).toBe(expected);
  });

  it('never shows a unit that is full, and is off by no more than its smallest unit allows', () => {
    const full: Readonly<Record<string, number>> = { ms: 1_000, s: 60, m: 60, h: 24, d: Number.POSITIVE_INFINITY };
    const one: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const value = fc.oneof(
      fc.double({ min: 0, max: 10 ** 9, noNaN: true }),
      fc
        .tuple(
          fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
          fc.nat(40),
          fc.integer({ min: -2_000, max: 2_000 }),
        )
        .map(([unit, times, off]) => Math.max(0, unit * times + off)),
    );
    fc.assert(
      fc.property(value, (given) => {
        const shown = formatMs(given);
        const parts = [...shown.matchAll(/([\d.]+)(ms|s|m|h|d)/g)].map(([, amount, unit]) => ({
          amount: Number(amount),
          unit: unit as string,
        }));
        expect(
          parts.map(({ amount, unit }) => `${shown.includes('.') ? amount.toFixed(2) : amount}${unit}`).join(' '),
        ).toBe(shown);
        for (const { amount, unit } of parts) expect(amount).toBeLessThan(full[unit] as number);
        const total = parts.reduce((sum, { amount, unit }) => sum + amount * (one[unit] as number), 0);
        const exactness =
          given < 999.5
            ? 0.5
            : given < 59_995
              ? 5.001
              : given < 3_599_500
                ? 500
                : given < 86_370_000
                  ? 30_000
                  : 1_800_000;
        expect(Math.abs(total - given)).toBeLessThanOrEqual(exactness);
      }),
      { numRuns: 1_000 },
    );
  });
});
