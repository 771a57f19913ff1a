// The shop with @nestjs/cache-manager in Flowpond's place, in the two ways that its documentation shows.
import { CACHE_MANAGER, type Cache, CacheInterceptor } from '@nestjs/cache-manager';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { getRunContext } from 'flowpond';
import { CatalogueService } from '../shop/catalogue/catalogue.service.js';
import type { NewProduct } from '../shop/catalogue/product.dto.js';
import type { Product } from '../shop/catalogue/product.js';
import { Database } from '../shop/database/database.js';
import type { Offer } from '../shop/pricing/offer.js';
import type { Price } from '../shop/pricing/price.js';
import { PricingService } from '../shop/pricing/pricing.service.js';
import { SupplierClient } from '../shop/pricing/supplier.client.js';
import { Settings } from '../shop/settings.js';
import { type Tenant, TenantService } from '../shop/tenants/tenant.service.js';

/** Whole answers, by URL; and by tenant, or one would be shown the price of the other. */
@Injectable()
export class TenantCacheInterceptor extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | null | undefined {
    const key = super.trackBy(context);
    return key && `${context.switchToHttp().getRequest().headers['x-tenant'] ?? ''} ${key}`;
  }
}

@Injectable()
export class CachedTenants extends TenantService {
  constructor(
    database: Database,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {
    super(database);
  }

  override find(name: string): Promise<Tenant | undefined> {
    return this.cache.wrap(`tenant:${name}`, () => super.find(name), 60_000);
  }
}

@Injectable()
export class CachedCatalogue extends CatalogueService {
  constructor(
    database: Database,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {
    super(database);
  }

  override find(sku: string): Promise<Product> {
    return this.cache.wrap(`product:${sku}`, () => super.find(sku));
  }

  override list(category?: string): Promise<Product[]> {
    return this.cache.wrap(`list:${category}`, () => super.list(category));
  }

  override async add(product: NewProduct): Promise<Product> {
    const added = await super.add(product);
    await this.cache.mdel([`list:${product.category}`, 'list:undefined']);
    return added;
  }
}

@Injectable()
export class CachedSupplier extends SupplierClient {
  constructor(
    settings: Settings,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {
    super(settings);
  }

  override offer(sku: string): Promise<Offer> {
    return this.cache.wrap(`offer:${sku}`, () => super.offer(sku), 5_000);
  }
}

@Injectable()
export class CachedPricing extends PricingService {
  constructor(
    database: Database,
    supplier: SupplierClient,
    tenants: TenantService,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {
    super(database, supplier, tenants);
  }

  override price(sku: string): Promise<Price> {
    return this.cache.wrap(`price:${getRunContext().values.tenant}:${sku}`, () => super.price(sku), 2_000);
  }

  override async setMargin(sku: string, percent: number): Promise<void> {
    await super.setMargin(sku, percent);
    await this.cache.mdel(['acme', 'globex'].map((tenant) => `price:${tenant}:${sku}`)); // it has no tags
  }
}
