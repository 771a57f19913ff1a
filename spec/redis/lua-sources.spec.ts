import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LUA } from '../../lib/redis/lua-sources.js';

describe('the scripts in lua-sources.ts', () => {
  it('are those of the .lua files (else run: node lib/redis/scripts/generate.mjs)', async () => {
    const check = promisify(execFile)(process.execPath, ['lib/redis/scripts/generate.mjs', '--check']);
    await expect(check).resolves.toBeDefined();
  });

  it('are whole', () => {
    for (const script of Object.values(LUA))
      expect(script).toMatch(/^-- Stands before every script.*return \{.*\}\n$/s);
  });
});
