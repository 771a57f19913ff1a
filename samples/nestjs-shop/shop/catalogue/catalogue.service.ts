import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Invalidates, Task, taskInputHash } from 'flowpond';
import { Database } from '../database/database.js';
import type { NewProduct } from './product.dto.js';
import { Product } from './product.js';

type Row = Parameters<typeof Product.of>[0];

@Injectable()
export class CatalogueService {
  constructor(private readonly database: Database) {}

  /** What throws is not stored: a product that is not there now may be later. */
  @Task({ cacheKeyFn: taskInputHash, returns: () => Product })
  async find(sku: string): Promise<Product> {
    const row = this.database.first<Row>('SELECT * FROM product WHERE sku = ?', sku);
    if (row === undefined) throw new NotFoundException(`There is no product ${sku}.`);
    return Product.of(row);
  }

  @Task({ cacheKeyFn: taskInputHash, returns: () => [Product] })
  async list(category?: string): Promise<Product[]> {
    const rows =
      category === undefined
        ? this.database.all<Row>('SELECT * FROM product')
        : this.database.all<Row>('SELECT * FROM product WHERE category = ?', category);
    return rows.map(Product.of);
  }

  @Invalidates({ task: 'list' })
  async add({ sku, name, category }: NewProduct): Promise<Product> {
    const added = this.database.change(
      "INSERT OR IGNORE INTO product VALUES (?, ?, ?, date('now'))",
      sku,
      name,
      category,
    );
    if (added === 0) throw new ConflictException(`There is a product ${sku} already.`);
    this.database.change('INSERT INTO margin VALUES (?, 30)', sku);
    return this.find(sku);
  }
}
