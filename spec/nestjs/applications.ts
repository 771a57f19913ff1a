import { afterEach } from '@jest/globals';
import { type INestApplication, Logger, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const NESTS_OWN =
  /^\w+ \[(InstanceLoader|RouterExplorer|RoutesResolver|Nest\w+|GraphQLModule|WebSocketsController|LegacyRouteConverter)\]/;

/** What an application logged: `warn [Flowpond] …`. */
export class Lines implements LoggerService {
  readonly all: string[] = [];
  readonly debug = this.#of('debug');
  readonly log = this.#of('log');
  readonly warn = this.#of('warn');
  readonly error = this.#of('error');

  #of(level: string) {
    return (message: unknown, ...rest: unknown[]): void => {
      this.all.push(`${level} [${rest.at(-1)}] ${message}`);
    };
  }

  /** Without what Nest says of itself. */
  get ours(): readonly string[] {
    return this.all.filter((line) => !NESTS_OWN.test(line));
  }
}

/** An application that was started without a server. Closed after the test. */
export async function started(
  metadata: ModuleMetadata,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (same) => same,
) {
  const lines = new Lines();
  const module = await change(Test.createTestingModule(metadata)).setLogger(lines).compile();
  open.push(module);
  await module.init();
  return Object.assign(module, { lines });
}

/** Its answer to a request. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** An application and a way to ask it. */
export interface Served {
  readonly app: INestApplication;
  readonly lines: Lines;
  ask(
    path: string,
    options?: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  ): Promise<Answer>;
}

/** An application with a real server on loopback, by the adapter of this name. Closed after the test. */
export async function served(
  adapter: 'express' | 'fastify',
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => void = () => {},
): Promise<Served> {
  const lines = new Lines();
  const module = await Test.createTestingModule(metadata).setLogger(lines).compile();
  const app: INestApplication =
    adapter === 'express'
      ? module.createNestApplication({ forceCloseConnections: true })
      : module.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ forceCloseConnections: true }));
  open.push(app);
  prepare(app);
  app.getHttpServer().keepAliveTimeout = 0; // or a machine that stands still loses the connection that the next request is sent on
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    lines,
    ask: async (path, options = {}) => {
      const response = await fetch(`${url}${path}`, options);
      return { status: response.status, body: await response.text(), headers: Object.fromEntries(response.headers) };
    },
  };
}

/** Waits for what a real server or timer does. */
export async function until(isSo: () => boolean): Promise<void> {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > 20_000) throw new Error(`after 20 s it is still not so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Nest's own lines of the specs that make no application of their own. */
Logger.overrideLogger(false);
