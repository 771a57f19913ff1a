import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { InvalidOptionsError } from '../../lib/index.js';
import { findDriver } from '../../lib/sqlite/driver.js';
import { type SqliteStoreOptions, sqliteStore } from '../../lib/sqlite/index.js';
import { readSettings } from '../../lib/sqlite/options.js';
import { isStateStore } from '../../lib/stores/store.js';

describe('the options of the SQLite store', () => {
  it('all have defaults', () => {
    expect(readSettings({})).toMatchObject({
      path: join(process.cwd(), '.flowpond', 'states.db'),
      busyTimeoutMs: 50,
      keepExpiredMs: 3_600_000,
    });
    expect(isStateStore(sqliteStore())).toBe(true);
  });

  it.each<[keyof SqliteStoreOptions, unknown, string]>([
    ['path', ':memory:', 'Use memoryStore() instead'],
    ['path', ':memory:?cache=shared', 'Use memoryStore() instead'],
    ['path', 'file::memory:', 'must be a path, not a URL'],
    ['path', 'file:///tmp/states.db', 'must be a path, not a URL'],
    ['path', '', 'must be the path of a file'],
    ['path', 'a\0b', 'must be the path of a file'],
    ['path', 5, 'must be the path of a file'],
    ['path', new URL('file:///tmp/states.db'), 'must be the path of a file'],
    ['busyTimeout', 51, 'must be at most 50 ms'],
    ['busyTimeout', '5s', 'must be at most 50 ms'],
    ['busyTimeout', -1, 'must be a finite duration'],
    ['keepExpired', 'long', 'must be a finite duration'],
    ['keepExpired', Number.POSITIVE_INFINITY, 'must be a finite duration'],
    ['driver', {}, 'must be a module with DatabaseSync'],
    ['driver', null, 'must be a module with DatabaseSync'],
  ])('cannot be a %s of %p', (option, value, message) => {
    expect(() => sqliteStore({ [option]: value })).toThrow(InvalidOptionsError);
    expect(() => sqliteStore({ [option]: value })).toThrow(message);
  });

  it('name the option that was probably meant', () => {
    expect(() => sqliteStore({ pth: 'x' } as object)).toThrow('Did you mean `path`?');
  });

  it('are own properties only', () => {
    expect(
      readSettings(
        Object.create({ path: '/elsewhere/states.db', x: 1 }, { busyTimeout: { value: 5, enumerable: true } }),
      ),
    ).toMatchObject({ path: join(process.cwd(), '.flowpond', 'states.db'), busyTimeoutMs: 5 });
  });
});

describe('the driver', () => {
  const builtin = process.getBuiltinModule.bind(process);
  const without = (require: (base: string) => unknown) =>
    jest.spyOn(process, 'getBuiltinModule').mockImplementation(((id: string) => {
      if (id === 'node:sqlite') return undefined;
      return id === 'node:module' ? { createRequire: require } : builtin(id);
    }) as never);

  it('is node:sqlite where Node has it', () => {
    const own = { DatabaseSync: class {} };
    const spy = jest.spyOn(process, 'getBuiltinModule').mockReturnValue(own as never);
    try {
      expect(findDriver()).toBe(own);
    } finally {
      spy.mockRestore();
    }
  });

  it('is the package where Node has none, looked for from this package, the program and the directory', () => {
    const own = { DatabaseSync: class {} };
    const bases: string[] = [];
    const spy = without((base) => {
      bases.push(base);
      const found = Object.assign(() => own, { resolve: () => '/package.js' });
      const missing = Object.assign(() => own, {
        resolve: () => {
          throw new Error('not found');
        },
      });
      return base.endsWith('package.json') ? found : missing;
    });
    try {
      expect(findDriver()).toBe(own);
    } finally {
      spy.mockRestore();
    }
    expect(bases).toEqual([
      expect.stringMatching(/lib\/sqlite\/driver\.ts$/),
      process.argv[1],
      join(process.cwd(), 'package.json'),
    ]);
  });

  it('where there is none at all, says what to do', () => {
    const spy = without(() => ({
      resolve: () => {
        throw new Error('not found');
      },
    }));
    try {
      expect(() => sqliteStore()).toThrow('Run `npm install @photostructure/sqlite@1`, or use Node >= 22.13.');
    } finally {
      spy.mockRestore();
    }
  });

  it('that cannot be loaded, says why', () => {
    const fail = (): never => {
      throw new Error('wrong ELF class');
    };
    const spy = without(() => Object.assign(fail, { resolve: () => '/package.js' }));
    try {
      expect(() => sqliteStore()).toThrow(
        '@photostructure/sqlite is installed, but cannot be loaded: wrong ELF class.',
      );
    } finally {
      spy.mockRestore();
    }
  });
});
