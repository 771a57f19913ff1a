import { CacheModule } from '@nestjs/cache-manager';
import type { INestApplication } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AppModule } from '../shop/app.module.js';
import { CatalogueService } from '../shop/catalogue/catalogue.service.js';
import { PricingService } from '../shop/pricing/pricing.service.js';
import { SupplierClient } from '../shop/pricing/supplier.client.js';
import type { Settings } from '../shop/settings.js';
import { TenantService } from '../shop/tenants/tenant.service.js';
import {
  CachedCatalogue,
  CachedPricing,
  CachedSupplier,
  CachedTenants,
  TenantCacheInterceptor,
} from './cache-manager.js';

const off = (settings: Settings) => AppModule.forRoot({ ...settings, pond: { caching: 'off' } });

/** The shop with what is compared. All have `FlowInterceptor`, which carries the tenant, and keep what they keep in memory. */
export const VARIANTS: Readonly<Record<string, (settings: Settings) => Promise<INestApplication>>> = {
  'no caching': (settings) => made(Test.createTestingModule({ imports: [off(settings)] })),
  Flowpond: (settings) => made(Test.createTestingModule({ imports: [AppModule.forRoot(settings)] })),
  CacheInterceptor: (settings) =>
    made(
      Test.createTestingModule({
        imports: [off(settings), CacheModule.register({ ttl: 2_000 })],
        providers: [{ provide: APP_INTERCEPTOR, useClass: TenantCacheInterceptor }],
      }),
    ),
  'CACHE_MANAGER.wrap': (settings) =>
    made(
      Test.createTestingModule({ imports: [off(settings), CacheModule.register({ isGlobal: true })] })
        .overrideProvider(TenantService)
        .useClass(CachedTenants)
        .overrideProvider(CatalogueService)
        .useClass(CachedCatalogue)
        .overrideProvider(SupplierClient)
        .useClass(CachedSupplier)
        .overrideProvider(PricingService)
        .useClass(CachedPricing),
    ),
};

async function made(builder: ReturnType<typeof Test.createTestingModule>): Promise<INestApplication> {
  return (await builder.compile()).createNestApplication({ logger: ['warn', 'error'] });
}
