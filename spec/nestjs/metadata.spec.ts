import { describe, expect, it } from '@jest/globals';
import { CACHE_MANAGER, CacheInterceptor, CacheKey, CacheModule, CacheTTL } from '@nestjs/cache-manager';
import {
  type ArgumentMetadata,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Inject,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Post,
  Query,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { ApiOperation, ApiProperty, ApiQuery, ApiResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { map } from 'rxjs';
import { Flow, getFlowRunContext, Pond, Task, taskInputHash } from '../../lib/index.js';
import { FlowpondModule } from '../../lib/nestjs/index.js';
import { served, started, until } from './applications.js';

const Roles = Reflector.createDecorator<string[]>();

@Injectable()
class RolesGuard implements CanActivate {
  constructor(@Inject(Reflector) readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.get(Roles, context.getHandler());
    return roles?.includes(context.switchToHttp().getRequest().headers.role) ?? false;
  }
}

@Injectable()
class Shout implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((value) => ({ ...value, shout: true })));
  }
}

@Injectable()
class Upper implements PipeTransform {
  transform(value: unknown, { type, data }: ArgumentMetadata) {
    return type === 'query' && data === 'sku' ? String(value).toUpperCase() : value;
  }
}

class Quote {
  @ApiProperty({ type: String })
  sku = '';
}

const key = { cacheKeyFn: taskInputHash };

/** Everything that Nest and its packages write on a method, with our decorator above all of it, below it, and between. */
@Controller()
@UseInterceptors(CacheInterceptor)
class Shop {
  runs = 0;

  @Task(key)
  @Get('above/:days')
  @HttpCode(202)
  @Header('x-shop', 'yes')
  @UseGuards(RolesGuard)
  @Roles(['admin'])
  @UseInterceptors(Shout)
  @UsePipes(Upper)
  @ApiOperation({ summary: 'Quote it' })
  @ApiQuery({ name: 'sku', description: 'The article' })
  @ApiResponse({ status: 202, type: Quote })
  async above(@Param('days', ParseIntPipe) days: number, @Query('sku') sku: string) {
    return { sku, days, type: typeof days, runs: ++this.runs };
  }

  @Get('below/:days')
  @HttpCode(202)
  @Header('x-shop', 'yes')
  @UseGuards(RolesGuard)
  @Roles(['admin'])
  @UseInterceptors(Shout)
  @UsePipes(Upper)
  @ApiOperation({ summary: 'Quote it' })
  @ApiQuery({ name: 'sku', description: 'The article' })
  @ApiResponse({ status: 202, type: Quote })
  @Task(key)
  async below(@Param('days', ParseIntPipe) days: number, @Query('sku') sku: string) {
    return { sku, days, type: typeof days, runs: ++this.runs };
  }

  @Get('between/:days')
  @HttpCode(202)
  @Header('x-shop', 'yes')
  @Flow()
  @UseGuards(RolesGuard)
  @Roles(['admin'])
  @UseInterceptors(Shout)
  @Task(key)
  @UsePipes(Upper)
  @ApiOperation({ summary: 'Quote it' })
  @ApiQuery({ name: 'sku', description: 'The article' })
  @ApiResponse({ status: 202, type: Quote })
  async between(@Param('days', ParseIntPipe) days: number, @Query('sku') sku: string) {
    return { sku, days, type: typeof days, runs: ++this.runs };
  }

  @Task()
  @Get('kept/above')
  @CacheKey('kept above')
  @CacheTTL(60_000)
  async keptAbove() {
    return { runs: ++this.runs };
  }

  @Get('kept/below')
  @CacheKey('kept below')
  @CacheTTL(60_000)
  @Task()
  async keptBelow() {
    return { runs: ++this.runs };
  }

  @Post('sync')
  @Task(key)
  sync() {
    return { runs: ++this.runs };
  }
}

describe.each(['express', 'fastify'] as const)('a controller with %s', (adapter) => {
  const shop = {
    imports: [FlowpondModule.forRoot(), CacheModule.register()],
    providers: [RolesGuard],
    controllers: [Shop],
  };

  it.each(['above', 'between', 'below'])(
    'keeps route, guard, pipes, interceptors and answer of a method %s ours',
    async (place) => {
      const server = await served(adapter, shop);
      const path = `/${place}/3?sku=a1`;
      expect((await server.ask(path)).status).toBe(403);
      const allowed = { headers: { role: 'admin' } };
      expect((await server.ask(`/${place}/x?sku=a1`, allowed)).status).toBe(400);
      const answer = await server.ask(path, allowed);
      expect([answer.status, answer.headers['x-shop']]).toEqual([202, 'yes']);
      expect(JSON.parse(answer.body)).toEqual({ sku: 'A1', days: 3, type: 'number', runs: 1, shout: true });
      await server.app.get<{ clear(): Promise<unknown> }>(CACHE_MANAGER).clear();
      expect(JSON.parse((await server.ask(path, allowed)).body).runs).toBe(1);
      expect(server.app.get(Pond).stats().hits).toBe(1);
    },
  );

  it('keeps what cache-manager reads', async () => {
    const server = await served(adapter, shop);
    const cache = server.app.get<{ get(key: string): Promise<unknown>; ttl(key: string): Promise<number> }>(
      CACHE_MANAGER,
    );
    for (const place of ['above', 'below']) {
      const first = await server.ask(`/kept/${place}`);
      expect((await server.ask(`/kept/${place}`)).body).toBe(first.body);
      expect(await cache.get(`kept ${place}`)).toEqual(JSON.parse(first.body));
      expect((await cache.ttl(`kept ${place}`)) - Date.now()).toBeGreaterThan(50_000);
    }
  });

  it('keeps a synchronous handler synchronous', async () => {
    const server = await served(adapter, shop);
    await server.ask('/sync', { method: 'POST' });
    expect(JSON.parse((await server.ask('/sync', { method: 'POST' })).body)).toEqual({ runs: 1 });
    expect(server.app.get(Shop).sync()).toEqual({ runs: 1 });
  });

  it('is described by Swagger as without us', async () => {
    const server = await served(adapter, shop);
    const document = SwaggerModule.createDocument(server.app, new DocumentBuilder().build());
    const [above, below, between] = ['above', 'below', 'between'].map(
      (place) => document.paths[`/${place}/{days}`]?.get,
    );
    expect(above).toMatchObject({
      summary: 'Quote it',
      operationId: 'Shop_above',
      parameters: [
        expect.objectContaining({ name: 'days', in: 'path', schema: { type: 'number' } }),
        expect.objectContaining({ name: 'sku', description: 'The article', in: 'query', schema: { type: 'string' } }),
      ],
      responses: { 202: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Quote' } } } } },
    });
    expect(below).toEqual({ ...above, operationId: 'Shop_below' });
    expect(between).toEqual({ ...above, operationId: 'Shop_between' });
  });
});

describe('what calls a provider by itself', () => {
  @Injectable()
  class Nightly {
    readonly seen: string[] = [];

    @Flow()
    @Cron('0 0 3 1 1 *', { name: 'above' })
    async above() {
      this.seen.push(`above ${getFlowRunContext().flow.name}`);
    }

    @Cron('0 0 3 1 1 *', { name: 'below' })
    @Flow({ name: 'nightly' })
    async below() {
      this.seen.push(`below ${getFlowRunContext().flow.name}`);
    }

    @Timeout(1)
    @Flow({ name: 'once' })
    async soon() {
      this.seen.push(`timeout ${getFlowRunContext().flow.name}`);
    }

    @Flow()
    @OnEvent('ordered')
    async aboveEvent({ sku }: { sku: string }) {
      this.seen.push(`${getFlowRunContext().flow.name} ${sku}`);
    }

    @OnEvent('ordered')
    @Task(key)
    async belowEvent({ sku }: { sku: string }) {
      this.seen.push(`belowEvent ${sku}`);
    }
  }

  it('finds its jobs and listeners, which run in the pond', async () => {
    const app = await started({
      imports: [FlowpondModule.forRoot(), ScheduleModule.forRoot(), EventEmitterModule.forRoot()],
      providers: [Nightly],
    });
    const nightly = app.get(Nightly);
    const jobs = app.get(SchedulerRegistry).getCronJobs();
    for (const name of ['above', 'below']) await jobs.get(name)?.fireOnTick();
    const events = app.get(EventEmitter2);
    await events.emitAsync('ordered', { sku: 'A1' });
    await events.emitAsync('ordered', { sku: 'A1' });
    await until(() => nightly.seen.some((one) => one.startsWith('timeout')));
    expect(nightly.seen.sort()).toEqual([
      'above above',
      'aboveEvent A1',
      'aboveEvent A1',
      'below nightly',
      'belowEvent A1',
      'timeout once',
    ]);
    expect(app.get(Pond).stats()).toMatchObject({ flowRuns: 5, hits: 1, misses: 1 });
  });
});

it('Nest’s own discovery finds a decorated method by its metadata', async () => {
  const Tagged = DiscoveryService.createDecorator<string>();
  @Injectable()
  class Discovered {
    @Task()
    @Tagged('above')
    async above() {}
    @Tagged('below')
    @Task()
    async below() {}
  }
  const app = await started({
    imports: [FlowpondModule.forRoot()],
    providers: [Discovered, Reflector],
  });
  const reflector = app.get(Reflector);
  const one = app.get(Discovered);
  expect([reflector.get(Tagged, one.above), reflector.get(Tagged, one.below)]).toEqual(['above', 'below']);
});
