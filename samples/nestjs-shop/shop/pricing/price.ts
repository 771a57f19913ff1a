import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';

/** What a tenant pays. */
export class Price {
  @ApiProperty() readonly sku: string = '';
  @ApiProperty({ example: 'acme' }) readonly tenant: string = '';
  @ApiProperty() readonly cents: number = 0;
  /** When the supplier said what it rests on. */
  @ApiProperty() @Type(() => Date) readonly quoted: Date = new Date(0);
}

/** Margin and discount in percent. */
export function centsFor(offered: number, margin: number, discount: number): number {
  return Math.round((offered * (100 + margin) * (100 - discount)) / 10_000);
}
