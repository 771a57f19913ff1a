import type { PondOptions } from '../pond/options.js';
import { createPond, type Pond } from '../pond/pond.js';
import { type FakeClock, fakeClock } from './fake-clock.js';
import { RunRecorder } from './run-recorder.js';

/** A pond for one test: its own store, a clock that stands still, a silent log. */
export interface TestPond extends Pond {
  readonly clock: FakeClock;
}

/** What {@link createTestPond} takes beside a pond's own options. */
export interface TestPondOptions extends Omit<PondOptions, 'clock'> {
  readonly clock?: FakeClock | undefined;
  /** Whether runs are counted for `flowpondMatchers`. That is a listener, so hits make a state and an event. Default true. */
  readonly record?: boolean | undefined;
}

/** Makes a pond for one test. What is given replaces the defaults; a clock must be a {@link fakeClock}. */
export function createTestPond(options: TestPondOptions = {}): TestPond {
  const { record = true, clock = fakeClock(), ...own } = options;
  const pond = createPond({ logLevel: 'silent', ...own, clock });
  if (record) new RunRecorder(pond);
  return Object.defineProperty(pond, 'clock', { value: clock, enumerable: true }) as TestPond;
}
