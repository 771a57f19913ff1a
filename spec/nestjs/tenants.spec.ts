import { Agent, request as httpRequest } from 'node:http';
import { expect, it } from '@jest/globals';
import {
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Param,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  getFlowRunContext,
  getRunContext,
  Pond,
  perFlowRun,
  Task,
  taskInputHash,
  tryGetRunContext,
} from '../../lib/index.js';
import { FlowInterceptor, FlowpondModule } from '../../lib/nestjs/index.js';
import { served } from './applications.js';

const REQUESTS = 5_000;
const SOCKETS = 200;
const SKUS = 50;

/** Lets other requests come in between, in no order. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    if (Math.random() < 0.3) setTimeout(resolve, Math.random() * 5);
    else setImmediate(resolve);
  });

interface Asked {
  readonly headers: Readonly<Record<string, string>>;
}

/** Who asked, by the request itself: nothing of ours has touched it. */
@Injectable({ scope: Scope.REQUEST })
class Asker {
  constructor(@Inject(REQUEST) readonly request: Asked) {}

  @Task()
  async name() {
    await pause();
    return this.request.headers['x-user'];
  }
}

@Injectable()
class Pricing {
  readonly computed: string[] = [];

  @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
  async quote(sku: string) {
    await pause();
    const { tenant } = getRunContext().values;
    this.computed.push(`${tenant} ${sku}`);
    await pause();
    return `${tenant} ${sku}`;
  }

  @Task({ cacheKeyFn: perFlowRun() })
  async run() {
    await pause();
    return `${getFlowRunContext().flowRun.id} ${getRunContext().values.user}`;
  }
}

@Controller()
@UseInterceptors(FlowInterceptor)
class Quotes {
  constructor(
    @Inject(Pricing) readonly pricing: Pricing,
    @Inject(Asker) readonly asker: Asker,
  ) {}

  @Get('quotes/:sku')
  async quote(@Param('sku') sku: string) {
    const before = getFlowRunContext().flowRun.id;
    const [quote, run, again] = await Promise.all([this.pricing.quote(sku), this.pricing.run(), this.pricing.run()]);
    await pause();
    return { quote, run, again, asker: await this.asker.name(), same: before === getFlowRunContext().flowRun.id };
  }
}

it.each(['express', 'fastify'] as const)(
  'five thousand requests at once, of two tenants, never see each other’s values or runs, with %s',
  async (adapter) => {
    const server = await served(adapter, {
      imports: [
        FlowpondModule.forRoot({
          values: (context: ExecutionContext) => {
            const { headers } = context.switchToHttp().getRequest<Asked>();
            return { tenant: headers['x-tenant'], user: headers['x-user'] };
          },
        }),
      ],
      providers: [Pricing, Asker],
      controllers: [Quotes],
    });
    const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
    const { port } = new URL(await server.app.getUrl());
    const ids = new Set<string>();
    let wrong = 0;
    await Promise.all(
      Array.from({ length: REQUESTS }, async (_, index) => {
        const [tenant, user, sku] = [`tenant-${index % 2}`, `user-${index}`, `S${(index >> 1) % SKUS}`];
        const { headers, body } = await get(agent, Number(port), `/quotes/${sku}`, {
          'x-tenant': tenant,
          'x-user': user,
        });
        const id = String(headers['x-flow-run-id']);
        ids.add(id);
        const expected = {
          quote: `${tenant} ${sku}`,
          run: `${id} ${user}`,
          again: `${id} ${user}`,
          asker: user,
          same: true,
        };
        if (JSON.stringify(JSON.parse(body)) !== JSON.stringify(expected)) wrong++;
      }),
    );
    agent.destroy();
    expect([wrong, ids.size]).toEqual([0, REQUESTS]);
    const computed = server.app.get(Pricing).computed;
    expect([computed.length, new Set(computed).size]).toEqual([SKUS * 2, SKUS * 2]);
    expect(server.app.get(Pond).stats()).toMatchObject({ flowRuns: REQUESTS, misses: SKUS * 2 + REQUESTS });
    expect(tryGetRunContext()).toBeUndefined();
  },
  240_000, // against hanging: 8 s on a machine that does nothing else, a minute on a busy one
);

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(agent: Agent, port: number, path: string, headers: Record<string, string>): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ agent, host: '127.0.0.1', port, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ headers: response.headers, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
