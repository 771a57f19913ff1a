import { Type } from 'class-transformer';

/** What the shop sells. A state that comes from a file is one again, with its methods and its date. */
export class Product {
  readonly sku: string = '';
  readonly name: string = '';
  readonly category: string = '';
  @Type(() => Date) readonly added: Date = new Date(0);

  static of(row: {
    readonly sku: string;
    readonly name: string;
    readonly category: string;
    readonly added: string;
  }): Product {
    return Object.assign(new Product(), row, { added: new Date(row.added) });
  }

  title(): string {
    return `${this.name} (${this.sku})`;
  }
}
