import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore, type StateStore, task, withOptions } from '../../lib/index.js';
import { sqliteStore } from '../../lib/sqlite/index.js';
import { AsyncStore, flush, nothingIsLeft, pondUnderTest } from '../engine/pond-under-test.js';
import { closing, temporaryPath } from '../sqlite/on-disk.js';

// Any history of one key, against a model of what docs/freshness.md says: who gets what, and when the body runs.
nothingIsLeft();

interface Options {
  readonly lifetime: number;
  readonly renew: number;
  readonly error: number;
  readonly failures: number;
}

type Step =
  | { readonly what: 'wait'; readonly ms: number }
  | { readonly what: 'call' | 'refresh'; readonly works: boolean }
  | { readonly what: 'expire' | 'invalidate' };

/** What is stored, in the model. */
interface Stored {
  readonly says: string;
  readonly isValue: boolean;
  expiresAt: number;
}

/** The page, as a program. */
class Model {
  now = 0;
  runs = 0;
  #stored: Stored | undefined;
  #heldUntil = 0;

  constructor(readonly options: Options) {}

  call(works: boolean): string {
    const { renew, error } = this.options;
    const stored = this.#stored;
    if (stored !== undefined && stored.expiresAt > this.now) return stored.says;
    const old = stored?.isValue ? stored : undefined;
    const expiredFor = this.now - (old?.expiresAt ?? 0);
    const isOpen = old !== undefined && expiredFor < Math.max(renew, error);
    if (old !== undefined && isOpen && this.#heldUntil > this.now) return old.says;
    const ran = this.#run(works);
    if (!works && isOpen) this.#heldUntil = this.now + Math.min(Math.max(expiredFor / 2, 1_000), 30_000);
    if (old !== undefined && isOpen && (expiredFor < renew || !works)) return old.says;
    if (!works && this.options.failures > 0) this.#keep(ran, false, this.options.failures);
    return ran;
  }

  refresh(works: boolean): string {
    return this.#run(works);
  }

  expire(): void {
    if (this.#stored !== undefined) this.#stored.expiresAt = Math.min(this.#stored.expiresAt, this.now);
  }

  invalidate(): void {
    this.#stored = undefined;
    this.#heldUntil = 0;
  }

  #run(works: boolean): string {
    const says = `${works ? 'value' : 'Error: failure'} ${++this.runs}`;
    if (works) this.#keep(says, true, this.options.lifetime);
    return says;
  }

  #keep(says: string, isValue: boolean, ms: number): void {
    this.#stored = { says, isValue, expiresAt: this.now + ms };
    this.#heldUntil = 0;
  }
}

/** What really comes of the same history. */
function real(store: StateStore, { lifetime, renew, error, failures }: Options, async: boolean) {
  const pond = pondUnderTest({ store });
  const state = { runs: 0, works: true };
  const body = (): string => {
    const run = ++state.runs;
    if (!state.works) throw new Error(`failure ${run}`);
    return `value ${run}`;
  };
  const options = {
    name: 'history',
    cacheKeyFn: () => 'k',
    cacheExpiration: lifetime,
    ...(renew > 0 && { staleWhileRevalidate: renew }),
    ...(error > 0 && { staleIfError: error }),
    ...(failures > 0 && { cacheFailures: { expiration: failures } }),
  };
  const one = async ? task(async () => body(), options) : task(body, options);
  const call = async (refreshCache: boolean | undefined, works: boolean): Promise<string> => {
    state.works = works;
    const answer = (async () => pond.run(() => withOptions(one, { refreshCache })()))().catch(String);
    await flush();
    return answer;
  };
  return { pond, one, state, call };
}

async function history(store: StateStore, options: Options, async: boolean, steps: readonly Step[]): Promise<void> {
  const model = new Model(options);
  const { pond, one, state, call } = real(store, options, async);
  for (const step of steps) {
    switch (step.what) {
      case 'wait':
        await pond.clock.advance(step.ms);
        model.now += step.ms;
        break;
      case 'call':
        expect(await call(undefined, step.works)).toBe(model.call(step.works));
        break;
      case 'refresh':
        expect(await call(true, step.works)).toBe(model.refresh(step.works));
        break;
      case 'expire':
        await pond.expire({ task: one });
        model.expire();
        break;
      case 'invalidate':
        await pond.invalidate({ task: one });
        model.invalidate();
        break;
    }
    expect(state.runs).toBe(model.runs);
  }
  await pond.close();
}

const length = fc.constantFrom(0, 3_000, 20_000, 100_000);
const anyOptions = fc.record({
  lifetime: fc.constantFrom(500, 500, 5_000, 60_000),
  renew: length,
  error: length,
  failures: fc.constantFrom(0, 800, 5_000, 200_000),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('wait'), ms: fc.constantFrom(1, 499, 500, 1_000, 2_500, 8_000, 20_000) }),
  },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('call'), works: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('refresh'), works: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('expire', 'invalidate') }) },
);

describe.each([
  ['a memory store', () => memoryStore(), true, 300],
  ['a memory store, a synchronous task', () => memoryStore(), false, 300],
  ['an asynchronous store', () => new AsyncStore(), true, 200],
  ['SQLite', () => closing(sqliteStore({ path: temporaryPath() })), true, 60],
] as const)('Any history over %s', (_name, store, async, numRuns) => {
  it('gives what the model of the page gives, with as many runs', async () => {
    const options = anyOptions.map((given) => (async ? given : { ...given, renew: 0 }));
    await fc.assert(
      fc.asyncProperty(options, fc.array(anyStep, { minLength: 5, maxLength: 40 }), (given, steps) =>
        history(store(), given, async, steps),
      ),
      { numRuns },
    );
  }, 300_000);
});
