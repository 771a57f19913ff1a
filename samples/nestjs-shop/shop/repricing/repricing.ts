import { ApiProperty } from '@nestjs/swagger';

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
