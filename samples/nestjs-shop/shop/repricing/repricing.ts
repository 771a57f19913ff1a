import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

/** Which night is meant. Default: today's. */
export class Night {
  @ApiPropertyOptional({ example: '2026-01-01' })
  @Matches(/^\d{4}-\d\d-\d\d$/)
  @IsOptional()
  readonly day?: string;
}

/** What a nightly run has done. */
export class Repricing {
  @ApiProperty({ example: '2026-01-01' }) readonly day: string;
  @ApiProperty({ type: Number }) repriced = 0;
  /** Done by an earlier run of the same night. */
  @ApiProperty({ type: Number }) doneBefore = 0;
  @ApiProperty({ type: [String] }) readonly failed: string[] = [];

  constructor(day: string) {
    this.day = day;
  }
}
