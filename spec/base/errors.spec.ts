import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import * as errors from '../../lib/base/errors.js';

const {
  CancelledError,
  FlowpondError,
  InvalidOptionsError,
  MissingContextError,
  NoFlowRunError,
  NotATaskError,
  SelfWaitError,
  StoreError,
  SyncTaskError,
  TaskTimeoutError,
  UnhashableError,
  UnknownParameterError,
  describeError,
  messageOf,
} = errors;

/** Each class once, made by one copy of the module. */
function oneOfEach(from: typeof errors) {
  return [
    new from.FlowpondError('plain'),
    new from.InvalidOptionsError({ where: 'Weather.fetch', problem: 'is wrong', remedy: 'Mend it.' }),
    new from.MissingContextError('getRunContext()'),
    new from.NoFlowRunError('Weather.fetch', 'flowRunId'),
    new from.UnknownParameterError('Weather.fetch', 'town', ['city']),
    new from.UnhashableError('[0].agent', 'a socket has no content'),
    new from.SyncTaskError('Weather.parse', 'retryDelay needs a promise'),
    new from.NotATaskError('invalidate', 'Weather.plain'),
    new from.SelfWaitError(['Weather.a(1)', 'Weather.b(1)', 'Weather.a(1)']),
    new from.TaskTimeoutError('Weather.fetch', 1_500),
    new from.StoreError('redis', 'read', new Error('down')),
    new from.CancelledError('Weather.fetch'),
    new from.LeaseLostError('Weather.fetch'),
    new from.RevivalError('Report', '.when', 'it is a text', 'Give it @Type(() => Date).'),
    new from.NestSetupError('two ponds have one name', ['Name one of them.']),
  ] as const;
}

type ErrorClass = abstract new (...args: never[]) => Error;

function classesOf(from: typeof errors): ErrorClass[] {
  return oneOfEach(from).map((error) => error.constructor as ErrorClass);
}

async function anotherCopy(): Promise<typeof errors> {
  let copy: typeof errors | undefined;
  await jest.isolateModulesAsync(async () => {
    copy = await import('../../lib/base/errors.js');
  });
  if (copy === undefined || copy.FlowpondError === FlowpondError) throw new Error('that is the same copy');
  return copy;
}

describe('Flowpond errors', () => {
  it('are all of them in this spec', () => {
    const exported = Object.values(errors).filter(
      (value) => typeof value === 'function' && value.prototype instanceof Error,
    );
    expect(new Set(classesOf(errors))).toEqual(new Set(exported));
  });

  it.each(oneOfEach(errors).map((error) => [error.name, error] as const))(
    'have the name of their class, a code and a stack: %s',
    (_, error) => {
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(error.constructor.name);
      expect(error.code).toMatch(/^FLOWPOND_[A-Z_]+$/);
      expect(error.code).toBe((error.constructor as unknown as { code: string }).code);
      expect(error.stack?.startsWith(`${error.name}: ${error.message}`)).toBe(true);
    },
  );

  it('have a code each of their own', () => {
    const codes = oneOfEach(errors).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('show only what is of use: name and brand are not enumerable', () => {
    expect(Object.keys(new FlowpondError('plain'))).toEqual(['code']);
    expect(Object.getOwnPropertySymbols(new FlowpondError('plain')).map(String)).toEqual(['Symbol(flowpond.error)']);
    expect(Object.prototype.propertyIsEnumerable.call(new FlowpondError('plain'), Symbol.for('flowpond.error'))).toBe(
      false,
    );
  });

  it('keep their cause', () => {
    const cause = new Error('down');
    expect(new FlowpondError('plain', { cause }).cause).toBe(cause);
    expect(new StoreError('redis', 'read', cause).cause).toBe(cause);
    expect(new CancelledError('Weather.fetch', cause).cause).toBe(cause);
  });

  it('have no cause where there is none', () => {
    expect(Object.hasOwn(new FlowpondError('plain'), 'cause')).toBe(false);
    expect(Object.hasOwn(new CancelledError('Weather.fetch'), 'cause')).toBe(false);
  });
});

describe('instanceof', () => {
  it('tells each class from every other', () => {
    const made = oneOfEach(errors);
    for (const error of made)
      for (const asked of classesOf(errors))
        expect([error.name, asked.name, error instanceof asked]).toEqual([
          error.name,
          asked.name,
          error.constructor === asked || asked === FlowpondError,
        ]);
  });

  it('holds for the errors of another copy of the package, both ways', async () => {
    const copy = await anotherCopy();
    const [here, there] = [oneOfEach(errors), oneOfEach(copy)];
    const [askHere, askThere] = [classesOf(errors), classesOf(copy)];
    for (let i = 0; i < here.length; i++)
      for (let j = 0; j < here.length; j++) {
        const expected = i === j || j === 0;
        expect([here[i]?.name, askThere[j]?.name, here[i] instanceof (askThere[j] as ErrorClass)]).toEqual([
          here[i]?.name,
          askThere[j]?.name,
          expected,
        ]);
        expect([there[i]?.name, askHere[j]?.name, there[i] instanceof (askHere[j] as ErrorClass)]).toEqual([
          there[i]?.name,
          askHere[j]?.name,
          expected,
        ]);
      }
  });

  it('holds for a branded look-alike of another realm', () => {
    const brand = Symbol.for('flowpond.error');
    const alike = runInContext(
      '(brand) => Object.defineProperty(new Error("slow"), brand, { value: "FLOWPOND_TIMEOUT" })',
      createContext(),
    )(brand);
    expect(alike).toBeInstanceOf(TaskTimeoutError);
    expect(alike).toBeInstanceOf(FlowpondError);
    expect(alike instanceof CancelledError).toBe(false);
  });

  it.each([
    undefined,
    null,
    'FLOWPOND_TIMEOUT',
    7,
    {},
    new Error('x'),
    { code: 'FLOWPOND_TIMEOUT' },
    Object.assign(new Error('x'), { code: 'FLOWPOND_TIMEOUT', name: 'TaskTimeoutError' }),
    () => {},
  ])('is false for %p, which bears no brand', (value) => {
    expect((value as unknown) instanceof FlowpondError).toBe(false);
    expect((value as unknown) instanceof TaskTimeoutError).toBe(false);
  });

  it('asks for a brand of its own, so that a polluted Object.prototype brands nothing', () => {
    const brand = Symbol.for('flowpond.error');
    Object.defineProperty(Object.prototype, brand, { value: 'FLOWPOND_TIMEOUT', configurable: true });
    try {
      expect(new Error('x') instanceof FlowpondError).toBe(false);
      expect(new Error('x') instanceof TaskTimeoutError).toBe(false);
    } finally {
      delete (Object.prototype as { [brand]?: unknown })[brand];
    }
  });

  it('tells subclasses of users apart, without a code of their own', () => {
    class QuotaError extends FlowpondError {}
    class OtherError extends FlowpondError {}
    class SlowQuotaError extends TaskTimeoutError {}
    const quota = new QuotaError('none left');
    expect([quota instanceof QuotaError, quota instanceof FlowpondError, quota instanceof Error]).toEqual([
      true,
      true,
      true,
    ]);
    expect([quota instanceof OtherError, quota instanceof TaskTimeoutError]).toEqual([false, false]);
    expect(new FlowpondError('plain') instanceof QuotaError).toBe(false);
    expect([quota.name, quota.code]).toEqual(['QuotaError', 'FLOWPOND_ERROR']);
    const slow = new SlowQuotaError('Weather.fetch', 5);
    expect([slow instanceof SlowQuotaError, slow instanceof TaskTimeoutError, slow.code]).toEqual([
      true,
      true,
      'FLOWPOND_TIMEOUT',
    ]);
    expect(new TaskTimeoutError('Weather.fetch', 5) instanceof SlowQuotaError).toBe(false);
  });

  it('tells subclasses of users apart, with a code of their own, and theirs in turn', () => {
    class QuotaError extends FlowpondError {
      static override readonly code: string = 'QUOTA';
    }
    class DailyQuotaError extends QuotaError {
      static override readonly code: string = 'QUOTA_DAILY';
    }
    const [quota, daily] = [new QuotaError('none left'), new DailyQuotaError('none left today')];
    expect([quota.code, daily.code]).toEqual(['QUOTA', 'QUOTA_DAILY']);
    expect([daily instanceof DailyQuotaError, daily instanceof QuotaError, daily instanceof FlowpondError]).toEqual([
      true,
      true,
      true,
    ]);
    expect([quota instanceof DailyQuotaError, quota instanceof TaskTimeoutError]).toEqual([false, false]);
  });
});

describe('the messages', () => {
  it('of InvalidOptionsError name where, option, value and remedy', () => {
    const error = new InvalidOptionsError({
      where: 'Weather.fetch',
      option: 'retries',
      value: -1,
      problem: 'must be 0 or more',
      remedy: 'Leave it out for none.',
    });
    expect(error.message).toBe('Weather.fetch: option `retries` must be 0 or more (got -1). Leave it out for none.');
    expect([error.where, error.option]).toEqual(['Weather.fetch', 'retries']);
  });

  it('of InvalidOptionsError leave out what was not said, but not a value of undefined', () => {
    const fault = { where: 'createPond', problem: 'is odd', remedy: 'Mend it.' };
    expect(new InvalidOptionsError(fault).message).toBe('createPond: is odd. Mend it.');
    expect(new InvalidOptionsError(fault).option).toBeUndefined();
    expect(new InvalidOptionsError({ ...fault, value: undefined }).message).toBe(
      'createPond: is odd (got undefined). Mend it.',
    );
  });

  it('of InvalidOptionsError take no value from a polluted Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'value', { value: 'evil', configurable: true });
    try {
      expect(new InvalidOptionsError({ where: 'createPond', problem: 'is odd', remedy: 'Mend it.' }).message).toBe(
        'createPond: is odd. Mend it.',
      );
    } finally {
      delete (Object.prototype as { value?: unknown }).value;
    }
  });

  it('of InvalidOptionsError show values in one short line, even those that cannot be shown', () => {
    const got = (value: unknown) => new InvalidOptionsError({ where: 'w', value, problem: 'p', remedy: 'r' }).message;
    expect(got('x'.repeat(10_000)).length).toBeLessThan(150);
    expect(got(Array.from({ length: 10_000 }, (_, i) => i)).length).toBeLessThan(150);
    expect(got({ a: { b: { c: { d: 1 } } }, list: [[[[1]]]] })).not.toContain('\n');
    const hostile = {
      [inspect.custom](): string {
        throw new Error('no');
      },
    };
    expect(got(hostile)).toBe('w: p (got a value of type object). r');
  });

  const said: readonly [Error, RegExp][] = [
    [
      new MissingContextError('getRunContext()'),
      /^getRunContext\(\): no run context here\. .*inside a flow or task run; use tryGetRunContext\(\)/,
    ],
    [new MissingContextError('getFlowContext()', 'a flow run'), /inside a flow run; /],
    [
      new NoFlowRunError('Weather.fetch', 'flowRunId'),
      /^Weather\.fetch: flowRunId was read outside a flow run\. .*@Flow.*inFlow/,
    ],
    [
      new UnknownParameterError('Weather.fetch', 'town', ['city', 'days']),
      /^Weather\.fetch has no parameter 'town': its parameters are city, days\. .*parameters: \[\.\.\.\]/,
    ],
    [new UnknownParameterError('Weather.fetch', 'town', []), /: it has no named parameters\. /],
    [new UnhashableError('[0].agent', 'a socket'), /^cannot hash \[0\]\.agent: a socket\. Leave it out/],
    [new UnhashableError('', 'a function', 'Name it.'), /^cannot hash the value: a function\. Name it\.$/],
    [
      new SyncTaskError('Weather.parse', 'its store needs a promise'),
      /^Weather\.parse is synchronous, but its store needs a promise\. Make /,
    ],
    [new NotATaskError('invalidate', 'Weather.plain'), /^invalidate: Weather\.plain is not a task\. Decorate /],
    [new SelfWaitError(['a', 'b', 'a']), /^a waits for itself: a -> b -> a\. /],
    [new TaskTimeoutError('Weather.fetch', 1_500), /^Weather\.fetch exceeded timeout of 1\.5 second\(s\)$/],
    [new StoreError('redis', 'read', new Error('down')), /^store 'redis' failed to read: down$/],
    [new CancelledError('Weather.fetch'), /^Weather\.fetch was cancelled$/],
    [new CancelledError('Weather.fetch', 'shutting down'), /^Weather\.fetch was cancelled: shutting down$/],
  ];

  it.each(said.map(([{ message }, expected]) => [message, expected] as const))(
    'say what happened and what to do: %s',
    (message, expected) => {
      expect(message).toMatch(expected);
    },
  );

  it('come with the facts as members', () => {
    expect(new UnhashableError('[0].agent', 'a socket').path).toBe('[0].agent');
    expect(new SelfWaitError(['a', 'a']).chain).toEqual(['a', 'a']);
    expect(new TaskTimeoutError('Weather.fetch', 1_500).timeoutMs).toBe(1_500);
  });
});

const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
const foreign = runInContext('new RangeError("too far")', createContext()) as unknown;

describe('what was thrown', () => {
  it.each<[string, unknown, string, string]>([
    ['an error', new RangeError('too far'), 'too far', 'RangeError: too far'],
    ["another realm's error", foreign, 'too far', 'RangeError: too far'],
    ['an error rebuilt from JSON', { name: 'RangeError', message: 'too far' }, 'too far', 'RangeError: too far'],
    ['a DOMException', new DOMException('stopped', 'AbortError'), 'stopped', 'AbortError: stopped'],
    [
      'an abort reason of the core',
      AbortSignal.abort().reason,
      'This operation was aborted',
      'AbortError: This operation was aborted',
    ],
    ['an error without a message', new RangeError(), 'RangeError', 'RangeError'],
    [
      'a refused connection, whose message is empty',
      refused,
      'AggregateError [ECONNREFUSED]',
      'AggregateError [ECONNREFUSED]',
    ],
    ['an object with a message', { message: 'down' }, 'down', "{ message: 'down' }"],
    ['any other object', { status: 503 }, '{ status: 503 }', '{ status: 503 }'],
    [
      'an object without a prototype',
      Object.create(null),
      '[Object: null prototype] {}',
      '[Object: null prototype] {}',
    ],
    ['a text', 'down', 'down', "'down'"],
    ['an empty text', '', '', "''"],
    ['a number', 503, '503', '503'],
    ['a symbol', Symbol('down'), 'Symbol(down)', 'Symbol(down)'],
    ['nothing', undefined, 'undefined', 'undefined'],
    ['null', null, 'null', 'null'],
  ])('is put in words: %s', (_, thrown, message, description) => {
    expect(messageOf(thrown)).toBe(message);
    expect(describeError(thrown)).toBe(description);
  });

  it('is put in words even if it resists', () => {
    const resist = (): never => {
      throw new Error('no');
    };
    const getter = Object.defineProperty(new Error('x'), 'message', { get: resist });
    const proxy = new Proxy({}, { get: resist, has: resist, getPrototypeOf: resist });
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const thrown of [getter, proxy, revoked]) {
      expect(messageOf(thrown)).toBe('an error that cannot be shown');
      expect(describeError(thrown)).toBe('an error that cannot be shown');
    }
  });

  it('is always put in words that are a text', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true }), (thrown) => {
        expect(typeof messageOf(thrown)).toBe('string');
        expect(typeof describeError(thrown)).toBe('string');
      }),
    );
  });
});
