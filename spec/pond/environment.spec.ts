import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const LOADER = ['--disable-warning=DEP0205', '--import', '@swc-node/register/esm-register'];
/** As if nobody had set any of them around this spec. */
const UNSET = { NODE_OPTIONS: '', FLOWPOND_LOG: '', FLOWPOND_LOG_FORMAT: '', FLOWPOND_CACHING: '' };
const PATIENCE_MS = 120_000;

const child = async (env: Record<string, string>): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [...LOADER, 'spec/pond/environment-child.ts'], {
    env: { ...process.env, ...UNSET, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
  });

describe('a process with variables for Flowpond', () => {
  it(
    'is quiet by default, and caches',
    async () => {
      expect(await child({})).toEqual({ stdout: '[1,1]', stderr: '' });
    },
    PATIENCE_MS,
  );

  it(
    'logs as Prefect does with FLOWPOND_LOG=info',
    async () => {
      const { stderr } = await child({ FLOWPOND_LOG: 'info' });
      expect(
        stderr
          .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'T')
          .replaceAll(/\d+ms|\d+\.\d\ds/g, 'N') // a machine that stood still makes seconds of it
          .split('\n'),
      ).toEqual([
        "T | INFO    | Flow run 'f' - Beginning flow run 'f' for flow 'all'",
        "T | INFO    | Task run 'quote-0' - Finished in state Completed() in N, stored",
        "T | INFO    | Task run 'quote-1' - Finished in state Cached(type=COMPLETED) hit memory, age N, from 'f/quote-0', saved N",
        "T | INFO    | Flow run 'f' - Finished in state Completed() in N: 2 task runs, 1 cached, saved N",
        '',
      ]);
    },
    PATIENCE_MS,
  );

  it(
    'logs JSON lines, and does not cache where caching is off',
    async () => {
      const { stdout, stderr } = await child({
        FLOWPOND_LOG: 'info',
        FLOWPOND_LOG_FORMAT: 'json',
        FLOWPOND_CACHING: 'off',
      });
      expect(stdout).toBe('[1,2]');
      const lines = stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toHaveLength(4);
      expect(lines.every((line) => line.level === 'info')).toBe(true);
    },
    PATIENCE_MS,
  );

  it(
    'is warned of bad values, and runs all the same',
    async () => {
      const { stdout, stderr } = await child({
        FLOWPOND_LOG: 'loud',
        FLOWPOND_LOG_FORMAT: 'xml',
        FLOWPOND_CACHING: 'maybe',
      });
      expect(stdout).toBe('[1,1]');
      const lines = stderr.trim().split('\n');
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/WARNING \| flowpond - .*FLOWPOND_LOG/);
      expect(lines[1]).toContain('FLOWPOND_LOG_FORMAT');
      expect(lines[2]).toContain('FLOWPOND_CACHING');
    },
    PATIENCE_MS,
  );
});
