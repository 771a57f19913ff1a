import { Body, Controller, Get, HttpCode, Param, Put, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiNotFoundResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { TenantGuard } from '../tenants/tenant.guard.js';
import { Margin } from './margin.dto.js';
import { Price } from './price.js';
import { PricingService } from './pricing.service.js';

@ApiTags('pricing')
@Controller('products/:sku')
export class PricingController {
  constructor(private readonly pricing: PricingService) {}

  @Get('price')
  @UseGuards(TenantGuard)
  @ApiHeader({ name: 'x-tenant', required: true, example: 'acme' })
  @ApiOkResponse({ type: Price })
  @ApiNotFoundResponse()
  price(@Param('sku') sku: string): Promise<Price> {
    return this.pricing.price(sku);
  }

  @Put('margin')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  setMargin(@Param('sku') sku: string, @Body() { percent }: Margin): Promise<void> {
    return this.pricing.setMargin(sku, percent);
  }
}
