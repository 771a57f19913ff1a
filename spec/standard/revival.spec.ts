import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { type LineShape, type ReportShape, refusalOf, reviveInBothDialects } from '../stores/revival-cases.js';

class Line implements LineShape {
  amount!: number;
  at!: Date;

  doubled(): number {
    return 2 * this.amount;
  }
}

class Report implements ReportShape {
  id!: string;
  when!: Date;
  lines!: Line[];
  best: Line | undefined;
  byId!: Map<string, Line>;
  all!: Set<Line>;
  days!: Set<Date>;
  bytes!: Uint8Array;
  home!: URL;
  failure!: Error;
  total!: bigint;
  holes!: unknown[];
  bare!: object;

  sum(): number {
    return this.lines.reduce((sum, line) => sum + line.amount, 0);
  }
}

Type(() => Date)(Report.prototype, 'when');
for (const field of ['lines', 'best', 'byId', 'all']) Type(() => Line)(Report.prototype, field);

describe('Revival with standard decorators', () => {
  reviveInBothDialects({ Report, Line });

  it('is not declared by decorators: those of class-transformer throw', () => {
    expect(() => {
      class Broken {
        // @ts-expect-error they are of the older dialect
        @Type(() => Date) when!: Date;
      }
      return Broken;
    }).toThrow(TypeError);
  });

  it('says how to declare a class instead', () => {
    class Order {
      line = Object.assign(new Line(), { amount: 1 });
    }
    expect(refusalOf(new Order(), () => Order).message).toContain(
      "or Type(() => Line)(Order.prototype, 'line') in standard decorators",
    );
    Type(() => Line)(Order.prototype, 'line');
    expect(() => refusalOf(new Order(), () => Order)).toThrow('it was not refused');
  });
});
