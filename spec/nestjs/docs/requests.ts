import { Controller, type ExecutionContext, Get, Injectable, Module, Param } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { getRunContext, perFlowRun, Task, taskInputHash } from 'flowpond';
import { FlowInterceptor, FlowpondModule } from 'flowpond/nestjs';

@Injectable()
export class Catalogue {
  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
  async product(id: string): Promise<string> {
    return `${getRunContext().values.tenant} ${id}`;
  }

  @Task({ cacheKeyFn: perFlowRun() })
  async permissions(): Promise<string[]> {
    return [`read:${getRunContext().values.user}`];
  }
}

@Controller('catalogue')
export class CatalogueController {
  constructor(private readonly catalogue: Catalogue) {}

  @Get(':id')
  async get(@Param('id') id: string) {
    const permissions = await this.catalogue.permissions();
    return { product: await this.catalogue.product(id), permissions };
  }
}

@Module({
  imports: [
    FlowpondModule.forRoot({
      values: (context: ExecutionContext) => {
        const { headers } = context.switchToHttp().getRequest();
        return { tenant: headers['x-tenant'], user: headers['x-user'] };
      },
    }),
  ],
  providers: [Catalogue, { provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
  controllers: [CatalogueController],
})
export class AppModule {}
