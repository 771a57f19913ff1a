import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite'; // from Node 22.13 on: node:sqlite
import { Settings } from '../settings.js';
import { seed } from './seed.js';

type Value = string | number | null;

/** The shop's own data, in SQLite. */
@Injectable()
export class Database implements OnApplicationShutdown {
  /** Statements since the start. */
  statements = 0;
  readonly #connection;
  readonly #prepared = new Map<string, StatementSyncInstance>();

  constructor({ folder }: Settings) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.#connection = new DatabaseSync(folder === undefined ? ':memory:' : join(folder, 'shop.db'));
    seed(this.#connection);
  }

  /** The first row, if there is one. */
  first<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** How many rows it changed. */
  change(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  onApplicationShutdown(): void {
    this.#connection.close();
  }

  #statement(sql: string): StatementSyncInstance {
    this.statements++;
    const statement = this.#prepared.get(sql) ?? this.#connection.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
