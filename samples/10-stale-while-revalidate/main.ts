import { setImmediate as whatGoesOnBehind } from 'node:timers/promises';
import { createPond, returnState, Task, taskInputHash } from 'flowpond';
import { fakeClock } from 'flowpond/testing';

class RateService {
  isUp = true;
  yen = 160;

  @Task({ cacheKeyFn: taskInputHash, cacheExpiration: '1m', staleWhileRevalidate: '5m', staleIfError: '1h' })
  async rate(_currency: string): Promise<number> {
    console.log(`    the supplier is ${this.isUp ? 'asked' : 'down'}`);
    await whatGoesOnBehind();
    if (!this.isUp) throw new Error('no answer');
    return ++this.yen;
  }
}

const clock = fakeClock(); // hours pass at once
const pond = createPond({ clock, logLevel: 'silent' });
const rates = pond.bind(new RateService());

async function call(): Promise<void> {
  const state = await returnState(rates).rate('JPY');
  const { status, detail } = state.cache ?? {};
  const answer = state.isCompleted() ? state.result() : state.message;
  console.log(`  ${answer}, ${status}${status === 'stale' ? `: ${detail}` : ''}`);
}

async function pass(time: '30s' | '1m' | '10m' | '2h', what: string): Promise<void> {
  for (let i = 0; i < 5; i++) await whatGoesOnBehind();
  await clock.advance(time);
  console.log(`\n${time} later: ${what}`);
}

console.log('The first call');
await call();

await pass('30s', 'fresh');
await call();

await pass('1m', 'expired, in the renew window; the old value comes before the run has ended');
await call();

await pass('30s', 'fresh again');
await call();

rates.isUp = false;
await pass('1m', 'the source is down, and nobody who calls sees it');
await call();
await pass('10m', 'past the renew window, in the error window: a call waits for the run first');
await call();
await call();

await pass('2h', 'past both');
await call();

await pond.close();
