import { taskInputHash } from '../../lib/index.js';

/** A task whose failures are remembered for ten seconds. */
export const REMEMBERED = {
  name: 'quote',
  cacheKeyFn: taskInputHash,
  cacheExpiration: '1m',
  cacheFailures: { expiration: '10s' },
} as const;

/** What it throws. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
  readonly code = 'E_NOT_THERE';
  readonly status = 404;
}

/** A source that is down until told otherwise; each run is counted. */
export function source() {
  const state = { down: true, runs: 0, error: (run: number): unknown => new NotThere(`no price, run ${run}`) };
  const readNow = (_sku: string): string => {
    const run = ++state.runs;
    if (state.down) throw state.error(run);
    return `price ${run}`;
  };
  return { state, readNow, read: async (sku: string) => readNow(sku) };
}

/** What a call throws; else what it gives. */
export function errorOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
