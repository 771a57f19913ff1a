import type { PondOptions } from '../pond/options.js';
import { createPond, type Pond } from '../pond/pond.js';
import { type FakeClock, fakeClock } from './fake-clock.js';

/** A pond for one test: its own store, a clock that stands still, a silent log. */
export interface TestPond extends Pond {
  readonly clock: FakeClock;
}

/** Makes a pond for one test. What is given replaces the defaults; a clock must be a {@link fakeClock}. */
export function createTestPond(
  options: Omit<PondOptions, 'clock'> & { readonly clock?: FakeClock | undefined } = {},
): TestPond {
  const clock = options.clock ?? fakeClock();
  const pond = createPond({ logLevel: 'silent', ...options, clock });
  return Object.defineProperty(pond, 'clock', { value: clock, enumerable: true }) as TestPond;
}
