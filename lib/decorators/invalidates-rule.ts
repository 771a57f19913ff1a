import { InvalidOptionsError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { readOptions, text } from '../base/option-reader.js';
import type { AfterSuccess, Success } from '../definitions/after-success.js';
import { type Definition, placeName, type Subject } from '../definitions/definition.js';
import { definitionOf } from '../definitions/registry.js';
import { resolveRuntime } from '../pond/bindings.js';
import { defaultRuntime } from '../pond/default-pond.js';
import { invalidateMethod, invalidateTags, invalidateTask } from '../pond/invalidation.js';
import { tagList, taskFunction } from '../pond/invalidation-target.js';
import { currentScope } from '../runs/frame.js';
import type { Runtime } from '../runs/runtime.js';
import { isUncalled } from './dialect.js';

type Callback = (service: unknown, parameters: object, result: unknown) => unknown;
type TagsOf = (parameters: object, result: unknown) => unknown;

/** What `@Invalidates` was given, read and checked. */
export type ParsedRule =
  | { readonly callback: Callback }
  | {
      readonly tags: readonly string[] | TagsOf | undefined;
      /** A method's name, or the task itself. */
      readonly task: string | Definition | undefined;
    };

const WHERE = '@Invalidates';
const REMEDY =
  "Give (service, parameters, result) => invalidate(service).get(parameters.id), { tags } or { task: 'get' }.";

const schema = {
  tags: (value: unknown, where: string, option: string) =>
    typeof value === 'function' ? (value as TagsOf) : tagList(value, where, option),
  task: (value: unknown, where: string, option: string) =>
    typeof value === 'string' ? text(value, where, option) : taskFunction(value, where, option),
};

/** Reads what `@Invalidates` was given. */
export function parseRule(given: readonly unknown[]): ParsedRule {
  if (isUncalled(given)) {
    throw new InvalidOptionsError({ where: WHERE, problem: 'is written without parentheses', remedy: REMEDY });
  }
  const [first] = given;
  if (given.length !== 1 || first === undefined) {
    throw new InvalidOptionsError({ where: WHERE, problem: 'takes one argument', remedy: REMEDY });
  }
  if (typeof first === 'function') {
    if (definitionOf(first) === undefined) return { callback: first as Callback };
    const remedy = 'Write @Invalidates({ task: … }).';
    throw new InvalidOptionsError({ where: WHERE, value: first, problem: 'was given a task for a callback', remedy });
  }
  const { tags, task } = readOptions(schema, first, WHERE, REMEDY);
  if (tags === undefined && task === undefined) {
    throw new InvalidOptionsError({ where: WHERE, problem: 'is not told what to forget', remedy: REMEDY });
  }
  return { tags, task };
}

/** What is to be done for one method; each part may fail by itself. */
export function rulesOf(parsed: ParsedRule, subject: Subject): readonly AfterSuccess[] {
  if ('callback' in parsed) return [new CallbackRule(parsed.callback)];
  const { tags, task } = parsed;
  return [
    ...(tags === undefined ? [] : [new TagRule(tags, subject)]),
    ...(typeof task === 'string' ? [new MethodRule(task, subject)] : []),
    ...(typeof task === 'object' ? [new TaskRule(task, subject)] : []),
  ];
}

class CallbackRule implements AfterSuccess {
  constructor(readonly callback: Callback) {}

  check(): void {}

  act({ receiver, parameters, result }: Success): unknown {
    return this.callback(receiver, parameters, result);
  }
}

class TagRule implements AfterSuccess {
  constructor(
    readonly tags: readonly string[] | TagsOf,
    readonly subject: Subject,
  ) {}

  check(): void {}

  act({ receiver, parameters, result }: Success): MaybePromise<void> {
    const { tags } = this;
    const made = typeof tags === 'function' ? tags(parameters, result) : tags;
    if (Array.isArray(made) && made.length === 0) return;
    const by = askedBy(this.subject, receiver);
    return invalidateTags(runtimeOf(receiver), tagList(made, by, 'tags'), by);
  }
}

class TaskRule implements AfterSuccess {
  constructor(
    readonly task: Definition,
    readonly subject: Subject,
  ) {}

  check(): void {}

  act({ receiver }: Success): MaybePromise<void> {
    return invalidateTask(runtimeOf(receiver), this.task, askedBy(this.subject, receiver));
  }
}

/** A method of the receiver, by its name. */
class MethodRule implements AfterSuccess {
  constructor(
    readonly task: string,
    readonly subject: Subject,
  ) {}

  check(receiver: unknown): void {
    this.#find(receiver);
  }

  act({ receiver }: Success): MaybePromise<void> {
    const task = this.#find(receiver);
    return invalidateMethod(runtimeOf(receiver), task, this.#owner(receiver), askedBy(this.subject, receiver));
  }

  /** A method that is called without a receiver means its own class's tasks, where that is known. */
  #owner(receiver: unknown): unknown {
    return receiver ?? this.subject.declaringClass;
  }

  #find(receiver: unknown): Definition {
    const owner = this.#owner(receiver);
    const method: unknown = owner === undefined ? undefined : Reflect.get(Object(owner) as object, this.task);
    const definition = definitionOf(method);
    if (definition !== undefined) return definition;
    const problem =
      typeof method === 'function' ? 'names a method that is no task' : 'names no method of what it is called on';
    const remedy = 'Name a method of this class that has @Task() or @Flow(), or give the task itself.';
    const where = askedBy(this.subject, receiver);
    throw new InvalidOptionsError({ where, option: 'task', value: this.task, problem, remedy });
  }
}

function runtimeOf(receiver: unknown): Runtime {
  return resolveRuntime(receiver, currentScope(), defaultRuntime);
}

function askedBy(subject: Subject, receiver: unknown): string {
  return `${WHERE} on ${placeAt(subject, receiver)}`;
}

/** `Pricing.update`; the standard dialect decorates before there is a class, so the receiver's is named. */
export function placeAt(subject: Subject, receiver: unknown): string {
  if (subject.declaringClass !== undefined || receiver === undefined || receiver === null) return placeName(subject);
  try {
    return placeName(subject, (subject.isStatic ? receiver : receiver.constructor) as object);
  } catch {
    return placeName(subject); // a Proxy or getter of the user's
  }
}
