import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { CatalogueService } from './catalogue/catalogue.service.js';
import { Database } from './database/database.js';
import { PricingController } from './pricing/pricing.controller.js';
import { PricingService } from './pricing/pricing.service.js';
import { SupplierClient } from './pricing/supplier.client.js';
import { RepricingController } from './repricing/repricing.controller.js';
import { RepricingService } from './repricing/repricing.service.js';
import { Settings } from './settings.js';
import { TenantService } from './tenants/tenant.service.js';

/** The shop itself. Nothing here says what is cached: that stands on the methods. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest imports a class
export class ShopModule {
  static forRoot(settings: Settings): DynamicModule {
    const { nightly = true } = settings;
    return {
      module: ShopModule,
      imports: [ScheduleModule.forRoot({ cronJobs: nightly })],
      controllers: [CatalogueController, PricingController, RepricingController],
      providers: [
        { provide: Settings, useValue: settings },
        Database,
        TenantService,
        CatalogueService,
        SupplierClient,
        PricingService,
        RepricingService,
      ],
    };
  }
}
