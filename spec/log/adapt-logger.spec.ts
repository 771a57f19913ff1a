import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../lib/base/errors.js';
import { adaptLogger } from '../../lib/log/adapt-logger.js';

/** A logger that remembers its calls, with whatever methods. */
function recorder(...methods: string[]) {
  const calls: unknown[][] = [];
  const logger: Record<string, unknown> = {};
  for (const name of methods) {
    logger[name] = function (this: unknown, ...args: unknown[]) {
      if (this !== logger) throw new Error('called without its this');
      calls.push([name, ...args]);
    };
  }
  return { calls, logger };
}
const FOUR = ['debug', 'info', 'warn', 'error'];
const error = Object.assign(new Error('boom'), { code: 'E_BOOM', stack: 'Error: boom\n    at x' });

describe('adaptLogger', () => {
  it('gives a plain logger the source within the message, and fields if there are any', () => {
    const { calls, logger } = recorder(...FOUR);
    const log = adaptLogger(logger, 'createPond');
    log.info('done', { ms: 3 }, "Task run 'a'");
    log.debug('done', {}, "Task run 'a'");
    log.warn('done', undefined, "Task run 'a'");
    log.error('done', { error });
    expect(calls).toEqual([
      ['info', "Task run 'a' - done", { ms: 3 }],
      ['debug', "Task run 'a' - done"],
      ['warn', "Task run 'a' - done"],
      ['error', 'done', { error }],
    ]);
    expect(calls[3]?.[2]).toHaveProperty('error', error);
  });

  it('takes console, which also has a log method', () => {
    const { calls, logger } = recorder('log', ...FOUR);
    adaptLogger(logger, 'createPond').info('done', undefined, 'flowpond');
    expect(calls).toEqual([['info', 'flowpond - done']]);
    expect(() => adaptLogger(console, 'createPond')).not.toThrow();
  });

  it('makes text harmless for those who print it as it comes', () => {
    const { calls, logger } = recorder(...FOUR);
    adaptLogger(logger, 'createPond').info('a\u001b[2J\nb', undefined, "Task run 'x\n'");
    expect(calls).toEqual([['info', "Task run 'x\\n' - a\\x1b[2J\nb"]]);
  });

  it('gives winston an error that its JSON can show', () => {
    const { calls, logger } = recorder('log', 'configure', 'add', ...FOUR);
    const log = adaptLogger(logger, 'createPond');
    log.error('failed', { error, ms: 1 });
    log.error('failed', { error: 'text' });
    expect(calls).toEqual([
      ['error', 'failed', { error: { name: 'Error', message: 'boom', code: 'E_BOOM', stack: error.stack }, ms: 1 }],
      ['error', 'failed', { error: 'text' }],
    ]);
  });

  it('gives pino the fields first, and errors under err', () => {
    const { calls, logger } = recorder('child', 'bindings', ...FOUR);
    const log = adaptLogger(Object.assign(logger, { level: 'info' }), 'createPond');
    const fields = Object.freeze({ error, ms: 1 });
    log.info('done\u001b', { ms: 3 }, "Task run 'a'");
    log.error('failed', fields, "Task run 'a'");
    log.warn('careful', { error: 1, err: 2 });
    expect(calls).toEqual([
      ['info', { source: "Task run 'a'", ms: 3 }, 'done\u001b'],
      ['error', { source: "Task run 'a'", err: error, ms: 1 }, 'failed'],
      ['warn', { error: 1, err: 2 }, 'careful'],
    ]);
  });

  it("gives Nest's LoggerService the source as its context, and an error's stack", () => {
    const { calls, logger } = recorder('log', 'error', 'warn', 'debug');
    const log = adaptLogger(logger, 'createPond');
    log.info('done', { ms: 3 }, "Task run 'a'");
    log.debug('done', undefined, "Task run 'a'");
    log.warn('careful', { error }, "Task run 'a'");
    log.error('failed', { error }, "Task run 'a'");
    log.error('failed', { error: 'text' }, "Task run 'a'");
    log.error('failed');
    expect(calls).toEqual([
      ['log', 'done', "Task run 'a'"],
      ['debug', 'done', "Task run 'a'"],
      ['warn', 'careful', "Task run 'a'"],
      ['error', 'failed', error.stack, "Task run 'a'"],
      ['error', 'failed', "Task run 'a'"],
      ['error', 'failed', 'flowpond'],
    ]);
  });

  it('uses log where a LoggerService has no debug', () => {
    const { calls, logger } = recorder('log', 'error', 'warn');
    adaptLogger(logger, 'createPond').debug('details', undefined, 'flowpond');
    expect(calls).toEqual([['log', 'details', 'flowpond']]);
  });

  it('finds methods on the prototype and on functions', () => {
    class Mine {
      static readonly seen: unknown[] = [];
      static log(message: string): void {
        Mine.seen.push(message);
      }
      static warn(): void {}
      static error(): void {}
      debug(): void {}
      info(message: string): void {
        Mine.seen.push(message);
      }
      warn(): void {}
      error(): void {}
    }
    adaptLogger(new Mine(), 'createPond').info('a');
    adaptLogger(Mine, 'createPond').info('b');
    expect(Mine.seen).toEqual(['a', 'b']);
  });

  it('looks the method up at each line, since loggers exchange theirs when their level changes', () => {
    const { calls, logger } = recorder(...FOUR);
    const log = adaptLogger(logger, 'createPond');
    logger.info = () => void calls.push(['exchanged']);
    log.info('x');
    expect(calls).toEqual([['exchanged']]);
  });

  it('hands back what the logger answered', () => {
    const logger = { debug: () => 1, info: () => 2, warn: () => 3, error: () => 4 };
    expect(adaptLogger(logger, 'createPond').info('x')).toBe(2);
  });

  it('names what a logger lacks, and what to give', () => {
    const refuse = (given: unknown): string => {
      try {
        adaptLogger(given, 'configure');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(InvalidOptionsError);
        return (thrown as Error).message;
      }
      throw new Error('was accepted');
    };
    const remedy =
      "Give pino, Nest's LoggerService, winston, console, or any object with the methods debug, info, warn and error.";
    expect(refuse({ info() {}, error() {} })).toBe(
      `configure: option \`logger\` lacks the methods \`debug\`, \`warn\`. ${remedy}`,
    );
    expect(refuse({ log() {}, error() {} })).toBe(`configure: option \`logger\` lacks the method \`warn\`. ${remedy}`);
    expect(refuse(true)).toBe(`configure: option \`logger\` is no logger (got true). ${remedy}`);
    expect(refuse(null)).toBe(`configure: option \`logger\` is no logger (got null). ${remedy}`);
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(refuse(hostile)).toMatch(/lacks the methods `debug`, `info`, `warn`, `error`/);
  });
});
