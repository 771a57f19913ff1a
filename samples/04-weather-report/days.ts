/** One day's measurements: degrees Celsius, and millimetres of rain and melted snow. A missing value is NaN. */
export interface Day {
  /** Such as `2015-07-19`. */
  readonly date: string;
  readonly precipitation: number;
  readonly high: number;
  readonly low: number;
}

export interface Month {
  /** `01` to `12`. */
  readonly month: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly precipitation: number;
  /** Days with a millimetre or more. */
  readonly wetDays: number;
}

export interface Extremes {
  readonly hottest: readonly Day[];
  readonly coldest: readonly Day[];
  readonly wettest: readonly Day[];
}

/** Reads lines of `date,precipitation,temp_max,temp_min,…`; the first is the heading. */
export function parseDays(csv: string): Day[] {
  const lines = csv.trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [date = '', precipitation, high, low] = line.split(',');
    return { date, precipitation: measured(precipitation), high: measured(high), low: measured(low) };
  });
}

/** Whether every value is there, and they can be true together. */
export function isComplete({ precipitation, high, low }: Day): boolean {
  return precipitation >= 0 && high >= low;
}

export function summarize(month: string, days: readonly Day[]): Month {
  const sum = (value: (day: Day) => number): number => days.reduce((total, day) => total + value(day), 0);
  return {
    month,
    mean: sum(({ high, low }) => (high + low) / 2) / days.length,
    low: Math.min(...days.map(({ low }) => low)),
    high: Math.max(...days.map(({ high }) => high)),
    precipitation: sum(({ precipitation }) => precipitation),
    wetDays: days.filter(({ precipitation }) => precipitation >= 1).length,
  };
}

/** The days with the greatest values, greatest first; of equals the earlier. */
export function greatest(count: number, days: readonly Day[], value: (day: Day) => number): Day[] {
  return [...days].sort((a, b) => value(b) - value(a)).slice(0, count);
}

function measured(text = ''): number {
  return text === '' ? Number.NaN : Number(text);
}
