import { InvalidOptionsError } from '../base/errors.js';
import { isThenable, type MaybePromise } from '../base/maybe-promise.js';
import type { Frame } from '../runs/frame.js';
import type { Runtime } from '../runs/runtime.js';
import type { Invalidation, StateStore } from '../stores/store.js';
import { StoreKey } from '../stores/store-key.js';
import { keyOf, NoKey } from './key.js';
import { Flight } from './single-flight.js';
import { invalidateState } from './store-access.js';

/**
 * Forgets the state that a call would be served: same key, scope and store. Done at once where key and store answer at once. Throws,
 * or rejects, where it could not be done.
 */
export function invalidateInputs(frame: Frame): MaybePromise<void> {
  const { plan, runtime } = frame;
  if (plan.lookup === 'no-key') {
    const remedy = 'Give it a cacheKeyFn or a cachePolicy.';
    throw new InvalidOptionsError({
      where: `invalidate(${plan.where})`,
      problem: 'has no key: nothing of it is ever stored',
      remedy,
    });
  }
  if (plan.identityTaken !== undefined) return nothingToForget(frame, plan.identityTaken);
  const by = `invalidate(${plan.where})`;
  const forget = (key: Awaited<ReturnType<typeof keyOf>>): MaybePromise<void> => {
    if (key instanceof NoKey) return nothingToForget(frame, key.detail ?? key.reason);
    if (!(key instanceof StoreKey)) throw key;
    const what: Invalidation = { namespace: runtime.namespace, keys: [key], by };
    return carryOut({ runtime, stores: [plan.store], where: plan.where }, what, () => Flight.of(frame, key)?.close());
  };
  const key = keyOf(frame);
  return isThenable(key) ? key.then(forget) : forget(key);
}

/** Uncacheable inputs have no state. The way of the key has warned of what is unusual. */
function nothingToForget({ plan, runtime }: Frame, why: string): void {
  if (runtime.log.enabled('debug')) runtime.log.write('debug', plan.where, `nothing to invalidate: ${why}`);
}

/** Where something is forgotten, and who asked. */
export interface Site {
  readonly runtime: Runtime;
  readonly stores: readonly StateStore[];
  readonly where: string;
}

/** Forgets in several stores at once, and has nobody join a run of what is forgotten. Throws or rejects if any of them failed. */
export function invalidateStates(site: Site, what: Invalidation): MaybePromise<void> {
  return carryOut(site, what, () => closeFlights(site.runtime, what));
}

/** Flights are closed when the stores have answered: a run that began while they were being told may be older than what they were told. */
function carryOut({ runtime, stores, where }: Site, what: Invalidation, close: () => void): MaybePromise<void> {
  const answers: MaybePromise<unknown>[] = stores.map((store) => {
    try {
      return invalidateState({ runtime, store, circuit: runtime.circuit(store), where }, what);
    } catch (error) {
      return new Failure(error);
    }
  });
  if (!answers.some(isThenable)) return done(runtime, what, answers, close);
  const settled = answers.map((answer) => Promise.resolve(answer).catch((error: unknown) => new Failure(error)));
  return Promise.all(settled).then((all) => done(runtime, what, all, close));
}

class Failure {
  constructor(readonly error: unknown) {}
}

function done(runtime: Runtime, what: Invalidation, answers: readonly unknown[], close: () => void): void {
  close();
  const failure = answers.find((answer) => answer instanceof Failure);
  if (failure !== undefined) throw (failure as Failure).error;
  const topic = runtime.events.topic('invalidation');
  if (topic.wanted) topic.send({ what, by: what.by ?? '', expire: what.expire === true });
}

/** Nobody joins a run under way of what is void from now on. */
function closeFlights({ keyrings }: Runtime, { all, identities = [], keys = [], tags = [] }: Invalidation): void {
  const ofTasks = new Set(identities);
  const texts = new Map(keys.map((key) => [key.scope.text, key.text]));
  const labels = new Set(tags);
  for (const { scope, flights } of keyrings) {
    if (flights.size === 0) continue;
    const whole = all === true || ofTasks.has(scope.identity);
    const text = texts.get(scope.text);
    for (const flight of [...flights.values()] as Flight[]) {
      if (whole || flight.key.text === text || (labels.size > 0 && flight.hasLabel(labels))) flight.close();
    }
  }
}
