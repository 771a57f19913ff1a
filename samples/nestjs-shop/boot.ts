// What Flowpond adds to the start of the shop, imports aside: `npm run sample:shop:boot`.
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { FlowInterceptor, FlowpondModule } from 'flowpond/nestjs';
import { ShopModule } from './shop/shop.module.js';

const BOOTS = 15;
const shop = ShopModule.forRoot({ supplierUrl: 'http://nobody.invalid' });

@Module({
  imports: [FlowpondModule.forRoot(), shop],
  providers: [{ provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
})
class ShopWithFlowpond {}

/** Milliseconds until it could take requests. */
async function boot(module: DynamicModule | typeof ShopWithFlowpond): Promise<number> {
  const began = performance.now();
  const app = await NestFactory.create(module, { logger: false });
  await app.init();
  const took = performance.now() - began;
  await app.close();
  return took;
}

const took = { without: [] as number[], with: [] as number[] };
for (let left = BOOTS; left > 0; left--) {
  took.without.push(await boot(shop));
  took.with.push(await boot(ShopWithFlowpond));
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const line = (what: string, values: readonly number[]): string =>
  `${what.padEnd(20)} ${median(values).toFixed(1).padStart(6)} ms, the first ${(values[0] ?? 0).toFixed(1)} ms`;
console.log(`Median of ${BOOTS} boots each, alternating`);
console.log(line('without Flowpond', took.without));
console.log(line('with it', took.with));
console.log(`${'it adds'.padEnd(20)} ${(median(took.with) - median(took.without)).toFixed(1).padStart(6)} ms`);
