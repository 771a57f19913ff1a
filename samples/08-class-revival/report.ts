import 'reflect-metadata'; // class-transformer's decorators need it
import { Type } from 'class-transformer';
import { Task, taskInputHash } from 'flowpond';

export class Line {
  sku = '';
  cents = 0;
}

export class Report {
  month = '';
  @Type(() => Date) due = new Date(0);
  @Type(() => Line) lines: Line[] = [];

  total(): string {
    return (this.lines.reduce((sum, { cents }) => sum + cents, 0) / 100).toFixed(2);
  }
}

/** Looks like a report to store, but nothing says what `line` is. */
class Receipt {
  line = new Line();
}

export class ReportService {
  @Task({ cacheKeyFn: taskInputHash, returns: () => Report })
  async monthly(month: string): Promise<Report> {
    const lines = [
      Object.assign(new Line(), { sku: 'A1', cents: 250 }),
      Object.assign(new Line(), { sku: 'B2', cents: 1_999 }),
    ];
    return Object.assign(new Report(), { month, due: new Date(`${month}-28`), lines });
  }

  @Task({ cacheKeyFn: taskInputHash, returns: () => Receipt })
  async receipt(): Promise<Receipt> {
    return new Receipt();
  }
}
