import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { FlowpondHealthIndicator, FlowpondModule } from 'flowpond/nestjs';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly flowpond: FlowpondHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.flowpond.isHealthy('flowpond')]);
  }
}

@Module({ imports: [FlowpondModule.forRoot(), TerminusModule], controllers: [HealthController] })
export class AppModule {}
