import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { memoryStore, type StateStore, Task, taskInputHash } from '../../lib/index.js';
import {
  FlowpondHealthIndicator,
  FlowpondModule,
  type FlowpondModuleOptions,
  NestSetupError,
} from '../../lib/nestjs/index.js';
import { redisStore } from '../../lib/redis/index.js';
import { chaosStore, fakeClock } from '../../lib/testing/index.js';
import { served, started } from './applications.js';

@Injectable()
class Pricing {
  @Task({ cacheKeyFn: taskInputHash })
  async quote(sku: string) {
    return sku;
  }
}

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) readonly health: HealthCheckService,
    @Inject(FlowpondHealthIndicator) readonly flowpond: FlowpondHealthIndicator,
    @Inject(Pricing) readonly pricing: Pricing,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.flowpond.isHealthy()]);
  }

  @Get('quote')
  quote() {
    return this.pricing.quote('A1');
  }
}

const shop = (options: FlowpondModuleOptions) => ({
  imports: [FlowpondModule.forRoot({ logLevel: 'silent', ...options }), TerminusModule],
  providers: [Pricing],
  controllers: [HealthController],
});

describe('the health of an application', () => {
  it('is up with stores that answer', async () => {
    const server = await served('express', shop({ stores: { reports: named('reports') } }));
    const answer = await server.ask('/health');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      200,
      { status: 'ok', details: { flowpond: { status: 'up', stores: { memory: 'up', reports: 'up' } } } },
    ]);
  });

  it('is degraded with a store that is down from the start: the application runs', async () => {
    const store = chaosStore(memoryStore(), { fail: 1 });
    const server = await served('express', shop({ store }));
    const answer = await server.ask('/health');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      200,
      { status: 'degraded', details: { flowpond: { status: 'degraded', stores: { memory: 'down' } } } },
    ]);
    expect((await server.ask('/quote')).body).toBe('A1');
    store.change();
    expect(JSON.parse((await server.ask('/health')).body).status).toBe('ok');
  });

  it('is degraded with a Redis that nobody answers for, and says nothing of its address', async () => {
    const store = redisStore({ url: 'redis://user:secret@127.0.0.1:1' });
    const server = await served('express', shop({ store, storeTimeout: 200 }));
    const answer = await server.ask('/health');
    expect(JSON.parse(answer.body).details.flowpond).toEqual({ status: 'degraded', stores: { [store.name]: 'down' } });
    expect(answer.body).not.toMatch(/secret|127/);
    expect((await server.ask('/quote')).body).toBe('A1');
  });

  it('is down where tasks are to fail without their store', async () => {
    const store = chaosStore(memoryStore(), { fail: 1 });
    const server = await served('express', shop({ store, onStoreError: 'fail' }));
    const answer = await server.ask('/health');
    expect([answer.status, JSON.parse(answer.body).error]).toMatchObject([503, { flowpond: { status: 'down' } }]);
  });

  it('waits for a store no longer than its deadline', async () => {
    const store = chaosStore(memoryStore(), { hang: 1 });
    const clock = fakeClock();
    const app = await started(shop({ store, storeTimeout: 30, clock }));
    let told: unknown;
    void (async () => {
      told = await app.get(FlowpondHealthIndicator).isHealthy();
    })();
    await clock.advance('29ms');
    expect(told).toBeUndefined();
    await clock.advance('1ms');
    expect(told).toMatchObject({ flowpond: { status: 'degraded' } });
    store.change();
  });

  it('leaves no timer behind once its stores have answered', async () => {
    const clock = fakeClock();
    const app = await started(shop({ store: memoryStore(), clock }));
    const before = clock.timers;
    const health = app.get(FlowpondHealthIndicator).isHealthy();
    expect(clock.timers).toBe(before + 1);
    expect(await health).toMatchObject({ flowpond: { status: 'up' } });
    expect(clock.timers).toBe(before);
  });

  it('hears a store that has answered while the process stood still', async () => {
    const get = () => new Promise<undefined>((resolve) => setImmediate(resolve, undefined)); // comes after late timers, as sockets do
    const store = Object.assign(memoryStore(), { get });
    const app = await started(shop({ store, storeTimeout: 20 }));
    const health = app.get(FlowpondHealthIndicator).isHealthy();
    const began = performance.now();
    while (performance.now() - began < 60);
    expect(await health).toEqual({ flowpond: { status: 'up', stores: { memory: 'up' } } });
  });

  it('is asked for by key and pond, and for stores of one name together', async () => {
    const broken = chaosStore(memoryStore(), { fail: 1 });
    const app = await started({
      imports: [
        FlowpondModule.forRoot(),
        FlowpondModule.forRoot({
          name: 'reports',
          store: memoryStore(),
          stores: { more: broken, most: memoryStore() },
        }),
      ],
    });
    const health = app.get(FlowpondHealthIndicator);
    expect(await health.isHealthy('cache')).toEqual({ cache: { status: 'up', stores: { memory: 'up' } } });
    expect(await health.isHealthy('reports', { pond: 'reports' })).toEqual({
      reports: { status: 'degraded', stores: { memory: 'down' } },
    });
    await expect(health.isHealthy('x', { pond: 'nobody' })).rejects.toThrow(NestSetupError);
    await expect(health.isHealthy('x', { pond: 'nobody' })).rejects.toThrow(
      /It has the default pond, the pond 'reports'/,
    );
  });
});

function named(name: string): StateStore {
  return Object.defineProperty(memoryStore(), 'name', { value: name });
}
