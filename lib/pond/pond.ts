import type { Duration } from '../base/duration.js';
import { InvalidOptionsError, messageOf } from '../base/errors.js';
import type { Events } from '../base/events.js';
import { mergeOptions, readOptions, signal } from '../base/option-reader.js';
import { Cancellation } from '../runs/cancellation.js';
import { currentScope, runInScope, type Scope } from '../runs/frame.js';
import type { RunEvents } from '../runs/run-events.js';
import { NO_VALUES, type RunValues, withValues } from '../runs/run-values.js';
import type { Counters, Runtime } from '../runs/runtime.js';
import type { StoreStats } from '../stores/store.js';
import { bind } from './bindings.js';
import { invalidateAll, invalidateTarget } from './invalidation.js';
import type { InvalidationTarget } from './invalidation-target.js';
import { closeDeadline, fromEnvironment, type PondOptions, parsePondOptions } from './options.js';
import { PondRuntime } from './pond-runtime.js';

/** What a pond counted since it was made, and how much its stores keep. */
export interface PondStats extends Readonly<Counters> {
  /** Hits, joins and stale values as a share of all lookups, 0 to 1; 0 where there were none. */
  readonly hitRate: number;
  /** By the store's name; further ones of that name are numbered: `memory`, `memory 2`. */
  readonly stores: Readonly<Record<string, StoreStats>>;
}

/** What `pond.run` sets for everything inside. */
export interface PondRunOptions {
  /** Ends the waits of the calls made inside. */
  readonly signal?: AbortSignal | undefined;
}

/** A runtime of its own: stores, clock, log, limits. Nothing global is needed to have one; there is a default one besides. */
export class Pond implements AsyncDisposable {
  /** @internal What the engine sees. */
  readonly runtime: PondRuntime;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link createPond}. */
  constructor(options: PondOptions, where: string) {
    const environment = fromEnvironment(process.env);
    this.runtime = new PondRuntime(parsePondOptions(options, where), environment.options, where);
    for (const fault of environment.faults) this.runtime.log.write('warn', 'flowpond', fault);
  }

  /** What happens in this pond: `pond.events.on('task:Cached', ({ taskRun, state }) => …)`. */
  get events(): Events<RunEvents> {
    return this.runtime.events;
  }

  /**
   * Runs a function in which every task and flow uses this pond, whatever its receiver is bound to. What is given beside `signal` are
   * values of the run scope, `pond.run({ tenant }, …)`: tasks name them in `varyBy`, contexts have them as `values`, and once set, at the
   * entry point, they cannot be changed inside. Throws `InvalidOptionsError`.
   */
  run<T>(fn: () => T): T;
  run<T, V extends PondRunOptions & object>(options: V, fn: () => T): T;
  run<T>(first: PondRunOptions | (() => T), second?: () => T): T {
    const fn = typeof first === 'function' ? first : second;
    if (typeof fn !== 'function') {
      throw new InvalidOptionsError({
        where: 'pond.run',
        value: fn,
        problem: 'takes a function',
        remedy: 'Give () => …',
      });
    }
    const own = mergeOptions(typeof first === 'function' ? {} : anObject(first));
    const { signal: given, ...values } = own;
    const options = readOptions({ signal }, { signal: given }, 'pond.run');
    const parent = currentScope();
    const cancellation =
      options.signal === undefined
        ? parent?.cancellation
        : Cancellation.following(parent?.cancellation, options.signal);
    const inner = withValues(parent?.values ?? NO_VALUES, values, 'pond.run');
    return runInScope(ambient(this.runtime, parent, cancellation, inner), fn);
  }

  /** Has the methods of an instance, or of every instance of a class, run in this pond. Answers with what it was given. */
  bind<T extends object>(target: T): T {
    if ((typeof target !== 'object' && typeof target !== 'function') || target === null) {
      const remedy = 'Give a service or its class.';
      throw new InvalidOptionsError({
        where: 'pond.bind',
        value: target,
        problem: 'takes an object or a class',
        remedy,
      });
    }
    bind(target, this.runtime);
    return target;
  }

  /**
   * Makes stored states void, in every store of this pond and in its namespace: `{ tags: ['sku:1'] }` those with one of these tags;
   * `{ task: pricing.quote }` or `{ task: 'Pricing.quote' }` all of a task, whatever the version and on whichever class of its receivers
   * this process knows; `{ task, key }` one by what its key function returned; `{ key }` one of the scope that tasks with
   * `cacheKeyScope: 'shared'` have in common. Runs under way store nothing of it, and no call joins them.
   *
   * Done at once where the stores are synchronous; whoever awaits it reads its own write. Bad input throws `InvalidOptionsError`. Rejects
   * with a `StoreError` where a store did not do it, whatever `onStoreError` says; the others have.
   */
  invalidate(what: InvalidationTarget): Promise<void> {
    return invalidateTarget(this.runtime, 'invalidate', what);
  }

  /**
   * Makes stored states stale: as {@link invalidate}, but they may still be served where a stale value may, by
   * `staleWhileRevalidate`, `staleIfError` and `softTimeout`.
   */
  expire(what: InvalidationTarget): Promise<void> {
    return invalidateTarget(this.runtime, 'expire', what);
  }

  /** Makes all states of this pond's namespace void, in every store of it: as {@link invalidate}. Other namespaces are left alone. */
  clear(): Promise<void> {
    return invalidateAll(this.runtime);
  }

  stats(): PondStats {
    const { counters, stores } = this.runtime;
    const served = counters.hits + counters.joined + counters.stale;
    const asked = served + counters.misses;
    const kept = new Map<string, StoreStats>();
    for (const store of stores) kept.set(freeName(store.name, kept), store.stats?.() ?? { entries: 0 });
    return { ...counters, hitRate: asked === 0 ? 0 : served / asked, stores: Object.fromEntries(kept) };
  }

  /**
   * Waits for hooks and submitted runs, at most `deadline` (default 5 s), then closes the stores. What still runs stores nothing, and
   * hands its keys back: other processes need not wait for its leases. Tasks called later run uncached. Safe to call twice.
   */
  close(deadline: Duration = 5_000): Promise<void> {
    const ms = closeDeadline(deadline);
    this.#closing ??= this.#close(ms);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(ms: number): Promise<void> {
    const { runtime } = this;
    const left = await drained(runtime, ms);
    if (left > 0)
      runtime.log.write(
        'warn',
        'flowpond',
        `pond.close: ${left} hooks or submitted runs still under way after ${ms} ms`,
      );
    runtime.close();
    await Promise.all([...runtime.leases].map((lease) => lease.handBack()));
    for (const store of runtime.stores) {
      try {
        if (!(await within(runtime, runtime.storeTimeoutMs, Promise.resolve(store.close())))) {
          throw new Error(`no answer within ${runtime.storeTimeoutMs} ms`);
        }
      } catch (error) {
        const message = `store '${store.name}' failed to close: ${messageOf(error)}`;
        runtime.trouble({ kind: 'store', where: 'pond.close', message, error });
      }
    }
  }
}

/** Waits until nothing is pending, or the deadline; how much is left. */
async function drained(runtime: PondRuntime, ms: number): Promise<number> {
  const { pending } = runtime;
  if (pending.size > 0) await within(runtime, ms, emptied(pending));
  return pending.size;
}

async function emptied(pending: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (pending.size > 0) await Promise.allSettled([...pending]);
}

/** Whether an answer came in time; rejects with what it rejects with. */
function within(runtime: PondRuntime, ms: number, answer: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = runtime.clock.after(ms, () => resolve(false));
    answer.then(() => resolve(true), reject).finally(stop);
  });
}

function anObject(given: PondRunOptions): PondRunOptions {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  const remedy = 'Give { tenant, signal } or nothing before the function.';
  throw new InvalidOptionsError({ where: 'pond.run', value: given, problem: 'takes an options object', remedy });
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return free;
}

function ambient(
  runtime: Runtime,
  parent: Scope | undefined,
  cancellation: Cancellation | undefined,
  values: RunValues,
): Scope {
  return {
    runtime,
    explicit: true,
    parent,
    flowFrame: parent?.flowFrame,
    frame: parent?.frame,
    cancellation,
    values,
    logPrints: parent?.logPrints ?? runtime.logPrints,
  };
}

/** A pond of its own. `await using pond = createPond({ … })` closes it at the end of the block. Throws `InvalidOptionsError`. */
export function createPond(options: PondOptions = {}): Pond {
  return new Pond(options, 'createPond');
}
