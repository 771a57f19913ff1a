import { Injectable, Module } from '@nestjs/common';
import { Task, taskInputHash } from 'flowpond';
import { FlowpondModule } from 'flowpond/nestjs';

@Injectable()
export class Pricing {
  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m' })
  async quote(sku: string): Promise<number> {
    return askTheSupplier(sku);
  }
}

@Module({ imports: [FlowpondModule.forRoot()], providers: [Pricing] })
export class AppModule {}

export let asked = 0;

async function askTheSupplier(sku: string): Promise<number> {
  asked++;
  return sku.length;
}
