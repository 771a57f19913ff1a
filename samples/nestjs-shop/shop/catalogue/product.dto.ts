import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import type { Product } from './product.js';

const trimmed = ({ value }: { readonly value: unknown }): unknown => (typeof value === 'string' ? value.trim() : value);
const lower = ({ value }: { readonly value: unknown }): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value;

/** What a new product is made of. */
export class NewProduct {
  @ApiProperty({ example: 'P201' })
  @Matches(/^P\d{3,6}$/)
  readonly sku: string = '';

  @ApiProperty({ example: 'Kettle 201' })
  @Transform(trimmed)
  @IsString()
  @IsNotEmpty()
  @MaxLength(80)
  readonly name: string = '';

  @ApiProperty({ example: 'kettles' })
  @Transform(lower)
  @Matches(/^[a-z]{1,20}$/)
  readonly category: string = '';
}

/** What a list is asked for by: transformed before it is a key, so that `Mugs` and `mugs` are one list. */
export class ProductQuery {
  @ApiPropertyOptional({ example: 'mugs' })
  @Transform(lower)
  @Matches(/^[a-z]{1,20}$/)
  @IsOptional()
  readonly category?: string;
}

/** A product as the API shows it. */
export class ProductView {
  @ApiProperty() readonly sku: string;
  @ApiProperty() readonly title: string;
  @ApiProperty() readonly category: string;
  @ApiProperty() readonly added: Date;

  constructor(product: Product) {
    this.sku = product.sku;
    this.title = product.title();
    this.category = product.category;
    this.added = product.added;
  }
}
