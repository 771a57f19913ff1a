import { afterEach, describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Inject, Injectable, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  Args,
  Field,
  GraphQLModule,
  ID,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { firstValueFrom, lastValueFrom, of, toArray } from 'rxjs';
import { WebSocket } from 'ws';
import { getFlowRunContext, Pond, Task, taskInputHash } from '../../lib/index.js';
import { FlowInterceptor, FlowpondModule } from '../../lib/nestjs/index.js';
import { served, started, until } from './applications.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

@Injectable()
class Pricing {
  runs = 0;
  @Task({ cacheKeyFn: taskInputHash })
  async quote(sku: string) {
    return `${sku} ${++this.runs}`;
  }
}

describe('a GraphQL resolver', () => {
  @ObjectType()
  class Product {
    @Field(() => ID)
    sku = '';
    @Field(() => String)
    price: string | undefined;
    @Field(() => String)
    flow = '';
  }

  @Resolver(() => Product)
  class Products {
    constructor(@Inject(Pricing) readonly pricing: Pricing) {}

    @Query(() => Product)
    async product(@Args('sku', { type: () => ID }) sku: string): Promise<Product> {
      await this.pricing.quote(sku);
      return { sku, price: undefined, flow: getFlowRunContext().flow.name };
    }

    @Mutation(() => Product)
    async rename(@Args('sku', { type: () => ID }) sku: string): Promise<Product> {
      return { sku, price: undefined, flow: getFlowRunContext().flow.name };
    }

    @Query(() => Product)
    async broken(): Promise<Product> {
      throw new Error('broken');
    }

    @ResolveField(() => String)
    async price(@Parent() product: Product) {
      return this.pricing.quote(product.sku);
    }
  }

  const schema = (adapter: string, fieldResolvers: boolean) => ({
    imports: [
      FlowpondModule.forRoot({ logLevel: 'silent', values: (context) => ({ asked: context.getType<string>() }) }),
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        // Fastify's request does not know its reply, which has the headers; express's does.
        ...(adapter === 'fastify' ? { context: (req: unknown, reply: unknown) => ({ req, reply }) } : {}),
        fieldResolverEnhancers: fieldResolvers ? ['interceptors'] : [],
      }),
    ],
    providers: [Pricing, Products, { provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
  });

  it.each(['express', 'fastify'] as const)('has a flow run for each field asked for, with %s', async (adapter) => {
    const server = await served(adapter, schema(adapter, false));
    const post = async (query: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await server.ask('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
      return { ...answer, json: JSON.parse(answer.body) };
    };
    const one = await post('{ product(sku: "A1") { flow } }');
    expect(one.json.data).toEqual({ product: { flow: 'Query.product' } });
    expect([one.headers['x-cache'], one.headers['x-flow-run']]).toEqual([
      'HIT 0, MISS 1',
      expect.stringMatching(/^\w+-\w+$/),
    ]);
    const two = await post('{ a: product(sku: "A1") { flow } b: product(sku: "B1") { flow } }');
    expect(two.headers['x-cache']).toBe('HIT 1, MISS 1');
    expect(two.headers['x-flow-run']).toMatch(/^\w+-\w+, \w+-\w+$/);
    const fields = Array.from({ length: 20 }, (_, index) => `f${index}: product(sku: "A1") { flow }`);
    const many = await post(`{ ${fields.join(' ')} }`);
    expect(many.headers['x-cache']).toBe('HIT 20, MISS 0');
    expect(many.headers['x-flow-run']).toMatch(/^(\w+-\w+, ){16}\+4$/);
    expect((await post('mutation { rename(sku: "A1") { flow } }')).json.data.rename.flow).toBe('Mutation.rename');
    const broken = await post('{ broken { flow } }');
    expect(broken.json.errors[0].message).toBe('broken');
    expect(broken.headers['x-cache']).toBe('HIT 0, MISS 0');
  });

  it('has runs for field resolvers where Nest is told to intercept them', async () => {
    const server = await served('express', schema('express', true));
    const answer = await server.ask('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ product(sku: "A1") { price } }' }),
    });
    expect(JSON.parse(answer.body).data).toEqual({ product: { price: 'A1 1' } });
    expect(answer.headers['x-cache']).toBe('HIT 1, MISS 1');
    expect(server.app.get(Pond).stats().flowRuns).toBe(2);
  });
});

describe('a microservice', () => {
  const events: string[] = [];

  @Controller()
  @UseInterceptors(FlowInterceptor)
  class Handlers {
    constructor(@Inject(Pricing) readonly pricing: Pricing) {}

    @MessagePattern('quote')
    async quote(@Payload() sku: string) {
      const { flow, values } = getFlowRunContext();
      return [flow.name, values, await this.pricing.quote(sku)];
    }

    @MessagePattern({ cmd: 'many' })
    many() {
      return of(1, 2, getFlowRunContext().flow.name);
    }

    @MessagePattern('refused')
    async refused() {
      throw new RpcException('not today');
    }

    @EventPattern('ordered')
    async ordered(@Payload() sku: string, @Ctx() _context: unknown) {
      events.push(`${getFlowRunContext().flow.name} ${sku}`);
    }
  }

  it('has a flow run for each message and event, named by its pattern', async () => {
    const app = await started({
      imports: [
        FlowpondModule.forRoot({
          logLevel: 'silent',
          values: (context) => ({ payload: context.switchToRpc().getData() }),
        }),
      ],
      providers: [Pricing],
      controllers: [Handlers],
    });
    const service = app.createNestMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
    await service.listen();
    closers.push(() => service.close());
    const { port } = (
      service as unknown as { serverInstance: { server: { address(): { port: number } } } }
    ).serverInstance.server.address();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    closers.push(() => client.close());
    expect(await firstValueFrom(client.send('quote', 'A1'))).toEqual(['message quote', { payload: 'A1' }, 'A1 1']);
    expect(await firstValueFrom(client.send('quote', 'A1'))).toEqual(['message quote', { payload: 'A1' }, 'A1 1']);
    expect(await lastValueFrom(client.send({ cmd: 'many' }, {}).pipe(toArray()))).toEqual([
      1,
      2,
      'message {"cmd":"many"}',
    ]);
    await expect(firstValueFrom(client.send('refused', {}))).rejects.toMatchObject({ message: 'not today' });
    await lastValueFrom(client.emit('ordered', 'B1'), { defaultValue: undefined });
    await until(() => events.length > 0);
    expect(events).toEqual(['event ordered B1']);
  });
});

describe('a WebSocket gateway', () => {
  @WebSocketGateway()
  @UseInterceptors(FlowInterceptor)
  class Gateway {
    constructor(@Inject(Pricing) readonly pricing: Pricing) {}

    @SubscribeMessage('quote')
    async quote(@MessageBody() sku: string) {
      return { event: 'quoted', data: [getFlowRunContext().flow.name, await this.pricing.quote(sku)] };
    }

    @SubscribeMessage('refused')
    async refused() {
      throw new WsException('not today');
    }
  }

  it('has a flow run for each message', async () => {
    const server = await served(
      'express',
      { imports: [FlowpondModule.forRoot({ logLevel: 'silent' })], providers: [Pricing, Gateway] },
      (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    );
    const socket = new WebSocket((await server.app.getUrl()).replace('http', 'ws'));
    closers.push(() => socket.close());
    await new Promise((resolve) => socket.once('open', resolve));
    const ask = async (event: string, data: unknown): Promise<unknown> => {
      const answer = new Promise((resolve) => socket.once('message', (text) => resolve(JSON.parse(String(text)))));
      socket.send(JSON.stringify({ event, data }));
      return answer;
    };
    expect(await ask('quote', 'A1')).toEqual({ event: 'quoted', data: ['ws quote', 'A1 1'] });
    expect(await ask('quote', 'A1')).toEqual({ event: 'quoted', data: ['ws quote', 'A1 1'] });
    expect(await ask('refused', {})).toMatchObject({ event: 'exception', data: { message: 'not today' } });
    expect(server.app.get(Pond).stats()).toMatchObject({ hits: 1, misses: 1, flowRuns: 3 });
  });
});
