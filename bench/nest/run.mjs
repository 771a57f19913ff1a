// What Flowpond costs a NestJS application: a cached call inside a request against the same call outside, a request with FlowInterceptor
// against one with an interceptor that does nothing, and the start of an application of a hundred providers. `npm run bench:nest`
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { getRunContext, Task, tryGetRunContext } from 'flowpond';
import { FlowInterceptor, FlowpondModule } from 'flowpond/nestjs';
import { decorate } from '../harness/decorate.mjs';

const ROUNDS = 40;
const SHORT_ROUNDS = 300;
const CALLS = 2_000;

class Pricing {
  async quote(sku) {
    return sku;
  }
}
decorate(Pricing.prototype, 'quote', Task({ cacheKeyFn: (_, { sku }) => sku }));
Injectable()(Pricing);

/** ns per call of a hit, awaited in a loop. */
async function hits(pricing) {
  const began = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) await pricing.quote('A1');
  return Number(process.hrtime.bigint() - began) / CALLS;
}

class Nothing {
  intercept(_, next) {
    return next.handle();
  }
}
Injectable()(Nothing);

class Quotes {
  constructor(pricing) {
    this.pricing = pricing;
  }
  async inFlow() {
    getRunContext();
    return hits(this.pricing);
  }
  async plain() {
    if (tryGetRunContext() !== undefined) throw new Error('no run was expected here');
    return hits(this.pricing);
  }
  empty() {
    return 'ok';
  }
  emptyInFlow() {
    return 'ok';
  }
}
Inject(Pricing)(Quotes, undefined, 0);
const route = (path) => (target, key, descriptor) => Get(path)(target, key, descriptor);
decorate(Quotes.prototype, 'inFlow', route('in-flow'), UseInterceptors(FlowInterceptor));
decorate(Quotes.prototype, 'plain', route('plain'));
decorate(Quotes.prototype, 'empty', route('empty'), UseInterceptors(Nothing));
decorate(Quotes.prototype, 'emptyInFlow', route('empty-in-flow'), UseInterceptors(FlowInterceptor));
Controller()(Quotes);

class App {}
Module({ imports: [FlowpondModule.forRoot()], providers: [Pricing], controllers: [Quotes] })(App);

const best = (values) => Math.min(...values);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const gc = () => globalThis.gc?.();

async function inRequests() {
  const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const ask = async (url) => Number((await app.inject({ method: 'GET', url })).body);
  const pricing = app.get(Pricing);
  const found = { outside: [], request: [], flow: [] };
  for (let round = 0; round < SHORT_ROUNDS; round++) {
    found.outside.push(await hits(pricing));
    found.request.push(await ask('/plain'));
    found.flow.push(await ask('/in-flow'));
  }
  const many = async (url) => {
    const began = process.hrtime.bigint();
    for (let i = 0; i < 200; i++) await app.inject({ method: 'GET', url });
    return Number(process.hrtime.bigint() - began) / 200 / 1_000;
  };
  const requests = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round++) {
    requests.without.push(await many('/empty'));
    requests.with.push(await many('/empty-in-flow'));
  }
  await app.close();
  return { found, requests };
}

/** A hundred providers of five tasks each, the next injected into each. */
function hundred(imports) {
  const providers = [];
  for (let i = 0; i < 100; i++) {
    const type = { [`Service${i}`]: class {} }[`Service${i}`];
    for (let task = 0; task < 5; task++) {
      const name = `task${task}`;
      Object.defineProperty(type.prototype, name, {
        value: async (id) => id,
        writable: true,
        configurable: true,
      });
      decorate(type.prototype, name, Task({ cacheKeyFn: (_, { id }) => id, parameters: ['id'] }));
    }
    Injectable()(type);
    if (i > 0) Inject(providers[i - 1])(type, undefined, 0);
    providers.push(type);
  }
  class Root {}
  Module({ imports, providers })(Root);
  return Root;
}

async function boots() {
  const modules = { without: hundred([]), with: hundred([FlowpondModule.forRoot()]) };
  const found = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, module] of Object.entries(modules)) {
      gc();
      const began = performance.now();
      const app = await NestFactory.createApplicationContext(module, { logger: false });
      found[name].push(performance.now() - began);
      await app.close();
    }
  }
  return found;
}

const first = await boots();
const { found, requests } = await inRequests();
const outside = best(found.outside);
const line = (what, value) => console.log(`${what.padEnd(58)} ${value}`);
line('hit of a provider outside a request', `${outside.toFixed(0)} ns`);
line('in a request', `${best(found.request).toFixed(0)} ns, ${(best(found.request) / outside).toFixed(2)}x`);
line(
  'in a request with FlowInterceptor',
  `${best(found.flow).toFixed(0)} ns, ${(best(found.flow) / outside).toFixed(2)}x`,
);
line('request with an interceptor that does nothing', `${best(requests.without).toFixed(1)} µs`);
line('request with FlowInterceptor', `${best(requests.with).toFixed(1)} µs`);
line(
  'start, 100 providers, without the module',
  `${best(first.without).toFixed(1)} ms at best, median ${median(first.without).toFixed(1)}`,
);
line(
  'start, 100 providers of 5 tasks each, with it',
  `${best(first.with).toFixed(1)} ms at best, median ${median(first.with).toFixed(1)}`,
);
