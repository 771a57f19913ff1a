import { InvalidOptionsError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { Definition } from '../definitions/definition.js';
import { frameFor } from '../engine/call.js';
import { invalidateStates } from '../engine/invalidate.js';
import type { Plan } from '../runs/plan.js';
import type { Runtime } from '../runs/runtime.js';
import type { Invalidation } from '../stores/store.js';
import { KeyScope, StoreKey } from '../stores/store-key.js';
import { describeTarget, type ParsedTarget, parseTarget } from './invalidation-target.js';

/** What `pond.invalidate` and `pond.expire` do. Bad input throws; what fails later rejects. */
export function invalidateTarget(runtime: Runtime, verb: 'invalidate' | 'expire', given: unknown): Promise<void> {
  const where = `pond.${verb}`;
  const target = parseTarget(given, where);
  return promised(() => forget(runtime, resolved(runtime, target, where), { where, expire: verb === 'expire' }));
}

/** What `pond.clear` does. */
export function invalidateAll(runtime: Runtime): Promise<void> {
  return promised(() => forget(runtime, { all: true, by: 'pond.clear()' }, { where: 'pond.clear' }));
}

/** Forgets tags: what `@Invalidates({ tags })` does. */
export function invalidateTags(runtime: Runtime, tags: readonly string[], by: string): MaybePromise<void> {
  return forget(runtime, { tags: [...new Set(tags)], by }, { where: by });
}

/** Forgets all states of a task, whoever its receivers are: what `@Invalidates({ task })` does with a function. */
export function invalidateTask(runtime: Runtime, task: Definition, by: string): MaybePromise<void> {
  return forget(runtime, { ...resolved(runtime, { task }, by), by }, { where: by });
}

/** Forgets all states that a method has on this receiver's class. */
export function invalidateMethod(
  runtime: Runtime,
  task: Definition,
  receiver: unknown,
  by: string,
): MaybePromise<void> {
  const plan = planOf(runtime, task, receiver);
  checkWhole(plan, by);
  return forget(runtime, { identities: [plan.keyring.scope.identity], by }, { where: by });
}

type Resolved = Pick<Invalidation, 'keys' | 'identities' | 'tags' | 'all' | 'by'>;

function forget(
  runtime: Runtime,
  what: Resolved,
  { where, expire }: { readonly where: string; readonly expire?: boolean },
): MaybePromise<void> {
  const invalidation = { ...what, namespace: runtime.namespace, ...(expire ? { expire: true as const } : {}) };
  return invalidateStates({ runtime, stores: runtime.allStores(), where }, invalidation);
}

function resolved(runtime: Runtime, target: ParsedTarget, where: string): Resolved {
  const by = `${where}(${describeTarget(target)})`;
  const { tags, task, key } = target;
  if (tags !== undefined) return { tags: [...new Set(tags)], by };
  if (task === undefined) return { keys: sharedKeys(runtime, key as string), by };
  const tasks = typeof task === 'string' ? tasksNamed(runtime, task) : tasksOf(runtime, task, where);
  if (key !== undefined) return { keys: keysOf(runtime, tasks, key, where), by };
  for (const { plan } of tasks) checkWhole(plan, where);
  const identities = tasks.map(({ identity }) => identity);
  // A text may name what only other processes have called so far.
  if (typeof task === 'string') identities.push(task, `flow ${task}`);
  return { identities: [...new Set(identities)], by };
}

/** A task as it is on one class of receivers. */
interface TaskHere {
  readonly identity: string;
  readonly plan: Plan;
}

/** On every class that it was called on in this pond, and on the class that declares it. */
function tasksOf(runtime: Runtime, task: Definition, where: string): TaskHere[] {
  const tasks = tasksWhere(runtime, (_, definition) => definition === task);
  const { isTwin } = task.subject;
  const owner = task.classOf(undefined) ?? task.seenClass;
  if (owner !== undefined || isTwin || task.options.identity !== undefined) {
    const plan = planOf(runtime, task, isTwin ? undefined : receiverOn(task, owner));
    return [...tasks, { identity: plan.keyring.scope.identity, plan }];
  }
  if (tasks.length > 0) return tasks;
  const problem = `cannot be found yet: no instance of the class that declares ${task.where} was made in this process`;
  const remedy = `Name it: { task: 'Class.${task.where}' }, or give it an identity at decoration.`;
  throw new InvalidOptionsError({ where, option: 'task', problem, remedy });
}

/** Those of this identity that were called in this pond, on heirs of the method's class too. */
function tasksNamed(runtime: Runtime, identity: string): TaskHere[] {
  const found = tasksWhere(runtime, (known, { role }) => {
    const own = role === 'flow' ? known.slice('flow '.length) : known;
    return own === identity || own.startsWith(`${identity}@`);
  });
  return found;
}

function tasksWhere(runtime: Runtime, wanted: (identity: string, definition: Definition) => boolean): TaskHere[] {
  const known = [...runtime.identities].filter(([identity, { definition }]) => wanted(identity, definition));
  return known.map(([identity, { definition, receiverClass }]) => ({
    identity,
    plan: planOf(runtime, definition, receiverOn(definition, receiverClass)),
  }));
}

/** Something that has this class's methods, as an instance has. */
function receiverOn({ subject }: Definition, owner: unknown): unknown {
  if (subject.isStatic || typeof owner !== 'function') return owner;
  return Object.create((owner as { readonly prototype: object | null }).prototype);
}

function planOf(runtime: Runtime, task: Definition, receiver: unknown): Plan {
  return frameFor(task, runtime, undefined, receiver, [], {}).plan;
}

/** Whether a task's states can be told from others'. */
function checkWhole({ settings, where: task }: Plan, where: string): void {
  const fault = { where, option: 'task' };
  if (settings.keyFn === undefined) {
    const remedy = 'Give it a cacheKeyFn or a cachePolicy.';
    throw new InvalidOptionsError({ ...fault, problem: `names ${task}, which has no key: nothing is stored`, remedy });
  }
  if (settings.shared) {
    const problem = `names ${task}, which shares its states with other tasks (cacheKeyScope: 'shared')`;
    throw new InvalidOptionsError({ ...fault, problem, remedy: 'Give their key, { key }, or their tags.' });
  }
}

function keysOf(runtime: Runtime, tasks: readonly TaskHere[], key: string, where: string): StoreKey[] {
  if (tasks.length === 0) {
    const problem = 'names what was not called in this pond: its version is not known';
    const remedy = 'Give the method itself, or leave out `key` to forget all its states.';
    throw new InvalidOptionsError({ where, option: 'task', problem, remedy });
  }
  const keys = tasks.map(({ identity, plan }) => {
    const { settings, where: name } = plan;
    if (!settings.shared) checkWhole(plan, where);
    const more = settings.instanceKey !== undefined ? 'instanceKey' : settings.varyBy.length > 0 ? 'varyBy' : undefined;
    if (more !== undefined) {
      const problem = `is not all of a key of ${name}, which has ${more} too`;
      const remedy = 'Call invalidate(service).method(…) where a call would be made.';
      throw new InvalidOptionsError({ where, option: 'key', problem, remedy });
    }
    const scope = settings.shared ? plan.keyring.scope : new KeyScope(identity, settings.version, runtime.namespace);
    return new StoreKey(scope, key);
  });
  return [...new Map(keys.map((one) => [one.scope.text, one])).values()];
}

/** The key in the scope that tasks share, under no version and under each that a task of this pond has. */
function sharedKeys(runtime: Runtime, key: string): StoreKey[] {
  const { keyrings, namespace } = runtime;
  tasksWhere(runtime, () => true); // the plan of each task has its keyring there
  const scopes = new Map<string, KeyScope>();
  const plain = new KeyScope('', undefined, namespace);
  scopes.set(plain.text, plain);
  for (const { scope } of keyrings) {
    if (scope.identity === '' && scope.namespace === namespace) scopes.set(scope.text, scope);
  }
  return [...scopes.values()].map((scope) => new StoreKey(scope, key));
}

/** Done at once where the stores are synchronous; told by a promise all the same. */
function promised(act: () => MaybePromise<void>): Promise<void> {
  try {
    return Promise.resolve(act());
  } catch (error) {
    if (error instanceof InvalidOptionsError) throw error;
    return Promise.reject(error);
  }
}
