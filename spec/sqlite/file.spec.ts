import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { keyOf, onDisk, temporaryDirectory } from './on-disk.js';

const mode = (path: string): number => lstatSync(path).mode & 0o777;
const key = keyOf('a');

describe('the database file', () => {
  it('is made for its owner alone, in directories made for the owner alone, and so are the files beside it', () => {
    const outer = temporaryDirectory();
    const umask = process.umask(0);
    try {
      const { put } = onDisk({ path: join(outer, 'a', 'b', 'states.db') });
      put(key, 1);
    } finally {
      process.umask(umask);
    }
    expect([join(outer, 'a'), join(outer, 'a', 'b')].map(mode)).toEqual([0o700, 0o700]);
    const files = readdirSync(join(outer, 'a', 'b')).sort();
    expect(files).toEqual(['states.db', 'states.db-shm', 'states.db-wal']);
    expect(files.map((file) => mode(join(outer, 'a', 'b', file)))).toEqual([0o600, 0o600, 0o600]);
  });

  it('is not made before something is asked of the store', () => {
    const directory = temporaryDirectory();
    onDisk({ path: join(directory, 'later', 'states.db') });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps the mode of a directory that is there', () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o750);
    onDisk({ path: join(directory, 'states.db') }).put(key, 1);
    expect(mode(directory)).toBe(0o750);
  });

  it.each(['states.db', 'states.db-wal', 'states.db-shm'])('is refused where %s is a symbolic link', (name) => {
    const directory = temporaryDirectory();
    const target = join(directory, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, join(directory, name));
    const { store } = onDisk({ path: join(directory, 'states.db') });
    expect(() => store.get(key)).toThrow(`'${join(directory, name)}' is a symbolic link, which is refused`);
    expect(lstatSync(target).size).toBe(8);
  });

  it('is refused where it is a link to nothing', () => {
    const directory = temporaryDirectory();
    symlinkSync(join(directory, 'nothing'), join(directory, 'states.db'));
    const { store } = onDisk({ path: join(directory, 'states.db') });
    expect(() => store.get(key)).toThrow('is a symbolic link');
    expect(readdirSync(directory)).toEqual(['states.db']);
  });

  it('is refused in a directory that is a link of a user', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'real'));
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    if (process.getuid?.() === 0) execFileSync('chown', ['-h', '65534', join(directory, 'link')]);
    const { store } = onDisk({ path: join(directory, 'link', 'states.db') });
    expect(() => store.get(key)).toThrow(`'${join(directory, 'link')}' is a symbolic link`);
  });

  it('is refused where it is a directory or a pipe, without waiting for one', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    for (const name of ['directory', 'pipe']) {
      const { store } = onDisk({ path: join(directory, name) });
      expect(() => store.get(key)).toThrow(`'${join(directory, name)}' is not a file`);
    }
  });

  it('stays where it is, whatever the namespace is called', () => {
    const outer = temporaryDirectory();
    const { put, value } = onDisk({ path: join(outer, 'in', 'states.db') });
    const names = ['../../escaped', '/etc/passwd', 'a/../../b', '..', '\0', 'C:\\x'];
    const keys = names.map((namespace) => keyOf('a', 'Pricing.quote', undefined, namespace));
    for (const one of keys) put(one, one.scope.namespace);
    expect(keys.map(value)).toEqual(names);
    expect(readdirSync(outer)).toEqual(['in']);
    expect(readdirSync(join(outer, 'in')).every((file) => file.startsWith('states.db'))).toBe(true);
  });
});
