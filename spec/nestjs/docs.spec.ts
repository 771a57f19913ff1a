import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Pond } from 'flowpond';
import { createTestPond } from 'flowpond/testing';
import { served, started } from './applications.js';
import * as graphql from './docs/graphql.js';
import * as health from './docs/health.js';
import * as named from './docs/named.js';
import * as options from './docs/options.js';
import * as quickStart from './docs/quick-start.js';
import { AppModule, Pricing } from './docs/quick-start.js';
import { Basket } from './docs/request-scope.js';
import * as requests from './docs/requests.js';

const folder = mkdtempSync(join(tmpdir(), 'flowpond-nestjs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  process.env.STATES = join(folder, 'states.db');
});

/** Each line without its indent, so that a block may stand in a test. */
const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

describe('docs/nestjs.md', () => {
  const page = readFileSync('docs/nestjs.md', 'utf8');
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block as string);
  const here = 'spec/nestjs';
  const code = [...readdirSync(`${here}/docs`).map((name) => `${here}/docs/${name}`), `${here}/docs.spec.ts`].map(
    (path) => lines(readFileSync(path, 'utf8')),
  );

  it('has blocks that all are run here', () => {
    expect(blocks.length).toBeGreaterThan(7);
    for (const block of blocks)
      expect([block, code.some((file) => file.includes(lines(block)))]).toEqual([block, true]);
  });

  it('starts with a cached service method', async () => {
    const app = await started({ imports: [quickStart.AppModule] });
    const pricing: quickStart.Pricing = app.get(quickStart.Pricing);
    const before = quickStart.asked;
    expect([await pricing.quote('A1'), await pricing.quote('A1'), quickStart.asked - before]).toEqual([2, 2, 1]);
  });

  it('shows options that are made later', async () => {
    const app = await started({ imports: [options.AppModule], providers: [options.Report] });
    expect(
      app
        .get(Pond)
        .runtime.allStores()
        .map(({ name }) => name),
    ).toEqual(['sqlite']);
    expect(app.get(options.Report).hitRate()).toBe(0);
  });

  it('shows the headers of a request', async () => {
    const server = await served('fastify', { imports: [requests.AppModule] });
    const ask = (tenant: string) => server.ask('/catalogue/7', { headers: { 'x-tenant': tenant, 'x-user': 'ada' } });
    expect(JSON.parse((await ask('acme')).body)).toEqual({ product: 'acme 7', permissions: ['read:ada'] });
    const again = await ask('acme');
    expect(again.headers['x-cache']).toBe('HIT 1, MISS 1');
    expect(JSON.parse((await ask('umbrella')).body).product).toBe('umbrella 7');
  });

  it('shows a request-scoped provider', async () => {
    const app = await started({ imports: [quickStart.AppModule], providers: [Basket] });
    const of = async (user: string): Promise<Basket> => {
      const id = ContextIdFactory.create();
      app.registerRequestByContextId({ headers: { 'x-user': user } }, id);
      return app.resolve(Basket, id);
    };
    expect(await (await of('ada')).total('EUR')).toBe('ada EUR');
    expect(await (await of('bob')).total('EUR')).toBe('bob EUR');
    expect(await (await of('ada')).total('EUR')).toBe('ada EUR');
    expect(app.get(Pond).stats()).toMatchObject({ hits: 1, misses: 2 });
  });

  it('shows GraphQL', async () => {
    const server = await served('fastify', { imports: [graphql.AppModule] });
    const headers = { 'content-type': 'application/json', 'x-user': 'ada' };
    const answer = await server.ask('/graphql', {
      method: 'POST',
      headers,
      body: '{"query":"{ price(sku: \\"A1\\") }"}',
    });
    expect([JSON.parse(answer.body).data, answer.headers['x-cache']]).toEqual([{ price: 2 }, 'HIT 0, MISS 1']);
  });

  it('shows health', async () => {
    const server = await served('express', { imports: [health.AppModule] });
    expect(JSON.parse((await server.ask('/health')).body).info).toEqual({
      flowpond: { status: 'up', stores: { memory: 'up' } },
    });
  });

  it('shows named ponds', async () => {
    const app = await started({ imports: [named.AppModule] });
    const reports: named.Reports = app.get(named.Reports);
    expect(await reports.nightly()).toBe(6);
    expect(reports.pond.stats()).toMatchObject({ flowRuns: 1, misses: 1 });
    expect(reports.pond.runtime.namespace).toBe('reports');
  });
});

describe('testing', () => {
  it('quotes each article once a minute', async () => {
    const pond = createTestPond();
    const app = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Pond)
      .useValue(pond)
      .compile();
    const pricing = app.get<Pricing>(Pricing);

    await pricing.quote('A1');
    await pricing.quote('A1');
    expect(pond.stats()).toMatchObject({ hits: 1, runs: 1 });

    pond.clock.advance('1m');
    await pricing.quote('A1');
    expect(pond.stats()).toMatchObject({ hits: 1, runs: 2 });

    await app.close();
  });

  it('works without a module', async () => {
    const pond = createTestPond();
    const pricing = pond.bind(new Pricing());

    await pricing.quote('A1');
    expect(pond.stats()).toMatchObject({ misses: 1 });
  });
});
