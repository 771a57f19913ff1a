import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import { Night, Repricing } from './repricing.js';
import { RepricingService } from './repricing.service.js';

@ApiTags('repricing')
@Controller('repricing')
export class RepricingController {
  constructor(private readonly repricing: RepricingService) {}

  @Post()
  @ApiCreatedResponse({ type: Repricing })
  run(@Body() { day }: Night): Promise<Repricing> {
    return this.repricing.nightly(day);
  }
}
