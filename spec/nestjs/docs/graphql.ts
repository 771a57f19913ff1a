import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Args, GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { Task, taskInputHash } from 'flowpond';
import { FlowInterceptor, FlowpondModule } from 'flowpond/nestjs';

@Injectable()
export class Prices {
  @Task({ cacheKeyFn: taskInputHash })
  async price(sku: string): Promise<number> {
    return sku.length;
  }
}

@Resolver()
export class PricesResolver {
  constructor(private readonly prices: Prices) {}

  @Query(() => Number)
  async price(@Args('sku') sku: string): Promise<number> {
    return this.prices.price(sku);
  }
}

@Module({
  imports: [
    FlowpondModule.forRoot({ values: (context) => ({ user: context.getArgByIndex(2).req.headers['x-user'] }) }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      // Only Fastify needs this line: its request does not know the reply, which has the headers.
      context: (req: unknown, reply: unknown) => ({ req, reply }),
    }),
  ],
  providers: [Prices, PricesResolver, { provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
})
export class AppModule {}
