import { describe, expect, it } from '@jest/globals';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Flow, memoryStore, Pond, submit, Task, taskInputHash } from '../../lib/index.js';
import { FlowpondModule } from '../../lib/nestjs/index.js';
import { chaosStore } from '../../lib/testing/index.js';
import { deferred } from '../engine/pond-under-test.js';
import { started } from './applications.js';

const closing = () => {
  let closed = 0;
  const store = memoryStore();
  const close = store.close.bind(store);
  return {
    store: Object.assign(store, {
      close() {
        closed++;
        return close();
      },
    }),
    closed: () => closed,
  };
};

describe('closing an application', () => {
  it('closes the pond and every store of it, used or not', async () => {
    const [used, unused] = [closing(), closing()];
    const app = await started({
      imports: [FlowpondModule.forRoot({ store: used.store, stores: { reports: unused.store } })],
    });
    const pond = app.get(Pond);
    await app.close();
    expect([pond.runtime.closed, used.closed(), unused.closed()]).toEqual([true, 1, 1]);
  });

  it('waits for what was submitted, and closes after the providers have said good-bye', async () => {
    const gate = deferred();
    const seen: string[] = [];
    const { store, closed } = closing();
    @Injectable()
    class Quotes implements OnModuleDestroy {
      @Task({ cacheKeyFn: taskInputHash })
      async quote() {
        await gate.promise;
        seen.push('quoted');
        return 1;
      }
      async onModuleDestroy() {
        await this.last();
      }
      @Task({ cacheKeyFn: taskInputHash })
      async last() {
        seen.push(`last, closed ${closed()}`);
      }
    }
    const app = await started({ imports: [FlowpondModule.forRoot({ store })], providers: [Quotes] });
    const quotes: Quotes = app.get(Quotes);
    submit(quotes).quote();
    const closed2 = app.close().then(() => seen.push('closed'));
    setImmediate(() => gate.resolve());
    await closed2;
    expect(seen).toEqual(['last, closed 0', 'quoted', 'closed']);
    expect(closed()).toBe(1);
  });

  it('leaves a store that cannot be closed as a line in the log', async () => {
    const store = chaosStore(memoryStore(), { fail: 1, only: ['close'] });
    const app = await started({ imports: [FlowpondModule.forRoot({ store })] });
    await app.close();
    expect(app.lines.ours.join('\n')).toMatch(/warn \[pond\.close\] .*failed to close/);
  });
});

describe('the log of an application', () => {
  @Injectable()
  class Quotes {
    @Flow({ name: 'nightly', flowRunName: 'tonight' })
    async nightly() {
      return this.quote('A1');
    }
    @Task({ cacheKeyFn: taskInputHash })
    async quote(sku: string) {
      return sku;
    }
    @Task({ name: 'broken', cacheKeyFn: () => Promise.reject(new Error('no key')) as unknown as string })
    async broken() {}
    @Task()
    async failing() {
      throw new Error('it failed');
    }
  }

  it('is Nest’s, with the run as the context', async () => {
    const app = await started({ imports: [FlowpondModule.forRoot({ logLevel: 'info' })], providers: [Quotes] });
    await app.get(Quotes).nightly();
    await app.get(Quotes).broken();
    await expect(app.get(Quotes).failing()).rejects.toThrow('it failed');
    const text = app.lines.ours.join('\n');
    expect(text).toMatch(/log \[Flow run 'tonight'\] Beginning flow run 'tonight' for flow 'nightly'/);
    expect(text).toMatch(/log \[Task run 'quote-0'\] Finished in state Completed\(\)/);
    expect(text).toMatch(/warn \[Quotes\.broken\] /);
    expect(text).toMatch(/error \[Task run 'failing'\] Finished in state Failed/);
  });

  it('shows warnings only unless asked, and goes elsewhere if another logger is given', async () => {
    const quiet = await started({ imports: [FlowpondModule.forRoot()], providers: [Quotes] });
    await quiet.get(Quotes).nightly();
    expect(quiet.lines.ours).toEqual([]);
    await quiet.close();
    const given: string[] = [];
    const push = (message: string) => void given.push(message);
    const logger = { debug: push, info: push, warn: push, error: push };
    const own = await started({ imports: [FlowpondModule.forRoot({ logLevel: 'info', logger })], providers: [Quotes] });
    await own.get(Quotes).nightly();
    expect(own.lines.ours).toEqual([]);
    expect(given.length).toBeGreaterThan(2);
  });

  it('calls Flowpond by its name where no run speaks', async () => {
    const app = await started({ imports: [FlowpondModule.forRoot()] });
    app.get(Pond).runtime.log.write('warn', 'flowpond', 'a task of ours');
    expect(app.lines.ours).toEqual(['warn [Flowpond] a task of ours']);
  });
});

describe('an instance that no application made', () => {
  @Injectable()
  class Forgotten {
    @Task()
    async work() {}
  }

  it('is told of once, by its class, with what to do', async () => {
    const app = await started({ imports: [FlowpondModule.forRoot()] });
    await new Forgotten().work();
    await new Forgotten().work();
    expect(app.lines.ours).toEqual([
      `warn [Flowpond] Forgotten has tasks, but this instance is no provider of the application: it uses the default pond, with its own store.

Potential solutions:
- Add Forgotten to the providers of a module, and have it injected.
- Bind it: pond.bind(Forgotten).
`,
    ]);
    await app.close();
  });

  it('is nobody’s business inside a run, without an application, or when it is bound', async () => {
    class Other extends Forgotten {}
    await new Other().work();
    const app = await started({ imports: [FlowpondModule.forRoot()] });
    const pond = app.get(Pond);
    await pond.run(() => new Other().work());
    await pond.bind(new Other()).work();
    await app.close();
    await new Other().work();
    expect(app.lines.ours).toEqual([]);
  });
});
