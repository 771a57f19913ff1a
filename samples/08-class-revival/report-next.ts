import 'reflect-metadata';
import { Type } from 'class-transformer';
import { Task, taskInputHash } from 'flowpond';

/** The report as it is in the next version of the program: a due date and a currency, and no lines. */
export class Report {
  month = '';
  currency = 'EUR';
  @Type(() => Date) due = new Date(0);
}

export class ReportService {
  @Task({ cacheKeyFn: taskInputHash, returns: () => Report })
  async monthly(month: string): Promise<Report> {
    return Object.assign(new Report(), { month, due: new Date(`${month}-28`) });
  }
}
