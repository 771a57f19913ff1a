import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

interface Found {
  readonly grownMb: number;
  readonly runs: number;
  readonly watched: number;
  readonly alive: number;
  readonly flights: number;
  readonly pending: number;
  readonly handles: readonly string[];
}

describe('100,000 runs: hits, misses, joined, failed, cancelled, refreshed, under a signal that outlives them', () => {
  it('leave less than 5 MB, no context, input or signal of theirs, no flight, and after close no handle', async () => {
    const loader = ['--disable-warning=DEP0205', '--import', '@swc-node/register/esm-register'];
    const args = ['--expose-gc', ...loader, 'spec/runs/leaks/leaks-child.ts'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, NODE_OPTIONS: '', FLOWPOND_CACHING: '' },
    });
    const found = JSON.parse(stdout) as Found;
    expect(stderr).toBe('');
    expect(found.runs).toBeGreaterThan(100_000);
    expect(found.watched).toBeGreaterThan(5_000);
    expect(found.grownMb).toBeLessThan(5);
    expect(found).toMatchObject({ alive: 0, flights: 0, pending: 0, handles: [] });
  }, 240_000);
});
