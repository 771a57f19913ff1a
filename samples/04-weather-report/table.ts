import type { Day, Extremes, Month } from './days.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LABEL = 11;

/** The report as text; up to five ranks fit into 80 columns. */
export function table(title: string, months: readonly Month[], { hottest, coldest, wettest }: Extremes): string {
  const headings = ['mean °C', 'low °C', 'high °C', 'precip. mm', 'wet days'];
  const monthLine = (label: string, cells: readonly string[]): string =>
    label.padEnd(LABEL) + cells.map((cell, column) => cell.padStart((headings[column]?.length ?? 0) + 3)).join('');
  const extremesLine = (label: string, days: readonly Day[], value: (day: Day) => number): string =>
    label.padEnd(LABEL) + days.map((day) => `${fixed(value(day)).padStart(6)} ${shortDate(day)}`).join(' ');
  return [
    monthLine(title, headings),
    ...months.map((m) =>
      monthLine(monthName(m.month), [
        fixed(m.mean),
        fixed(m.low),
        fixed(m.high),
        fixed(m.precipitation),
        `${m.wetDays}`,
      ]),
    ),
    extremesLine('hottest °C', hottest, ({ high }) => high),
    extremesLine('coldest °C', coldest, ({ low }) => low),
    extremesLine('wettest mm', wettest, ({ precipitation }) => precipitation),
  ].join('\n');
}

/** `19 Jul`. */
function shortDate({ date }: Day): string {
  return `${date.slice(8)} ${monthName(date.slice(5, 7))}`;
}

function monthName(month: string): string {
  return MONTHS[Number(month) - 1] ?? month;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
