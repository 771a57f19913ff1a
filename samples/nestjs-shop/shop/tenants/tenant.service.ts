import { Injectable } from '@nestjs/common';
import { Task, taskInputHash } from 'flowpond';
import { Database } from '../database/database.js';

/** Who buys here. */
export interface Tenant {
  readonly name: string;
  /** In percent. */
  readonly discount: number;
}

@Injectable()
export class TenantService {
  constructor(private readonly database: Database) {}

  /** Only who is found is stored: what anybody makes up must not fill the cache. */
  @Task({
    cacheKeyFn: taskInputHash,
    cacheExpiration: '1m',
    cacheIf: (found: Tenant | undefined) => found !== undefined,
  })
  async find(name: string): Promise<Tenant | undefined> {
    return this.database.first<Tenant>('SELECT * FROM tenant WHERE name = ?', name);
  }
}
