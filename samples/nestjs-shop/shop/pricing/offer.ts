import { Type } from 'class-transformer';

/** What the supplier asked for an article, and when. */
export class Offer {
  readonly sku: string = '';
  readonly cents: number = 0;
  readonly stock: number = 0;
  @Type(() => Date) readonly quoted: Date = new Date(0);

  isPlenty(): boolean {
    return this.stock > 350;
  }
}
