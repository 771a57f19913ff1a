import 'reflect-metadata';
import '../base/symbol-metadata.js';
import { types } from 'node:util';
import { InvalidOptionsError } from '../base/errors.js';
import { type AnyFunction, placeName, type Subject } from '../definitions/definition.js';
import { definitionOf } from '../definitions/registry.js';

type LegacyArguments = readonly [target: object, key: string | symbol, descriptor: PropertyDescriptor | undefined];
type StandardArguments = readonly [value: unknown, context: ClassMethodDecoratorContext];

/** Makes what stands in for a method. */
export type Wrap = (subject: Subject, calledFrom: AnyFunction) => AnyFunction;

/**
 * A method decorator for both dialects: TypeScript's `experimentalDecorators`, which NestJS needs, and the standard one. The
 * only place that knows there are two.
 */
export function methodDecorator(name: string, wrap: Wrap): (...given: LegacyArguments | StandardArguments) => unknown {
  return function decorate(...given) {
    return isStandard(given)
      ? standard(name, wrap, given, decorate as unknown as AnyFunction)
      : legacy(name, wrap, given as LegacyArguments, decorate as unknown as AnyFunction);
  };
}

/** Whether these arguments are a decorator's: `@Task` was written without its parentheses. */
export function isUncalled(given: readonly unknown[]): boolean {
  if (isStandard(given)) return true;
  const [, key, third] = given;
  const isPlace =
    third === undefined || typeof third === 'number' || Object.hasOwn(Object(third) as object, 'configurable');
  return given.length === 3 && (typeof key === 'string' || typeof key === 'symbol') && isPlace;
}

function isStandard(given: readonly unknown[]): given is StandardArguments {
  const context = given[1];
  return typeof context === 'object' && context !== null && typeof (context as { kind?: unknown }).kind === 'string';
}

function standard(name: string, wrap: Wrap, [value, context]: StandardArguments, calledFrom: AnyFunction): AnyFunction {
  const key = context.name;
  if (context.kind !== 'method') throw misplaced(name, String(key), placeOf(context.kind));
  if (context.private) throw misplaced(name, String(key), 'a #private method, which no verb could reach');
  const subject: Subject = { fn: value as AnyFunction, key, isStatic: context.static, classMetadata: context.metadata };
  const wrapper = wrapped(name, wrap, subject, calledFrom);
  const definition = definitionOf(wrapper);
  if (definition !== undefined) {
    context.addInitializer(function noteClass(this: unknown) {
      if (definition.seenClass === undefined) definition.sawReceiver(this);
    });
  }
  return wrapper;
}

function legacy(
  name: string,
  wrap: Wrap,
  [target, key, descriptor]: LegacyArguments,
  calledFrom: AnyFunction,
): PropertyDescriptor {
  const isStatic = typeof target === 'function';
  const fn: unknown = descriptor?.value;
  const returnType: unknown = key === undefined ? undefined : Reflect.getOwnMetadata('design:returntype', target, key);
  const subject = { fn: fn as AnyFunction, key: key ?? 'constructor', isStatic, declaringClass: target, returnType };
  if (typeof descriptor !== 'object') throw misplaced(name, placeName(subject), notAMethod(key, descriptor));
  if (typeof fn !== 'function') throw misplaced(name, placeName(subject), 'a getter or setter');
  return { ...descriptor, value: wrapped(name, wrap, subject, calledFrom) };
}

function wrapped(name: string, wrap: Wrap, subject: Subject, calledFrom: AnyFunction): AnyFunction {
  if (types.isGeneratorFunction(subject.fn)) throw misplaced(name, placeName(subject), GENERATOR);
  const wrapper = wrap(subject, calledFrom);
  keepFace(subject.fn, wrapper);
  return wrapper;
}

function placeOf(kind: string): string {
  return kind === 'accessor' ? 'an accessor' : `a ${kind}`;
}

/** What a decorator without a descriptor stands on: a parameter's has its position in that place. */
function notAMethod(key: unknown, position: unknown): string {
  if (typeof position === 'number') return 'a parameter';
  return key === undefined ? 'a class' : 'a field';
}

export const GENERATOR = 'a generator, whose values come one by one';

function misplaced(name: string, where: string, what: string): InvalidOptionsError {
  return new InvalidOptionsError({
    where,
    problem: `@${name} stands on ${what}`,
    remedy: `@${name} belongs on a method.`,
  });
}

/** Gives a wrapper the name, length, own properties and Reflect metadata of what it wraps: other decorators read them. */
export function keepFace(fn: AnyFunction, wrapper: AnyFunction): void {
  for (const key of Reflect.ownKeys(fn)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue;
    const property = Object.getOwnPropertyDescriptor(fn, key);
    if (property !== undefined) Object.defineProperty(wrapper, key, property);
  }
  for (const key of Reflect.getOwnMetadataKeys(fn) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, fn), wrapper);
  }
}
