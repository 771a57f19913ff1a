import { once } from 'node:events';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { memoryStore, submit, Task, taskInputHash } from '../../lib/index.js';
import { FlowpondModule } from '../../lib/nestjs/index.js';

/** An application that is told to end while a run that it submitted is under way. A process of `shutdown.spec.ts`. */

const store = memoryStore();
const close = store.close.bind(store);
store.close = () => {
  process.stdout.write('store closed\n');
  return close();
};

const told = once(process, 'SIGTERM');

@Injectable()
class Pricing {
  @Task({ cacheKeyFn: taskInputHash })
  async quote(): Promise<void> {
    await told;
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.stdout.write('quoted\n');
  }
}

@Module({ imports: [FlowpondModule.forRoot({ store })], providers: [Pricing] })
class App {}

const app = await NestFactory.createApplicationContext(App, { logger: false });
app.enableShutdownHooks();
const pricing: Pricing = app.get(Pricing);
submit(pricing).quote();
const alive = setInterval(() => {}, 1_000);
process.on('exit', () => clearInterval(alive));
process.stdout.write('ready\n');
