import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** A price change. */
export class Margin {
  @ApiProperty({ description: 'On top of what the supplier asks, in percent', minimum: 0, maximum: 500 })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(500)
  readonly percent: number = 0;
}
