import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiConflictResponse, ApiCreatedResponse, ApiNotFoundResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CatalogueService } from './catalogue.service.js';
import { NewProduct, ProductQuery, ProductView } from './product.dto.js';

@ApiTags('catalogue')
@Controller('products')
export class CatalogueController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get()
  @ApiOkResponse({ type: [ProductView] })
  async list(@Query() { category }: ProductQuery): Promise<ProductView[]> {
    return (await this.catalogue.list(category)).map((product) => new ProductView(product));
  }

  @Get(':sku')
  @ApiOkResponse({ type: ProductView })
  @ApiNotFoundResponse()
  async find(@Param('sku') sku: string): Promise<ProductView> {
    return new ProductView(await this.catalogue.find(sku));
  }

  @Post()
  @ApiCreatedResponse({ type: ProductView })
  @ApiConflictResponse()
  async add(@Body() product: NewProduct): Promise<ProductView> {
    return new ProductView(await this.catalogue.add(product));
  }
}
