import { basename } from 'node:path';
import { Flow, getRunLogger, Task, taskInputHash } from 'flowpond';
import { type Day, type Extremes, greatest, isComplete, type Month, parseDays, summarize } from './days.js';
import { Source } from './source.js';
import { table } from './table.js';

/** A year of Seattle's weather. Each task is cached by its inputs, and passes on only what the next ones need. */
export class WeatherService {
  @Flow({ logPrints: true })
  async weatherReport(file: string, year: number, ranks = 3): Promise<string> {
    const source = await Source.read(file); // no task: the file must be looked at every time
    console.log(`${basename(file)} has the digest ${source.digest.slice(0, 8)}`);
    const rows = this.load(source);
    const days = this.clean(rows, year);
    return this.report(year, this.monthly(days), this.extremes(days, ranks));
  }

  @Task({ cacheKeyFn: taskInputHash })
  load(source: Source): readonly Day[] {
    return parseDays(source.text);
  }

  @Task({ cacheKeyFn: taskInputHash })
  clean(rows: readonly Day[], year: number): readonly Day[] {
    const ofYear = rows.filter(({ date }) => date.startsWith(`${year}-`));
    for (const { date } of ofYear.filter((day) => !isComplete(day))) {
      getRunLogger().warn(`${date} is left out: a value is missing or impossible`);
    }
    return ofYear.filter(isComplete);
  }

  @Task({ cacheKeyFn: taskInputHash })
  monthly(days: readonly Day[]): readonly Month[] {
    const months = new Set(days.map(({ date }) => date.slice(5, 7)));
    return [...months].map((month) =>
      summarize(
        month,
        days.filter(({ date }) => date.slice(5, 7) === month),
      ),
    );
  }

  @Task({ cacheKeyFn: taskInputHash })
  extremes(days: readonly Day[], ranks: number): Extremes {
    return {
      hottest: greatest(ranks, days, ({ high }) => high),
      coldest: greatest(ranks, days, ({ low }) => -low),
      wettest: greatest(ranks, days, ({ precipitation }) => precipitation),
    };
  }

  @Task({ cacheKeyFn: taskInputHash })
  report(year: number, months: readonly Month[], extremes: Extremes): string {
    return table(`${year}`, months, extremes);
  }
}
