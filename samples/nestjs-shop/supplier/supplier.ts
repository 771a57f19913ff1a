import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, Param, ServiceUnavailableException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** What the supplier is like today. */
@Injectable()
export class SupplierDesk {
  latencyMs = 100;
  /** How much more than usual everything costs, in percent. */
  surcharge = 0;
  /** Whether nothing is answered, or what is not. */
  down: boolean | ReadonlySet<string> = false;
  /** Requests since the start. */
  calls = 0;

  async offer(sku: string): Promise<{ readonly sku: string; readonly cents: number; readonly stock: number }> {
    this.calls++;
    await sleep(this.latencyMs, undefined, { ref: false }); // its server keeps the process, this does not
    const isDown = typeof this.down === 'boolean' ? this.down : this.down.has(sku);
    if (isDown) throw new ServiceUnavailableException(`Nobody knows what ${sku} costs.`);
    return { sku, cents: Math.round(usualCents(sku) * (1 + this.surcharge / 100)), stock: usualCents(sku) % 700 };
  }
}

/** `P007` costs 10.70. */
export function usualCents(sku: string): number {
  return 1_000 + Number(sku.replaceAll(/\D/g, '')) * 10;
}

@Controller('offers')
class OfferController {
  constructor(private readonly desk: SupplierDesk) {}

  @Get(':sku')
  offer(@Param('sku') sku: string) {
    return this.desk.offer(sku);
  }
}

@Module({ providers: [SupplierDesk], controllers: [OfferController] })
class SupplierModule {}

/** The supplier's API: somebody else's application, slow, and at times down. */
export interface Supplier {
  readonly url: string;
  readonly desk: SupplierDesk;
  close(): Promise<void>;
}

/** Starts it on a free port of loopback. */
export async function startSupplier(): Promise<Supplier> {
  const app = await NestFactory.create(SupplierModule, { logger: ['warn', 'error'], forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, desk: app.get(SupplierDesk), close: () => app.close() };
}
