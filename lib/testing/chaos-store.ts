import { type Clock, systemClock } from '../base/clock.js';
import { type Duration, nonNegativeDuration } from '../base/duration.js';
import { InvalidOptionsError } from '../base/errors.js';
import { andThen, type MaybePromise } from '../base/maybe-promise.js';
import { type Parsed, type Read, readOptions, share, whole } from '../base/option-reader.js';
import type { StateRecord } from '../stores/record.js';
import type {
  Commit,
  Invalidation,
  Lead,
  LeadRequest,
  Miss,
  Revival,
  StateStore,
  StoreHost,
  StoreStats,
} from '../stores/store.js';
import type { StoreKey } from '../stores/store-key.js';
import { isWatchable, type WatchableStore } from '../stores/watchable-store.js';

const METHODS = ['get', 'lead', 'renew', 'commit', 'abandon', 'invalidate', 'close'] as const;

/** A method of a store that chaos can befall. */
export type ChaosMethod = (typeof METHODS)[number];

/** What befalls the calls of a {@link chaosStore}. Shares are from 0 (default) to 1 and add up: more than 1 in sum is refused. */
export interface ChaosTrouble {
  /** Share of calls that fail and never reach the store. */
  readonly fail?: number | undefined;
  /** Share of calls that the store carries out and that fail all the same: their answer was lost. */
  readonly lose?: number | undefined;
  /** Share of calls that are never answered; the store carries out every other one of them. */
  readonly hang?: number | undefined;
  /** How long every call takes before it reaches the store, by the pond's clock; of two, anything between them. Default: no time. */
  readonly delay?: Duration | readonly [least: Duration, most: Duration] | undefined;
  /** Which methods. Default: all but `close`. */
  readonly only?: readonly ChaosMethod[] | undefined;
}

/** What {@link chaosStore} takes. */
export interface ChaosOptions extends ChaosTrouble {
  /** The same seed befalls the same calls. A whole number. Default 1. */
  readonly seed?: number | undefined;
}

/** A store that is broken on purpose. */
export interface ChaosStore extends StateStore {
  /** How many calls each trouble befell so far. */
  readonly befell: Readonly<Record<'fail' | 'lose' | 'hang' | 'delay', number>>;
  /** Other trouble from now on, in place of what was; nothing given heals it. What hangs goes on hanging. */
  change(trouble?: ChaosTrouble): void;
}

const only: Read<readonly ChaosMethod[]> = (value, where, option) => {
  if (Array.isArray(value) && value.every((one) => METHODS.includes(one as ChaosMethod))) return [...value];
  const remedy = `Known methods: ${METHODS.join(', ')}.`;
  throw new InvalidOptionsError({ where, option, value, problem: 'must be a list of methods', remedy });
};

const delay: Read<readonly [number, number]> = (value, where, option) => {
  const [least, most] = (Array.isArray(value) ? value : [value, value]) as [unknown, unknown];
  return [nonNegativeDuration(least, where, option), nonNegativeDuration(most, where, option)];
};

const trouble = { fail: share, lose: share, hang: share, delay, only };
const schema = { ...trouble, seed: whole(0, 2 ** 32 - 1) };

/**
 * Wraps a store and breaks it on purpose, to see in a test that a service bears it: calls fail, lose their answer, hang, take long.
 * `hang` or `delay`, be it `hang: 0`, make a synchronous store answer later. Throws `InvalidOptionsError`.
 */
export function chaosStore(store: StateStore, options: ChaosOptions = {}): ChaosStore {
  return new Chaos(store, readOptions(schema, options, 'chaosStore'));
}

type Fate = 'fail' | 'lose' | 'hang' | 'well';

class Chaos implements ChaosStore {
  readonly name: string;
  readonly sync: boolean;
  readonly befell = { fail: 0, lose: 0, hang: 0, delay: 0 };
  /** Only where the store itself has it. */
  readonly watch?: WatchableStore['watch'];
  readonly stats?: () => StoreStats;
  readonly revival?: Revival;
  readonly #store: StateStore;
  readonly #random: () => number;
  #trouble: Parsed<typeof trouble>;
  #host: StoreHost | undefined;

  constructor(store: StateStore, options: Parsed<typeof schema>) {
    this.name = store.name;
    this.sync = store.sync && options.hang === undefined && options.delay === undefined;
    this.#store = store;
    this.#random = randomFrom(options.seed ?? 1);
    this.#trouble = this.#checked(options);
    if (isWatchable(store)) this.watch = (listener) => store.watch(listener);
    if (store.revival !== undefined) this.revival = store.revival;
    if (store.stats !== undefined) this.stats = () => store.stats?.() as StoreStats;
  }

  change(given: ChaosTrouble = {}): void {
    this.#trouble = this.#checked(readOptions(trouble, given, 'chaosStore.change'));
  }

  attach(host: StoreHost): void {
    this.#host ??= host;
    this.#store.attach?.(host);
  }

  get(key: StoreKey): MaybePromise<StateRecord | undefined> {
    return this.#call('get', () => this.#store.get(key));
  }

  lead(key: StoreKey, request: LeadRequest): MaybePromise<Lead> {
    return this.#call('lead', () => this.#store.lead(key, request));
  }

  renew(key: StoreKey, token: string, leaseMs: number): MaybePromise<boolean> {
    return this.#call('renew', () => this.#store.renew(key, token, leaseMs));
  }

  commit(key: StoreKey, token: string, record: StateRecord): MaybePromise<Commit> {
    return this.#call('commit', () => this.#store.commit(key, token, record));
  }

  abandon(key: StoreKey, token: string, notBeforeMs?: number, miss?: Miss): MaybePromise<void> {
    return this.#call('abandon', () => this.#store.abandon(key, token, notBeforeMs, miss));
  }

  invalidate(what: Invalidation): MaybePromise<void> {
    return this.#call('invalidate', () => this.#store.invalidate(what));
  }

  close(): MaybePromise<void> {
    return this.#call('close', () => this.#store.close());
  }

  #checked(given: Parsed<typeof trouble>): Parsed<typeof trouble> {
    const where = 'chaosStore';
    const { fail = 0, lose = 0, hang = 0 } = given;
    if (fail + lose + hang > 1) {
      const remedy = 'Let fail, lose and hang be 1 at most together.';
      throw new InvalidOptionsError({ where, value: fail + lose + hang, problem: 'has shares of more than 1', remedy });
    }
    if (this.sync && (hang > 0 || given.delay !== undefined)) {
      const remedy = 'Make it with hang: 0, then it answers later from the beginning.';
      throw new InvalidOptionsError({ where, problem: 'is synchronous and can neither hang nor delay', remedy });
    }
    return given;
  }

  #call<T>(method: ChaosMethod, act: () => MaybePromise<T>): MaybePromise<T> {
    const { only: methods } = this.#trouble;
    const meant = methods === undefined ? method !== 'close' : methods.includes(method);
    const fate = meant ? this.#fate() : 'well';
    if (fate !== 'well') this.befell[fate]++;
    if (this.sync) return fateful(method, fate, act);
    return this.#later(method, fate, act, meant ? this.#delayMs() : 0);
  }

  async #later<T>(method: ChaosMethod, fate: Fate, act: () => MaybePromise<T>, delayMs: number): Promise<T> {
    if (delayMs > 0) {
      this.befell.delay++;
      await new Promise<void>((resolve) => {
        this.#clock.after(delayMs, resolve);
      });
    }
    if (fate !== 'hang') return fateful(method, fate, act);
    if (this.befell.hang % 2 === 0) await act();
    return new Promise<never>(() => {});
  }

  get #clock(): Clock {
    return this.#host?.clock ?? systemClock;
  }

  #fate(): Fate {
    const { fail = 0, lose = 0, hang = 0 } = this.#trouble;
    const at = this.#random();
    if (at < fail) return 'fail';
    if (at < fail + lose) return 'lose';
    return at < fail + lose + hang ? 'hang' : 'well';
  }

  #delayMs(): number {
    const [least, most] = this.#trouble.delay ?? [0, 0];
    return least + (most - least) * this.#random();
  }
}

function fateful<T>(method: ChaosMethod, fate: Fate, act: () => MaybePromise<T>): MaybePromise<T> {
  if (fate === 'fail') throw new Error(`chaos: ${method} failed`);
  const answer = act();
  if (fate !== 'lose') return answer;
  return andThen(answer, () => {
    throw new Error(`chaos: the answer of ${method} was lost`);
  });
}

/** Mulberry32: 32 bits of state are plenty to choose faults by. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
