import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InvalidOptionsError } from '../../lib/base/errors.js';
import { createLog, type LogOptions } from '../../lib/log/log.js';
import { at, fakeStream } from './fake-stream.js';

function setUp(options: Partial<LogOptions> = {}, stream = fakeStream()) {
  const time = { now: at(12, 1, 2, 345) };
  const clock = { now: () => time.now };
  return { stream, time, log: createLog({ level: 'info', format: 'pretty', stream, clock, ...options }) };
}
const failing = (): never => {
  throw new TypeError('disk full');
};

// Jest's own workers set FORCE_COLOR where they are started from a terminal, and CI services do.
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  env = { ...process.env };
  for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS', 'CI']) delete process.env[name];
  process.env.TERM = 'xterm';
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
});

describe('a log', () => {
  it('has the look of Prefect', () => {
    const { log, time, stream } = setUp();
    log.write('info', "Flow run 'golden-pug'", "Beginning flow run 'golden-pug' for flow 'cacheIt'");
    time.now = at(12, 1, 7, 351);
    log.write('info', "Task run 'quote-0'", 'Finished in state Completed() in 5.00s, stored until 12:02:07');
    time.now = at(12, 1, 7, 353);
    log.write(
      'info',
      "Task run 'quote-1'",
      "Finished in state Cached(type=COMPLETED) hit memory, age 2ms, from 'golden-pug/quote-0', saved 5.00s",
    );
    time.now = at(12, 1, 7, 354);
    log.write(
      'info',
      "Flow run 'golden-pug'",
      'Finished in state Completed() in 5.01s: 2 task runs, 1 cached, saved 5.00s',
    );
    expect(stream.lines()).toEqual([
      "12:01:02.345 | INFO    | Flow run 'golden-pug' - Beginning flow run 'golden-pug' for flow 'cacheIt'",
      "12:01:07.351 | INFO    | Task run 'quote-0' - Finished in state Completed() in 5.00s, stored until 12:02:07",
      "12:01:07.353 | INFO    | Task run 'quote-1' - Finished in state Cached(type=COMPLETED) hit memory, age 2ms, from 'golden-pug/quote-0', saved 5.00s",
      "12:01:07.354 | INFO    | Flow run 'golden-pug' - Finished in state Completed() in 5.01s: 2 task runs, 1 cached, saved 5.00s",
    ]);
  });

  it('writes JSON where asked', () => {
    const { log, stream, time } = setUp({ format: 'json' });
    log.write('warn', 'flowpond', 'slow', { ms: 3 });
    const iso = new Date(time.now).toISOString();
    expect(stream.written).toEqual([`{"time":"${iso}","level":"warn","source":"flowpond","message":"slow","ms":3}\n`]);
  });

  it('writes what its level includes and nothing else', () => {
    for (const [level, expected] of [
      ['silent', ''],
      ['error', 'e'],
      ['warn', 'ew'],
      ['info', 'ewi'],
      ['debug', 'ewid'],
    ] as const) {
      const { log, stream } = setUp({ level });
      for (const one of ['error', 'warn', 'info', 'debug'] as const) {
        expect(log.enabled(one)).toBe(expected.includes(one.charAt(0)));
        log.write(one, 'flowpond', one.charAt(0));
      }
      expect(stream.written.map((line) => line.at(-2)).join('')).toBe(expected);
    }
  });

  it('writes to the process.stderr of the moment', () => {
    const { log } = setUp({ stream: undefined });
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      log.write('info', 'flowpond', 'x');
      expect(write.mock.calls.map(([text]) => text)).toEqual(['12:01:02.345 | INFO    | flowpond - x\n']);
    } finally {
      write.mockRestore();
    }
  });

  it('takes the time of the machine where no clock is given', () => {
    const { log, stream } = setUp({ clock: undefined, format: 'json' });
    const now = jest.spyOn(Date, 'now').mockReturnValue(1_790_000_000_123);
    try {
      log.write('info', 'flowpond', 'x');
    } finally {
      now.mockRestore();
    }
    expect(Date.parse(JSON.parse(stream.written[0] ?? '').time)).toBe(1_790_000_000_123);
  });

  it('shows an error that was given in place of fields', () => {
    const { log, stream } = setUp();
    const error = Object.assign(new Error('boom'), { stack: 'Error: boom' });
    log.write('error', 'flowpond', 'it failed', error as never);
    expect(stream.lines()).toEqual(['12:01:02.345 | ERROR   | flowpond - it failed', '  Error: boom']);
  });

  it('writes messages and fields that only JavaScript lets through', () => {
    const { log, stream } = setUp({ format: 'json' });
    log.write('info', 'flowpond', { a: 1 } as never, 'detail' as never);
    expect(JSON.parse(stream.written[0] ?? '')).toMatchObject({ message: '{ a: 1 }' });
  });

  it('writes the line even if a field cannot be read', () => {
    const { log, stream } = setUp({ format: 'json' });
    log.write(
      'info',
      'flowpond',
      'x',
      Object.defineProperty({ ok: 1, name: 'a', message: 'b' }, 'stack', { get: failing }),
    );
    expect(JSON.parse(stream.written[0] ?? '')).toMatchObject({ message: 'x', ok: 1 });
  });

  it('reads own options only', () => {
    const stream = fakeStream();
    const inherited = { logger: { info: failing } };
    createLog(Object.assign(Object.create(inherited), { level: 'info', format: 'pretty', stream })).write(
      'info',
      'a',
      'b',
    );
    expect(stream.lines()).toHaveLength(1);
  });
});

describe('colours', () => {
  const coloured = '\u001b[36mINFO\u001b[39m';

  it('are written to a terminal and not to a pipe', () => {
    const terminal = setUp({}, fakeStream({ isTTY: true }));
    terminal.log.write('info', 'flowpond', 'x');
    expect(terminal.stream.lines()).toEqual([`12:01:02.345 | ${coloured}    | flowpond - x`]);
    const pipe = setUp();
    pipe.log.write('info', 'flowpond', 'x');
    expect(pipe.stream.lines()).toEqual(['12:01:02.345 | INFO    | flowpond - x']);
  });

  it('are decided anew for another stream', () => {
    const { log } = setUp({ stream: undefined });
    const real = Object.getOwnPropertyDescriptor(process, 'stderr') ?? {};
    const streams = [fakeStream({ isTTY: true }), fakeStream(), fakeStream({ isTTY: true })];
    try {
      for (const stream of streams) {
        Object.defineProperty(process, 'stderr', { value: stream, configurable: true });
        log.write('info', 'flowpond', 'x');
      }
    } finally {
      Object.defineProperty(process, 'stderr', real);
    }
    expect(streams.map((stream) => stream.written.join('').includes(coloured))).toEqual([true, false, true]);
  });

  it('are left out where NO_COLOR says so', () => {
    process.env.NO_COLOR = '1';
    const { log, stream } = setUp({}, fakeStream({ isTTY: true }));
    log.write('info', 'flowpond', 'x');
    expect(stream.lines()).toEqual(['12:01:02.345 | INFO    | flowpond - x']);
  });

  it('are what the option says, whatever the stream is', () => {
    const yes = setUp({ color: true });
    yes.log.write('info', 'flowpond', 'x');
    expect(yes.stream.lines()[0]).toContain(coloured);
    const no = setUp({ color: false }, fakeStream({ isTTY: true }));
    no.log.write('info', 'flowpond', 'x');
    expect(no.stream.lines()[0]).not.toContain(coloured);
  });

  it('are never in JSON', () => {
    const { log, stream } = setUp({ color: true, format: 'json' });
    log.write('info', "Task run 'a'", 'Completed');
    expect(stream.written.join('')).not.toContain('\\u001b');
  });
});

describe("a logger of the user's", () => {
  const FOUR = { debug: failing, info: failing, warn: failing, error: failing };

  it('gets the lines instead of the stream, from the level on', () => {
    const seen: unknown[][] = [];
    const { log, stream } = setUp({ logger: { ...FOUR, info: (...args: unknown[]) => seen.push(args) } });
    log.write('info', "Task run 'a'", 'done', { ms: 1 });
    log.write('debug', "Task run 'a'", 'not asked for');
    expect(seen).toEqual([["Task run 'a' - done", { ms: 1 }]]);
    expect(stream.written).toEqual([]);
  });

  it('may throw: the log says so once and the task goes on', () => {
    const { log, stream } = setUp({ logger: FOUR });
    log.write('info', 'flowpond', 'first');
    log.write('error', 'flowpond', 'second');
    expect(stream.lines()).toEqual([
      '12:01:02.345 | WARNING | flowpond - the logger given failed with TypeError: disk full; further failures are not reported',
    ]);
    const other = setUp({ logger: FOUR, format: 'json' });
    other.log.write('info', 'flowpond', 'first');
    expect(JSON.parse(other.stream.written[0] ?? '')).toMatchObject({ level: 'warn', source: 'flowpond' });
  });

  it('may reject: nothing is left unhandled', async () => {
    const { log, stream } = setUp({ logger: { ...FOUR, info: async () => failing() } });
    log.write('info', 'flowpond', 'x');
    log.write('info', 'flowpond', 'x');
    await setImmediate();
    expect(stream.lines()).toHaveLength(1);
    expect(stream.lines()[0]).toContain('the logger given failed with TypeError: disk full');
  });

  it('may fail while the stream fails too', async () => {
    const { log } = setUp({ logger: { ...FOUR, info: async () => failing() }, clock: { now: failing } });
    expect(() => log.write('error', 'flowpond', 'x')).not.toThrow();
    const other = setUp({ logger: { ...FOUR, info: async () => failing() }, clock: { now: failing } });
    other.log.write('info', 'flowpond', 'x');
    await setImmediate(); // an unhandled rejection would fail this spec
  });

  it('may come back to this log, as a console does whose prints are logged: the line is written once', () => {
    const seen: string[] = [];
    const { log, stream } = setUp({
      logger: {
        ...FOUR,
        info(message: string) {
          seen.push(message);
          log.write('info', 'print', message);
        },
      },
    });
    log.write('info', 'flowpond', 'x');
    log.write('info', 'flowpond', 'y');
    expect(seen).toEqual(['flowpond - x', 'flowpond - y']);
    expect(stream.lines()).toEqual([
      '12:01:02.345 | INFO    | print - flowpond - x',
      '12:01:02.345 | INFO    | print - flowpond - y',
    ]);
  });

  it('is refused where it is none', () => {
    expect(() => setUp({ logger: {} })).toThrow(InvalidOptionsError);
    expect(() => setUp({ logger: {} })).toThrow(/^createPond: option `logger` lacks/);
    expect(() => setUp({ logger: {}, where: 'configure' })).toThrow(/^configure: /);
  });
});

describe('a broken stream', () => {
  /** Makes an `error` event that nobody hears, which would end the process, visible. */
  const unheard = (stream: EventEmitter): unknown[] => {
    const events: unknown[] = [];
    const emit = stream.emit.bind(stream);
    stream.emit = (event: string | symbol, ...args: unknown[]) => {
      if (event !== 'error' || stream.listenerCount('error') > 0) return emit(event, ...args);
      events.push(args[0]);
      return false;
    };
    return events;
  };

  it.each([
    ['at once', (done: (error: Error) => void) => done(new Error('EPIPE'))],
    ['later', (done: (error: Error) => void) => void setImmediate().then(() => done(new Error('EPIPE')))],
  ])('that fails %s does not end the process, and no listener stays behind', async (_, fail) => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => fail(done) });
    const events = unheard(stream);
    const { log } = setUp({ stream });
    log.write('info', 'flowpond', 'x');
    log.write('info', 'flowpond', 'y');
    for (let turn = 0; turn < 4; turn += 1) await setImmediate();
    log.write('info', 'flowpond', 'z');
    await setImmediate();
    expect(stream.destroyed).toBe(true);
    expect(events).toEqual([]);
    expect(stream.listenerCount('error')).toBe(0);
  });

  it('that tells of its failure within write does not reach the task', () => {
    const stream = Object.assign(new EventEmitter(), {
      write(): void {
        stream.emit('error', new Error('EPIPE'));
      },
    });
    const events = unheard(stream);
    setUp({ stream }).log.write('info', 'flowpond', 'x');
    expect(events).toEqual([]);
    expect(stream.listenerCount('error')).toBe(0);
  });

  it('that is well keeps no listener of the log', async () => {
    const stream = new PassThrough();
    setUp({ stream }).log.write('info', 'flowpond', 'x');
    expect(stream.listenerCount('error')).toBe(0);
    await setImmediate();
    expect(stream.listenerCount('error')).toBe(0);
  });

  it('that was ended is left alone', async () => {
    const stream = new PassThrough();
    const events = unheard(stream);
    stream.end();
    const write = jest.spyOn(stream, 'write');
    setUp({ stream }).log.write('info', 'flowpond', 'x');
    await setImmediate();
    expect(write).not.toHaveBeenCalled();
    expect(events).toEqual([]);
  });

  it('whose write throws does not reach the task', () => {
    const { log } = setUp({ stream: { write: failing } });
    expect(() => log.write('info', 'flowpond', 'x')).not.toThrow();
  });

  it('leaves a listener of its owner to hear the error', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const heard: unknown[] = [];
    stream.on('error', (error) => heard.push(error.message));
    setUp({ stream }).log.write('info', 'flowpond', 'x');
    await setImmediate();
    expect(heard).toEqual(['EPIPE']);
  });

  it('that falls behind loses lines instead of filling the memory, and is told how many', () => {
    const stream = fakeStream({ writableLength: 0 });
    const { log } = setUp({}, stream);
    log.write('info', 'flowpond', 'a');
    stream.writableLength = 5 * 1024 * 1024;
    log.write('info', 'flowpond', 'b');
    log.write('info', 'flowpond', 'c');
    stream.writableLength = 0;
    log.write('info', 'flowpond', 'd');
    log.write('info', 'flowpond', 'e');
    expect(stream.lines()).toEqual([
      '12:01:02.345 | INFO    | flowpond - a',
      "12:01:02.345 | WARNING | flowpond - 2 log lines were lost: the log's stream is slower than what is logged",
      '12:01:02.345 | INFO    | flowpond - d',
      '12:01:02.345 | INFO    | flowpond - e',
    ]);
  });
});
