import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CacheKeyFn, flow, getRunLogger, type PondOptions, task } from '../../lib/index.js';
import { createTestPond } from '../../lib/testing/index.js';

/** The console below ours, and what reached it. */
const untouched = {
  debug: console.debug,
  log: console.log,
  info: console.info,
  warn: console.warn,
  error: console.error,
};
type Method = keyof typeof untouched;
const METHODS = Object.keys(untouched) as Method[];
let base: typeof untouched;
let passed: string[];

beforeEach(() => {
  passed = [];
  base = Object.fromEntries(
    METHODS.map((method) => [method, (...args: unknown[]) => void passed.push(`${method}: ${args.join(' ')}`)]),
  ) as never;
  Object.assign(console, base);
});

afterEach(() => {
  const left = METHODS.filter((method) => console[method] !== base[method]);
  Object.assign(console, untouched);
  expect(left).toEqual([]);
});

function logging(options: PondOptions = {}) {
  const lines: string[] = [];
  const to =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  const logger = { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
  const pond = createTestPond({ logger, logLevel: 'info', ...options } as PondOptions & { clock?: never });
  const prints = () => lines.filter((line) => !/Finished|Beginning|Created|Running/.test(line));
  return { pond, lines, prints };
}

describe('logPrints', () => {
  it('makes each kind of print a line of the run at its level', async () => {
    const { pond, prints } = logging({ logLevel: 'debug' });
    const all = task(
      async () => {
        console.debug('a');
        console.log('b %d', 1, { x: 1 });
        console.info('c');
        await null;
        console.warn('d');
        console.error('e');
      },
      { name: 'all', logPrints: true },
    );
    await pond.run(() => all());
    const source = "Task run 'all' - ";
    expect(prints()).toEqual([
      `debug: ${source}a`,
      `info: ${source}b 1 { x: 1 }`,
      `info: ${source}c`,
      `warn: ${source}d`,
      `error: ${source}e`,
    ]);
    expect(passed).toEqual([]);
  });

  it('lets a print below the level of the log through to the console, untouched', async () => {
    const { pond, prints } = logging({ logLevel: 'warn' });
    const all = task(
      async () => {
        console.log('low');
        console.error('high');
      },
      { name: 'all', logPrints: true },
    );
    await pond.run(() => all());
    expect(passed).toEqual(['log: low']);
    expect(prints()).toEqual(["error: Task run 'all' - high"]);
  });

  it.each([
    // pond, flow, task, does the task's print become a line, does the flow's
    [undefined, undefined, undefined, false, false],
    [true, undefined, undefined, true, true],
    [true, false, undefined, false, false],
    [true, false, true, true, false],
    [true, undefined, false, false, true],
    [false, true, undefined, true, true],
    [undefined, true, false, false, true],
    [undefined, undefined, true, true, false],
  ] as const)(
    'is the task’s, then the flow’s, then the pond’s: pond %p, flow %p, task %p',
    async (ofPond, ofFlow, ofTask, taskLine, flowLine) => {
      const { pond, prints } = logging({ logPrints: ofPond });
      const inner = task(async () => console.log('from the task'), { name: 'inner', logPrints: ofTask });
      const outer = flow(
        async () => {
          await inner();
          console.log('from the flow');
        },
        { name: 'outer', flowRunName: 'f', logPrints: ofFlow },
      );
      await pond.run(() => outer());
      expect(prints()).toEqual([
        ...(taskLine ? ["info: Task run 'inner-0' - from the task"] : []),
        ...(flowLine ? ["info: Flow run 'f' - from the flow"] : []),
      ]);
      expect(passed).toEqual([
        ...(taskLine ? [] : ['log: from the task']),
        ...(flowLine ? [] : ['log: from the flow']),
      ]);
    },
  );

  it.each([
    [true, undefined, ["info: Task run 'keyed-0' - key"], []],
    [false, true, [], ['log: key']],
    [true, false, ["info: Task run 'keyed-0' - key"], []],
    [undefined, true, ["info: Task run 'keyed-0' - key"], []],
  ] as const)(
    'takes the key function’s prints by the task’s setting (%p, in a flow with %p)',
    async (ofTask, ofFlow, lines, direct) => {
      const { pond, prints } = logging();
      const keyFn: CacheKeyFn = () => {
        console.log('key');
        return 'k';
      };
      const keyed = task(async () => 1, { name: 'keyed', cacheKeyFn: keyFn, logPrints: ofTask });
      const outer = flow(() => keyed(), { name: 'outer', logPrints: ofFlow });
      await pond.run(async () => outer());
      expect(prints()).toEqual(lines);
      expect(passed).toEqual(direct);
    },
  );

  it('takes the prints of an asynchronous key function, and of a hit’s', async () => {
    const { pond, prints } = logging();
    const keyFn: CacheKeyFn = async () => {
      await null;
      console.log('key');
      return 'k';
    };
    const keyed = task(async () => 1, { name: 'keyed', cacheKeyFn: keyFn, logPrints: true });
    await pond.run(() => keyed());
    await pond.run(() => keyed());
    expect(prints()).toEqual(["info: Task run 'keyed' - key", "info: Task run 'keyed' - key"]);
    expect(passed).toEqual([]);
  });

  it('leaves what code outside prints at the same time alone', async () => {
    const { pond, prints } = logging();
    let goOn: () => void = () => {};
    const slow = task(
      async () => {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        console.log('inside');
      },
      { name: 'slow', logPrints: true },
    );
    const running = pond.run(() => slow());
    console.log('outside');
    console.error('outside too');
    goOn();
    await running;
    expect(passed).toEqual(['log: outside', 'error: outside too']);
    expect(prints()).toEqual(["info: Task run 'slow' - inside"]);
  });

  it('keeps each print with its own run when many are under way', async () => {
    const { pond, prints } = logging();
    const one = task(
      async (id: number) => {
        for (let i = 0; i < 3; i++) {
          await null;
          console.log(`${id}`);
        }
      },
      { name: 'one', parameters: ['id'], taskRunName: 'run {id}', logPrints: true },
    );
    await pond.run(() => Promise.all(Array.from({ length: 50 }, (_, id) => one(id))));
    const own = prints().map((line) => /'run (\d+)' - (\d+)$/.exec(line)?.slice(1) ?? []);
    expect(own).toHaveLength(150);
    expect(own.every(([run, print]) => run === print)).toBe(true);
  });

  it('restores the console after synchronous runs and after failing ones', async () => {
    const { pond, prints } = logging();
    const sync = task(() => console.log('sync'), { name: 'sync', logPrints: true });
    const thrower = task(
      () => {
        throw new Error('x');
      },
      { name: 'thrower', logPrints: true },
    );
    const rejecter = task(async () => Promise.reject(new Error('y')), { name: 'rejecter', logPrints: true });
    pond.run(() => sync());
    expect(console.log).toBe(base.log);
    expect(() => pond.run(() => thrower())).toThrow('x');
    expect(console.log).toBe(base.log);
    await expect(pond.run(() => rejecter())).rejects.toThrow('y');
    expect(console.log).toBe(base.log);
    expect(prints()).toEqual(["info: Task run 'sync' - sync"]);
  });

  it('keeps the patch of somebody who patched the console meanwhile, and takes no line twice after it is gone', async () => {
    const { pond, prints } = logging();
    let goOn: () => void = () => {};
    const slow = task(
      () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
        }),
      { name: 'slow', logPrints: true },
    );
    const quick = task(async () => console.log('quick'), { name: 'quick', logPrints: true });
    for (let round = 0; round < 3; round++) {
      const running = pond.run(() => slow());
      const ours = console.log;
      const theirs = (...args: unknown[]): void => ours('[theirs]', ...args);
      console.log = theirs;
      goOn();
      await running;
      expect(console.log).toBe(theirs);
      console.log('through');
      await pond.run(() => quick());
      expect(console.log).toBe(theirs);
      console.log = ours; // they give back what they found
      console.log('and back');
      await pond.run(() => quick());
    }
    expect(console.log).toBe(base.log);
    const round = ['log: [theirs] through', 'log: and back'];
    expect(passed).toEqual([...round, ...round, ...round]);
    expect(prints()).toEqual(Array.from({ length: 6 }, () => "info: Task run 'quick' - quick"));
  });

  it('writes a line once through a logger that is the console itself', async () => {
    const { pond } = logging({ logger: console });
    const all = task(
      async () => {
        console.log('print');
        getRunLogger().warn('line');
      },
      { name: 'all', logPrints: true },
    );
    await pond.run(() => all());
    expect(passed.slice(0, 2)).toEqual(["info: Task run 'all' - print", "warn: Task run 'all' - line"]);
  });

  it('takes prints made after an await by code that a run began and left behind', async () => {
    const { pond, prints } = logging();
    let late: Promise<void> = Promise.resolve();
    const all = task(
      async () => {
        late = new Promise((resolve) => {
          setImmediate(() => {
            console.log('late');
            resolve();
          });
        });
      },
      { name: 'all', logPrints: true },
    );
    await pond.run(() => all());
    await late;
    expect(passed).toEqual(['log: late']); // the run is over, the console is its own again
    expect(prints()).toEqual([]);
  });

  it('does not fail a run whose print cannot be shown', async () => {
    const { pond } = logging();
    const bad = {
      toString: () => {
        throw new Error('x');
      },
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw new Error('y');
      },
    };
    const all = task(async () => console.log(bad) as undefined, { name: 'all', logPrints: true });
    await expect(pond.run(() => all())).rejects.toThrow('y'); // as console.log itself does
  });
});
