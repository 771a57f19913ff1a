import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Flow, InvalidOptionsError, NO_CACHE, Pond, Task, taskInputHash } from '../../lib/index.js';
import { FlowpondModule, getPondToken, InjectPond, NestSetupError } from '../../lib/nestjs/index.js';
import { started } from './applications.js';

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NestSetupError);
  return (error as Error).message;
}

describe('an application is refused', () => {
  it('for two forRoot calls of one name', async () => {
    const twice = started({ imports: [FlowpondModule.forRoot(), FlowpondModule.forRoot()] });
    expect(await refusal(twice)).toBe(`FlowpondModule.forRoot() was called twice: the default pond would be two.

Potential solutions:
- Call it once, in the root module; a global pond needs no further import.
- Keep what it answers in a constant, and import that wherever it is needed.
- Is it meant to be another pond? Name it: FlowpondModule.forRoot({ name: 'reports', … }).
`);
    const named = { name: 'reports' };
    const twoNamed = started({ imports: [FlowpondModule.forRoot(named), FlowpondModule.forRoot(named)] });
    expect(await refusal(twoNamed)).toMatch(/^FlowpondModule\.forRoot\(\{ name: 'reports' \}\) was called twice/);
  });

  it('but not for one module that is imported in two places', async () => {
    const pond = FlowpondModule.forRoot();
    @Module({ imports: [pond] })
    class Other {}
    const app = await started({ imports: [pond, Other] });
    expect(app.get(Pond)).toBeInstanceOf(Pond);
  });

  it('for a pond name that nobody has', async () => {
    @Module({ imports: [FlowpondModule.forFeature({ pond: 'report' })] })
    class ReportsModule {}
    const without = started({
      imports: [FlowpondModule.forRoot(), FlowpondModule.forRoot({ name: 'reports' }), ReportsModule],
    });
    expect(
      await refusal(without),
    ).toBe(`ReportsModule imports FlowpondModule.forFeature({ pond: 'report' }), but the application has no pond of this name: it has the default pond, the pond 'reports'.

Potential solutions:
- Import FlowpondModule.forRoot({ name: 'report', … }) in the root module.
- Correct the name in ReportsModule.
`);
  });

  it('for a pond name where there is no pond at all', async () => {
    @Module({ imports: [FlowpondModule.forFeature({ pond: 'reports' })] })
    class ReportsModule {}
    expect(await refusal(started({ imports: [ReportsModule] }))).toMatch(
      /^ReportsModule imports .* 'reports' \}\), but the application has no pond of this name: it has none\./,
    );
  });

  it('for a FlowpondModule without forRoot', async () => {
    expect(await refusal(started({ imports: [FlowpondModule] }))).toBe(
      `FlowpondModule is imported without forRoot(), so the application has no pond.

Potential solutions:
- Import FlowpondModule.forRoot() in the root module.
`,
    );
  });

  it.each([
    ['nothing', undefined],
    ['no source', {}],
    ['only what a source would need', { imports: [], inject: [] }],
  ])('for forRootAsync that is given %s', (_, options) => {
    expect(() => FlowpondModule.forRootAsync(options as never)).toThrow(
      new NestSetupError('FlowpondModule.forRootAsync() is not told where the options come from.', [
        'Give useFactory: (…) => ({ store, … }), with inject and imports for what it needs.',
        'Give useClass or useExisting: a class with createFlowpondOptions().',
        'Options that are known already: FlowpondModule.forRoot({ store, … }).',
      ]),
    );
  });

  it('but not for a FlowpondModule without forRoot beside one with it', async () => {
    @Module({ imports: [FlowpondModule] })
    class Other {}
    const app = await started({ imports: [Other, FlowpondModule.forRootAsync({ useFactory: () => ({}) })] });
    expect(app.get(Pond)).toBeInstanceOf(Pond);
  });

  it('for two ponds chosen by one module', async () => {
    const both = ['a', 'b'].map((pond) => FlowpondModule.forFeature({ pond }));
    const ponds = ['a', 'b'].map((name) => FlowpondModule.forRoot({ name }));
    @Module({ imports: both })
    class Torn {}
    expect(await refusal(started({ imports: [...ponds, Torn] }))).toMatch(
      /^Torn imports .* of several ponds: 'a', 'b'/,
    );
  });

  it('by Nest itself for an injected pond that nobody has', async () => {
    @Injectable()
    class Reports {
      constructor(@InjectPond('reports') readonly pond: Pond) {}
    }
    await expect(started({ imports: [FlowpondModule.forRoot()], providers: [Reports] })).rejects.toThrow(
      /Pond\(reports\)/,
    );
  });

  it('for options that are unknown, wrong, or none', async () => {
    const attempts: readonly [unknown, RegExp][] = [
      [{ stroe: 1 }, /FlowpondModule\.forRoot: option `stroe` is unknown\. Did you mean `store`\?/],
      [{ store: {} }, /FlowpondModule\.forRoot: option `store` is no store/],
      [{ values: 'tenant' }, /FlowpondModule\.forRoot: option `values` must be a function/],
      [{ headers: 'no' }, /FlowpondModule\.forRoot: option `headers` must be true or false/],
      [null, /FlowpondModule\.forRoot: takes an options object \(got null\)/],
    ];
    for (const [options, message] of attempts) {
      const attempt = started({ imports: [FlowpondModule.forRootAsync({ useFactory: () => options as object })] });
      await expect(attempt).rejects.toThrow(message);
      await expect(attempt).rejects.toBeInstanceOf(InvalidOptionsError);
    }
    for (const name of ['', 7, null]) {
      expect(() => FlowpondModule.forRoot({ name: name as string })).toThrow(/option `name` must be a text/);
      expect(() => FlowpondModule.forFeature({ pond: name as string })).toThrow(
        /FlowpondModule.forFeature: option `pond` must/,
      );
    }
  });

  it('never for options of Object.prototype', async () => {
    Object.defineProperty(Object.prototype, 'namespace', { value: 'foreign', configurable: true, enumerable: true });
    try {
      const app = await started({ imports: [FlowpondModule.forRoot({ logLevel: 'silent' })] });
      expect(app.get(Pond).runtime.namespace).toBe('');
    } finally {
      delete (Object.prototype as { namespace?: unknown }).namespace;
    }
  });
});

describe('a cached task of a provider that is made anew', () => {
  class Quotes {
    @Task({ cacheKeyFn: taskInputHash })
    async quote(sku: string) {
      return sku;
    }
    @Task()
    async plain() {}
  }
  const boot = (provider: new (...args: never[]) => unknown, options = {}) =>
    started({ imports: [FlowpondModule.forRoot(options)], providers: [provider] });

  it('for each request stops the boot, with the remedies', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestQuotes extends Quotes {}
    expect(
      await refusal(boot(RequestQuotes)),
    ).toBe(`Quotes.quote is cached, but RequestQuotes is request-scoped: each request has an instance of its own, and \`this\` is not part of the key. One user would be given the result of another.

Potential solutions:
- Make RequestQuotes a singleton, and pass what differs from request to request as an argument.
- Let the key vary by values of the request: @Task({ varyBy: ['tenant'], … }), set by \`values\` of FlowpondModule and FlowInterceptor.
- Say what tells the instances apart: @Task({ instanceKey: (service: RequestQuotes) => service.tenant, … }).
`);
  });

  it('through a dependency is found as well', async () => {
    @Injectable()
    class User {
      constructor(@Inject(REQUEST) readonly request: unknown) {}
    }
    @Injectable()
    class UserQuotes extends Quotes {
      constructor(readonly user: User) {
        super();
      }
    }
    const message = await refusal(started({ imports: [FlowpondModule.forRoot()], providers: [User, UserQuotes] }));
    expect(message).toMatch(/but UserQuotes is request-scoped through User:/);
    @Injectable()
    class ByProperty extends Quotes {
      @Inject(User) readonly user: User | undefined;
    }
    const other = await refusal(started({ imports: [FlowpondModule.forRoot()], providers: [User, ByProperty] }));
    expect(other).toMatch(/but ByProperty is request-scoped through User:/);
  });

  it('through an enhancer makes a controller so', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Guard {
      canActivate() {
        return true;
      }
    }
    @Controller()
    @UseGuards(Guard)
    class QuotesController {
      @Get()
      @Task({ cacheKeyFn: taskInputHash })
      async all() {}
    }
    const message = await refusal(started({ imports: [FlowpondModule.forRoot()], controllers: [QuotesController] }));
    expect(message).toMatch(/^QuotesController\.all is cached, but QuotesController is request-scoped through Guard/);
  });

  it('for each consumer is refused too, but not a singleton that has such a dependency', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientQuotes extends Quotes {}
    expect(await refusal(boot(TransientQuotes))).toMatch(/TransientQuotes is transient: each consumer has an instance/);
    @Injectable({ scope: Scope.TRANSIENT })
    class Helper {}
    @Injectable()
    class Singleton extends Quotes {
      constructor(readonly helper: Helper) {
        super();
      }
    }
    await started({ imports: [FlowpondModule.forRoot()], providers: [Helper, Singleton] });
  });

  it('is fine where it says what tells instances apart, or has no key', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Careful {
      readonly tenant = 'a';
      @Task({ cacheKeyFn: taskInputHash, instanceKey: (careful: { readonly tenant: string }) => careful.tenant })
      async byInstance() {}
      @Task({ cacheKeyFn: taskInputHash, varyBy: ['tenant'] })
      async byValue() {}
      @Task()
      async plain() {}
      @Task({ cachePolicy: NO_CACHE })
      async never() {}
      @Flow()
      async flow() {}
      @Task({ cacheKeyFn: taskInputHash })
      static async ofTheClass() {}
    }
    await boot(Careful);
  });

  it('is refused where the key comes from the pond’s defaults', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Plain {
      @Task()
      async plain() {}
    }
    expect(await refusal(boot(Plain, { taskDefaults: { cacheKeyFn: taskInputHash } }))).toMatch(
      /^Plain\.plain is cached/,
    );
  });

  it('is refused as a flow that is cached whole, for which a singleton is the one remedy', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Nightly {
      @Flow({ cacheKeyFn: taskInputHash })
      async report() {}
    }
    const message = await refusal(boot(Nightly));
    expect(message).toMatch(/^Nightly\.report is cached/);
    expect(message).not.toMatch(/varyBy/);
  });

  it('which an heir overrides without a key is none', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Overriding extends Quotes {
      @Task()
      override async quote(sku: string) {
        return sku;
      }
    }
    await boot(Overriding);
  });

  it('is nobody’s business in an application without the module', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unwatched extends Quotes {}
    await started({ providers: [Unwatched] });
  });
});

it('names tokens of ponds', () => {
  expect([getPondToken(), getPondToken('reports')]).toEqual([Pond, 'Pond(reports)']);
});
