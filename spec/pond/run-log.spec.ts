import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Flow, flow, getRunLogger, Task, task } from '../../lib/index.js';
import { createTestPond, type TestPond } from '../../lib/testing/index.js';

let written: string[];
let color: string | undefined;

beforeEach(() => {
  written = [];
  color = process.env.FORCE_COLOR;
  process.env.FORCE_COLOR = '0';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  if (color === undefined) delete process.env.FORCE_COLOR;
  else process.env.FORCE_COLOR = color;
});

const lines = (): string[] => written.join('').split('\n').slice(0, -1);

/** Local time of day, so many milliseconds after the clock's start. */
function timeOf(ms: number): string {
  const date = new Date(Date.UTC(2026, 0, 1, 12) + ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

function expensive(pond: TestPond) {
  class Expensive {
    @Task({ cacheKeyFn: () => 'static', cacheExpiration: '1m' })
    async expensiveComputation() {
      await pond.clock.advance('5s');
      return 42;
    }

    @Flow({ flowRunName: 'golden-pug' })
    async cacheIt() {
      for (let i = 0; i < 3; i++) await this.expensiveComputation();
    }
  }
  return pond.bind(new Expensive());
}

describe('the log of a flow', () => {
  it('looks as Prefect’s does, and its last line sums up', async () => {
    const pond = createTestPond({ logLevel: 'info' });
    await expensive(pond).cacheIt();
    const [start, end] = [`${timeOf(0)}.000`, `${timeOf(5_000)}.000`];
    const hit =
      "Finished in state Cached(type=COMPLETED) hit memory, age 0ms, from 'golden-pug/expensiveComputation-0', saved 5.00s";
    expect(lines()).toEqual([
      `${start} | INFO    | Flow run 'golden-pug' - Beginning flow run 'golden-pug' for flow 'cacheIt'`,
      `${end} | INFO    | Task run 'expensiveComputation-0' - Finished in state Completed() in 5.00s, stored until ${timeOf(65_000)}`,
      `${end} | INFO    | Task run 'expensiveComputation-1' - ${hit}`,
      `${end} | INFO    | Task run 'expensiveComputation-2' - ${hit}`,
      `${end} | INFO    | Flow run 'golden-pug' - Finished in state Completed() in 5.00s: 3 task runs, 2 cached, saved 10.00s`,
    ]);
  });

  it('at debug says what was created, what began, and why it was a miss', async () => {
    const pond = createTestPond({ logLevel: 'debug' });
    await expensive(pond).cacheIt();
    const text = lines().map((line) => line.slice(15));
    expect(text.slice(1, 4)).toEqual([
      "DEBUG   | Task run 'expensiveComputation-0' - Created task run 'expensiveComputation-0' for task 'expensiveComputation'",
      "DEBUG   | Task run 'expensiveComputation-0' - Running",
      expect.stringMatching(
        /Finished in state Completed\(\) in 5\.00s, stored until \d\d:\d\d:\d\d \(miss: first-seen\)$/,
      ),
    ]);
  });

  it('is quiet by default, but for retries, failures and calls that could not be cached', async () => {
    const pond = createTestPond({ logLevel: undefined });
    await expensive(pond).cacheIt();
    expect(lines()).toEqual([]);
    let runs = 0;
    const flaky = task(
      async () => {
        if (++runs < 3) throw new TypeError('no such city');
        return runs;
      },
      {
        name: 'flaky',
        retries: 2,
        cacheKeyFn: () => {
          throw new Error('no key');
        },
      },
    );
    const all = flow(async () => flaky(), { name: 'all', flowRunName: 'f' });
    await pond.run(() => all());
    expect(lines().map((line) => line.slice(15))).toEqual([
      'WARNING | flaky - not cached (key-error): the key function failed: no key',
      "WARNING | Task run 'flaky-0' - Task run failed with exception: TypeError: no such city - Retry 1/2 will start immediately",
      "WARNING | Task run 'flaky-0' - Task run failed with exception: TypeError: no such city - Retry 2/2 will start immediately",
    ]);
  });

  it('says of a failure what it was, with its stack, for the task and the flow', async () => {
    const pond = createTestPond({ logLevel: 'error' });
    const bad = task(
      async () => {
        throw new RangeError('too far');
      },
      { name: 'bad' },
    );
    const all = flow(async () => bad(), { name: 'all', flowRunName: 'f' });
    await expect(pond.run(() => all())).rejects.toThrow('too far');
    const own = lines().filter((line) => line.includes(' | '));
    expect(own.map((line) => line.slice(15))).toEqual([
      "ERROR   | Task run 'bad-0' - Finished in state Failed('Task run encountered an exception RangeError: too far')",
      "ERROR   | Flow run 'f' - Finished in state Failed('Flow run encountered an exception RangeError: too far') in 0ms: 1 task run",
    ]);
    expect(lines().some((line) => line.includes('run-log.spec'))).toBe(true);
  });

  it('calls a flow in a flow a subflow, and counts each one’s own task runs', async () => {
    const pond = createTestPond({ logLevel: 'info' });
    const leaf = task(async () => 1, { name: 'leaf' });
    const sub = flow(async () => leaf(), { name: 'sub', flowRunName: 's' });
    const main = flow(async () => [await leaf(), await leaf(), await sub()], { name: 'main', flowRunName: 'm' });
    await pond.run(() => main());
    expect(lines().map((line) => line.slice(25))).toEqual([
      "Flow run 'm' - Beginning flow run 'm' for flow 'main'",
      "Task run 'leaf-0' - Finished in state Completed() in 0ms",
      "Task run 'leaf-1' - Finished in state Completed() in 0ms",
      "Flow run 's' - Beginning subflow run 's' for flow 'sub'",
      "Task run 'leaf-0' - Finished in state Completed() in 0ms",
      "Flow run 's' - Finished in state Completed() in 0ms: 1 task run",
      "Flow run 'm' - Finished in state Completed() in 0ms: 2 task runs",
    ]);
  });

  it('says of joined runs whom they joined', async () => {
    const pond = createTestPond({ logLevel: 'info' });
    const quote = task(
      async () => {
        await null;
        return 1;
      },
      { name: 'quote', cacheKeyFn: () => 'k' },
    );
    const all = flow(async () => Promise.all([quote(), quote()]), { name: 'all', flowRunName: 'f' });
    await pond.run(() => all());
    expect(lines().map((line) => line.slice(25))).toContain(
      "Task run 'quote-1' - Finished in state Cached(type=COMPLETED) joined, from 'f/quote-0', saved 0ms",
    );
  });

  it('is JSON lines where asked', async () => {
    const pond = createTestPond({ logLevel: 'info', logFormat: 'json' });
    await expensive(pond).cacheIt();
    const parsed = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed).toHaveLength(5);
    expect(parsed[4]).toMatchObject({
      level: 'info',
      message: 'Finished in state Completed() in 5.00s: 3 task runs, 2 cached, saved 10.00s',
    });
  });
});

describe('a logger of the user’s', () => {
  const run = async (logger: object): Promise<void> => {
    const pond = createTestPond({ logLevel: 'info', logger });
    const quote = task(async () => getRunLogger().warn('mind', { step: 1 }), { name: 'quote' });
    await pond.run(() => quote());
    const bad = task(
      async () => {
        throw new Error('x');
      },
      { name: 'bad' },
    );
    await pond.run(() => bad()).catch(() => {});
    expect(written).toEqual([]);
  };

  it('like pino gets the source and fields first, and the error as err', async () => {
    const calls: unknown[][] = [];
    const to =
      (level: string) =>
      (...args: unknown[]): void =>
        void calls.push([level, ...args]);
    const pino = {
      level: 'info',
      child() {},
      bindings() {},
      debug: to('debug'),
      info: to('info'),
      warn: to('warn'),
      error: to('error'),
    };
    await run(pino);
    expect(calls).toEqual([
      ['warn', { source: "Task run 'quote'", step: 1 }, 'mind'],
      ['info', { source: "Task run 'quote'" }, expect.stringContaining('Finished in state Completed()')],
      [
        'error',
        { source: "Task run 'bad'", err: expect.objectContaining({ message: 'x' }) },
        expect.stringContaining('Failed('),
      ],
    ]);
  });

  it('like the console gets the whole line', async () => {
    const calls: unknown[][] = [];
    const to =
      (level: string) =>
      (...args: unknown[]): void =>
        void calls.push([level, ...args]);
    await run({ log: to('log'), debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') });
    expect(calls.map(([level, text]) => [level, text])).toEqual([
      ['warn', "Task run 'quote' - mind"],
      ['info', expect.stringMatching(/^Task run 'quote' - Finished/)],
      ['error', expect.stringMatching(/^Task run 'bad' - Finished/)],
    ]);
  });

  it('that throws or rejects fails no run, and one line on stderr says so', async () => {
    const failing = (): never => {
      throw new Error('disk full');
    };
    const rejecting = async (): Promise<never> => failing();
    for (const logger of [
      { debug: failing, info: failing, warn: failing, error: failing },
      { debug: rejecting, info: rejecting, warn: rejecting, error: rejecting },
    ]) {
      written = [];
      const pond = createTestPond({ logLevel: 'debug', logger, logPrints: true });
      const quote = task(
        async () => {
          console.log('print');
          getRunLogger().error('line');
          return 1;
        },
        { name: 'quote', cacheKeyFn: () => 'k' },
      );
      expect(await pond.run(() => quote())).toBe(1);
      expect(await pond.run(() => quote())).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(written).toEqual([
        expect.stringMatching(
          /WARNING \| flowpond - the logger given failed with Error: disk full; further failures are not reported\n$/,
        ),
      ]);
    }
  });

  it('is named by the run that logs, and outside of runs there is none', async () => {
    const emitter = new EventEmitter();
    const got: string[] = [];
    const to = (message: string): void => void got.push(message);
    const pond = createTestPond({ logLevel: 'info', logger: { debug: to, info: to, warn: to, error: to } });
    const inner = task(async () => emitter.emit('x', getRunLogger()), { name: 'inner' });
    const outer = flow(
      async () => {
        getRunLogger().info('flow');
        await inner();
      },
      { name: 'outer', flowRunName: 'f' },
    );
    emitter.on('x', ({ info }: { info(message: string): void }) => info('task, without this'));
    await pond.run(() => outer());
    expect(got.filter((line) => !/Finished|Beginning/.test(line))).toEqual([
      "Flow run 'f' - flow",
      "Task run 'inner-0' - task, without this",
    ]);
  });
});

describe('the log of a renewal', () => {
  it('says that it was behind an expired value', async () => {
    const pond = createTestPond({ logLevel: 'info' });
    const options = { cacheKeyFn: () => 'A1', cacheExpiration: '10s', staleWhileRevalidate: '10s' } as const;
    const quote = task(async () => 1, { name: 'quote', ...options });
    await pond.run(quote);
    await pond.clock.advance('11s');
    await pond.run(quote);
    await pond.clock.advance(1);
    const ends = lines().filter((line) => line.includes('Completed()'));
    expect(ends.map((line) => line.slice(line.indexOf('Finished')))).toEqual([
      `Finished in state Completed() in 0ms, stored until ${timeOf(10_000)}`,
      `Finished in state Completed() in 0ms, behind an expired value, stored until ${timeOf(21_000)}`,
    ]);
  });
});

describe('the log of a remembered failure', () => {
  it('says that nothing has run', async () => {
    const pond = createTestPond({ logLevel: 'info' });
    const source = async (): Promise<never> => {
      await pond.clock.advance('2s');
      throw new TypeError('no such article');
    };
    const quote = task(source, { name: 'quote', cacheKeyFn: () => 'A1', cacheFailures: { expiration: '5s' } });
    await expect(pond.run(quote)).rejects.toThrow('no such article');
    await pond.clock.advance('1s');
    await expect(pond.run(quote)).rejects.toThrow('no such article');
    const failed =
      "Task run 'quote' - Finished in state Failed('Task run encountered an exception TypeError: no such article')";
    expect(lines().filter((line) => line.includes('Finished'))).toEqual([
      `${timeOf(2_000)}.000 | ERROR   | ${failed}`,
      `${timeOf(3_000)}.000 | ERROR   | ${failed} hit memory, age 1.00s, from 'quote', saved 2.00s`,
    ]);
  });
});
