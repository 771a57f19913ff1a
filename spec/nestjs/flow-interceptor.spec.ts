import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  InternalServerErrorException,
  Module,
  NotFoundException,
  Param,
  Post,
  Res,
  Sse,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { interval, map, take, throwError } from 'rxjs';
import {
  Flow,
  type FlowRunEvent,
  flow,
  getFlowRunContext,
  getRunContext,
  Pond,
  perFlowRun,
  submit,
  Task,
  task,
  taskInputHash,
} from '../../lib/index.js';
import { FlowInterceptor, FlowpondModule } from '../../lib/nestjs/index.js';
import { currentScope } from '../../lib/runs/frame.js';
import { createTestPond } from '../../lib/testing/index.js';
import { deferred } from '../engine/pond-under-test.js';
import { type Served, served, until } from './applications.js';

const twin = task(async (sku: string) => `${sku} ${currentScope()?.runtime === undefined}`, {
  name: 'twin',
  cacheKeyFn: taskInputHash,
});

@Injectable()
class Pricing {
  runs = 0;

  @Task({ cacheKeyFn: taskInputHash })
  async quote(sku: string) {
    return `${sku} ${++this.runs}`;
  }

  @Task({ cacheKeyFn: perFlowRun() })
  async once(sku: string) {
    return `${sku} ${++this.runs}`;
  }

  @Task()
  async plain() {
    return 'plain';
  }

  @Flow()
  async report() {
    await this.quote('A1');
    return this.quote('R1');
  }
}

@Injectable()
class Flaky {
  runs = 0;

  constructor(@Inject(Pricing) readonly pricing: Pricing) {}

  @Flow({ retries: 1 })
  async report() {
    await this.pricing.quote(`try ${++this.runs}`);
    if (this.runs === 1) throw new Error('once');
    return 'done';
  }
}

@Controller('catalogue')
@UseInterceptors(FlowInterceptor)
class Catalogue {
  constructor(
    @Inject(Pricing) readonly pricing: Pricing,
    @Inject(Flaky) readonly flaky: Flaky,
  ) {}

  @Get(':sku')
  async one(@Param('sku') sku: string) {
    const { flow: info, flowRun, parameters } = getFlowRunContext();
    return {
      flow: info.name,
      name: flowRun.name,
      id: flowRun.id,
      parameters,
      values: getRunContext().values,
      quotes: [await this.pricing.quote(sku), await this.pricing.quote(sku), await this.pricing.plain()],
    };
  }

  @Get(':sku/once')
  async once(@Param('sku') sku: string) {
    return [await this.pricing.once(sku), await this.pricing.once(sku)];
  }

  @Get('sub/flow')
  async sub() {
    return [await this.pricing.report(), await this.pricing.quote('S1')];
  }

  @Get('flaky/flow')
  async retried() {
    return this.flaky.report();
  }

  @Get('own/flow')
  @Flow({ name: 'own' })
  async own() {
    return [getFlowRunContext().flow.name, await this.pricing.quote('O1')];
  }

  @Post(':sku/missing')
  async missing(): Promise<never> {
    await this.pricing.quote('M1');
    throw new NotFoundException('no such thing');
  }

  @Get('fails/:how')
  async fails(@Param('how') how: string): Promise<unknown> {
    if (how === 'observable') return throwError(() => new BadRequestException('bad'));
    if (how === 'server') throw new InternalServerErrorException('server');
    throw new Error('plain');
  }

  @Get('observed/values')
  observed() {
    return interval(1).pipe(
      take(3),
      map((n) => `${n} ${getFlowRunContext().flow.name}`),
    );
  }

  @Sse('stream/events')
  stream() {
    return interval(1).pipe(
      take(3),
      map((n) => ({ data: `${n} ${getFlowRunContext().flow.name}` })),
    );
  }

  @Get('raw/answer')
  @Header('x-own', 'yes')
  raw(@Res() response: { send(text: string): void }) {
    response.send('raw');
  }

  @Get('twin/:sku')
  async twin(@Param('sku') sku: string) {
    return twin(sku);
  }
}

const shop = (options: Parameters<typeof FlowpondModule.forRoot>[0] = {}) => ({
  imports: [FlowpondModule.forRoot({ logLevel: 'silent', ...options })],
  providers: [Pricing, Flaky],
  controllers: [Catalogue],
});

const flowsOf = ({ app }: Served): FlowRunEvent[] => {
  const seen: FlowRunEvent[] = [];
  for (const name of ['Completed', 'Failed', 'Cancelled', 'Crashed'] as const)
    app.get(Pond).events.on(`flow:${name}`, (event) => seen.push(event));
  return seen;
};

describe.each(['express', 'fastify'] as const)('FlowInterceptor with %s', (adapter) => {
  it('makes a flow run of a request, named by its route, and says so', async () => {
    const server = await served(adapter, shop());
    const first = await server.ask('/catalogue/A1');
    const told = JSON.parse(first.body);
    expect(told).toEqual({
      flow: 'GET /catalogue/:sku',
      name: first.headers['x-flow-run'],
      id: first.headers['x-flow-run-id'],
      parameters: {},
      values: {},
      quotes: ['A1 1', 'A1 1', 'plain'],
    });
    expect(first.headers['x-cache']).toBe('HIT 1, MISS 1');
    const second = await server.ask('/catalogue/A1');
    expect(second.headers['x-cache']).toBe('HIT 2, MISS 0');
    expect(second.headers['x-flow-run-id']).not.toBe(first.headers['x-flow-run-id']);
  });

  it('makes one run of it: perFlowRun is per request', async () => {
    const server = await served(adapter, shop());
    expect(JSON.parse((await server.ask('/catalogue/A1/once')).body)).toEqual(['A1 1', 'A1 1']);
    expect(JSON.parse((await server.ask('/catalogue/A1/once')).body)).toEqual(['A1 2', 'A1 2']);
  });

  it('counts the tasks of subflows, and takes a handler that is a flow for one', async () => {
    const server = await served(adapter, shop());
    await server.ask('/catalogue/A1');
    const sub = await server.ask('/catalogue/sub/flow');
    expect(sub.headers['x-cache']).toBe('HIT 1, MISS 2');
    const retried = await server.ask('/catalogue/flaky/flow');
    expect([retried.body, retried.headers['x-cache']]).toEqual(['done', 'HIT 0, MISS 2']);
    const own = await server.ask('/catalogue/own/flow');
    expect([JSON.parse(own.body)[0], own.headers['x-cache']]).toEqual(['own', 'HIT 0, MISS 1']);
  });

  it('counts tasks that ran together once each', async () => {
    const server = await served(adapter, shop());
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.ask('/catalogue/A1')));
    const counts = answers.map(({ headers }) => headers['x-cache']);
    expect(counts.filter((count) => count === 'HIT 1, MISS 1')).toHaveLength(1);
    expect(counts.filter((count) => count === 'HIT 2, MISS 0')).toHaveLength(9);
  });

  it('lets errors through as they are; an answer below 500 is no failed run', async () => {
    const server = await served(adapter, shop());
    const flows = flowsOf(server);
    const missing = await server.ask('/catalogue/A1/missing', { method: 'POST' });
    expect([missing.status, JSON.parse(missing.body).message]).toEqual([404, 'no such thing']);
    expect(missing.headers['x-cache']).toBe('HIT 0, MISS 1');
    expect(missing.headers['x-flow-run']).toBe(flows[0]?.flowRun.name);
    expect((await server.ask('/catalogue/fails/observable')).status).toBe(400);
    expect((await server.ask('/catalogue/fails/server')).status).toBe(500);
    expect((await server.ask('/catalogue/fails/plain')).status).toBe(500);
    expect(flows.map(({ flow: info, state }) => [info.name, state.name])).toEqual([
      ['POST /catalogue/:sku/missing', 'Completed'],
      ['GET /catalogue/fails/:how', 'Completed'],
      ['GET /catalogue/fails/:how', 'Failed'],
      ['GET /catalogue/fails/:how', 'Failed'],
    ]);
  });

  it('covers what answers later, bit by bit, or by itself', async () => {
    const server = await served(adapter, shop());
    const flows = flowsOf(server);
    expect((await server.ask('/catalogue/observed/values')).body).toBe('2 GET /catalogue/observed/values');
    const stream = await server.ask('/catalogue/stream/events');
    await until(() => flows.length === 2);
    expect(stream.body.match(/data: .*/g)).toEqual([0, 1, 2].map((n) => `data: ${n} GET /catalogue/stream/events`));
    expect(stream.headers['x-flow-run']).toBe(flows[1]?.flowRun.name);
    const raw = await server.ask('/catalogue/raw/answer');
    await until(() => flows.length === 3); // it answers before its run has ended
    expect([raw.body, raw.headers['x-flow-run']]).toEqual(['raw', flows[2]?.flowRun.name]);
    expect(flows.map(({ state }) => state.name)).toEqual(['Completed', 'Completed', 'Completed']);
  });

  it('carries values of the request, which the handler cannot change', async () => {
    const values = (context: { switchToHttp(): { getRequest(): { headers: Record<string, string> } } }) => {
      const { headers } = context.switchToHttp().getRequest();
      return { tenant: headers['x-tenant'], user: 0 };
    };
    for (const given of [values, async (context: never) => values(context)]) {
      const server = await served(adapter, shop({ values: given as never }));
      const answer = await server.ask('/catalogue/A1', { headers: { 'x-tenant': 'acme' } });
      expect(JSON.parse(answer.body).values).toEqual({ tenant: 'acme', user: 0 });
    }
  });

  it('fails a request whose values cannot be had', async () => {
    for (const values of [
      () => {
        throw new BadRequestException('no tenant');
      },
      async () => {
        throw new BadRequestException('no tenant');
      },
    ]) {
      const server = await served(adapter, shop({ values }));
      expect((await server.ask('/catalogue/A1')).status).toBe(400);
    }
    const server = await served(adapter, shop({ values: () => 'acme' as never }));
    expect((await server.ask('/catalogue/A1')).status).toBe(500);
    expect(server.lines.all.join('\n')).toMatch(/option `values` must give an object \(got 'acme'\)/);
  });

  it('adds no headers where the options say so', async () => {
    const server = await served(adapter, shop({ headers: false }));
    const { headers } = await server.ask('/catalogue/A1');
    expect(Object.keys(headers).filter((name) => /flow|cache/.test(name))).toEqual([]);
  });

  it('uses the pond of the handler’s module, and leaves bound services in theirs', async () => {
    @Controller('reports')
    class Reports {
      constructor(@Inject(Pricing) readonly pricing: Pricing) {}
      @Get()
      async all() {
        return [currentScope()?.runtime.namespace, await this.pricing.quote('A1'), await twin('A1')];
      }
    }
    @Module({ imports: [FlowpondModule.forFeature({ pond: 'reports' })], controllers: [Reports], providers: [] })
    class ReportsModule {}
    @Module({ providers: [Pricing], exports: [Pricing] })
    class PricingModule {}
    const server = await served(adapter, {
      imports: [
        FlowpondModule.forRoot({ namespace: 'main' }),
        FlowpondModule.forRoot({ name: 'reports', namespace: 'reports' }),
        PricingModule,
        { module: ReportsModule, imports: [PricingModule] },
      ],
      providers: [{ provide: APP_INTERCEPTOR, useClass: FlowInterceptor }],
    });
    expect(JSON.parse((await server.ask('/reports')).body)).toEqual(['reports', 'A1 1', 'A1 false']);
    expect(server.app.get(Pond).stats()).toMatchObject({ misses: 1, flowRuns: 0 });
    expect(server.app.get('Pond(reports)').stats()).toMatchObject({ misses: 1, flowRuns: 1 });
  });

  it('works as a global interceptor, and without the module in the default pond', async () => {
    const global = await served(adapter, { ...shop() }, (app) => app.useGlobalInterceptors(app.get(FlowInterceptor)));
    expect((await global.ask('/catalogue/A1')).headers['x-cache']).toBe('HIT 1, MISS 1');
    expect(global.app.get(Pond).stats().flowRuns).toBe(1); // one, although it stands on the controller too
    const without = await served(adapter, { providers: [Pricing, Flaky], controllers: [Catalogue] });
    expect((await without.ask('/catalogue/A1')).headers['x-flow-run']).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it('names routes with prefix and version as the server knows them', async () => {
    const server = await served(adapter, shop(), (app) => app.setGlobalPrefix('api'));
    expect(JSON.parse((await server.ask('/api/catalogue/A1')).body).flow).toBe('GET /api/catalogue/:sku');
  });
});

it('cancels the run of a request that nobody waits for any more', async () => {
  const gate = deferred();
  const begun = deferred<AbortSignal>();
  @Controller('slow')
  @UseInterceptors(FlowInterceptor)
  class Slow {
    @Sse()
    stream() {
      begun.resolve(getFlowRunContext().signal);
      return interval(1).pipe(map((n) => ({ data: String(n) })));
    }
    @Get('left')
    async left() {
      await gate.promise;
    }
  }
  const server = await served('express', {
    imports: [FlowpondModule.forRoot({ logLevel: 'silent' })],
    controllers: [Slow],
  });
  const flows = flowsOf(server);
  const stop = new AbortController();
  const response = await fetch(`${await server.app.getUrl()}/slow`, { signal: stop.signal });
  const signal = await begun.promise;
  await response.body?.getReader().read();
  expect(signal.aborted).toBe(false);
  stop.abort();
  await until(() => signal.aborted && flows.length > 0);
  expect(flows.map(({ state }) => state.name)).toEqual(['Cancelled']);
});

it('stays in a pond that pond.run has named for the whole request', async () => {
  const other = createTestPond();
  const { app, ask } = await served('express', shop(), (one) =>
    one.use((_: unknown, __: unknown, next: () => void) => other.run(next)),
  );
  const answer = await ask('/catalogue/A1');
  expect(answer.headers['x-cache']).toBe('HIT 1, MISS 1');
  expect(other.stats()).toMatchObject({ flowRuns: 1, misses: 1, hits: 1 });
  expect(app.get(Pond).stats().flowRuns).toBe(0);
});

it('waits with the answer for what the request submitted', async () => {
  const gate = deferred();
  const begun = deferred();
  const nested = flow(
    async () => {
      begun.resolve();
      await gate.promise;
    },
    { name: 'nested' },
  );
  @Controller('submits')
  @UseInterceptors(FlowInterceptor)
  class Submits {
    @Get()
    async go() {
      submit(nested)();
      return 'done';
    }
  }
  const server = await served('fastify', { imports: [FlowpondModule.forRoot()], controllers: [Submits] });
  let answered = false;
  const answer = server.ask('/submits').then((one) => {
    answered = true;
    return one;
  });
  await begun.promise;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toBe(false);
  gate.resolve();
  expect((await answer).body).toBe('done');
});
