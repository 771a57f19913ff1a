import { Injectable, Module } from '@nestjs/common';
import { Pond } from 'flowpond';
import { FlowpondModule } from 'flowpond/nestjs';
import { sqliteStore } from 'flowpond/sqlite';

@Injectable()
export class Config {
  readonly path = process.env.STATES ?? 'data/states.db';
}

@Module({ providers: [Config], exports: [Config] })
export class ConfigModule {}

@Module({
  imports: [
    FlowpondModule.forRootAsync({
      imports: [ConfigModule],
      inject: [Config],
      useFactory: (config: Config) => ({ store: sqliteStore({ path: config.path }), logLevel: 'info' }),
    }),
  ],
})
export class AppModule {}

@Injectable()
export class Report {
  constructor(private readonly pond: Pond) {}

  hitRate(): number {
    return this.pond.stats().hitRate;
  }
}
