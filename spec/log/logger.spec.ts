import { describe, expect, it } from '@jest/globals';
import { isLogFormat, isLogLevel, type LogSeverity, levelIncludes, sourceLogger } from '../../lib/log/logger.js';

describe('log levels', () => {
  it('are the five names and nothing else', () => {
    for (const level of ['silent', 'error', 'warn', 'info', 'debug']) expect(isLogLevel(level)).toBe(true);
    for (const other of ['INFO', 'warning', '', 'toString', '__proto__', 3, null, undefined, ['info']]) {
      expect(isLogLevel(other)).toBe(false);
    }
  });

  it('include the graver ones', () => {
    const shown = (threshold: Parameters<typeof levelIncludes>[0]): LogSeverity[] =>
      (['error', 'warn', 'info', 'debug'] as const).filter((level) => levelIncludes(threshold, level));
    expect(shown('silent')).toEqual([]);
    expect(shown('error')).toEqual(['error']);
    expect(shown('warn')).toEqual(['error', 'warn']);
    expect(shown('info')).toEqual(['error', 'warn', 'info']);
    expect(shown('debug')).toEqual(['error', 'warn', 'info', 'debug']);
  });

  it('have two formats', () => {
    expect(['pretty', 'json', 'text', undefined].map(isLogFormat)).toEqual([true, true, false, false]);
  });
});

describe('sourceLogger', () => {
  const recording = (enabled: boolean) => {
    const lines: unknown[][] = [];
    return { lines, enabled: () => enabled, write: (...line: unknown[]) => void lines.push(line) };
  };

  it('writes each level with the source and the fields, and needs no this', () => {
    const log = recording(true);
    const { debug, info, warn, error } = sourceLogger(log, () => "Task run 'quote-0'");
    debug('a');
    info('b', { n: 1 });
    warn('c');
    error('d');
    expect(log.lines).toEqual([
      ['debug', "Task run 'quote-0'", 'a', undefined],
      ['info', "Task run 'quote-0'", 'b', { n: 1 }],
      ['warn', "Task run 'quote-0'", 'c', undefined],
      ['error', "Task run 'quote-0'", 'd', undefined],
    ]);
  });

  it('makes no name for a line that is not written', () => {
    const log = recording(false);
    const logger = sourceLogger(log, () => {
      throw new Error('the name was asked for');
    });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('x');
    expect(log.lines).toEqual([]);
  });
});
