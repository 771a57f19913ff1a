import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { memoryStore, type StateStore, tieredStore } from 'flowpond';
import { FlowInterceptor, FlowpondModule } from 'flowpond/nestjs';
import { sqliteStore } from 'flowpond/sqlite';
import { HealthController } from './health/health.controller.js';
import type { Settings } from './settings.js';
import { ShopModule } from './shop.module.js';
import { valuesOf } from './tenants/tenant.guard.js';

/** The shop with its pond: all that an application adds to have its tasks cached, its requests be flow runs, and its health told. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest imports a class
export class AppModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        FlowpondModule.forRoot({ store: storeOf(settings), values: valuesOf, ...settings.pond }),
        ShopModule.forRoot(settings),
        TerminusModule,
      ],
      controllers: [HealthController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
    };
  }
}

function storeOf({ folder }: Settings): StateStore {
  if (folder === undefined) return memoryStore();
  return tieredStore(memoryStore(), sqliteStore({ path: join(folder, 'states.db') }));
}
