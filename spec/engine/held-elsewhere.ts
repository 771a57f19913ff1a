import type { StateStore } from '../../lib/index.js';
import { fakeClock } from '../../lib/testing/index.js';
import { deferred, flush, pondUnderTest } from './pond-under-test.js';

/** Two ponds on one store, and a body whose n-th run gives n; the one that is held ends only when the gate opens. */
export function heldElsewhere(store: StateStore, held: number) {
  const clock = fakeClock();
  const [here, there] = [pondUnderTest({ store, clock }), pondUnderTest({ store, clock })];
  const gate = deferred();
  let runs = 0;
  const body = async (): Promise<number> => {
    const run = ++runs;
    if (run === held) await gate.promise;
    return run;
  };
  /** Seconds that pass one by one, so that whoever waits can look again. */
  const wait = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await flush();
      await clock.advance('1s');
    }
    await flush();
  };
  return { here, there, clock, gate, body, wait, runs: () => runs };
}
