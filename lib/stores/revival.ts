import 'reflect-metadata';
import { instanceToPlain, plainToInstance } from 'class-transformer';
import { FlowpondError, InvalidOptionsError, messageOf, RevivalError, UnhashableError } from '../base/errors.js';
import { encodeValue } from '../keys/encode.js';
import { sha256 } from '../keys/hash.js';
import { Refusal } from './codec/refusal.js';
import { decodeData, encodeData } from './codec.js';
import { Plain } from './plain.js';
import { carry } from './revival/carry.js';
import { classNameOf, type Difference, differenceOf, kindOf } from './revival/difference.js';
import { Undecodable } from './undecodable.js';

/**
 * Class instances in persistent stores: `returns: () => Report` names the class in code, class-transformer brings it back, its
 * nested classes as @Type declares them. No class is ever found by a name in data. To be imported by what needs a persistent
 * store alone: it loads class-transformer.
 */

type Class = new (...args: never[]) => object;

/** The class of a task's results, or of the elements of an array: `() => Report`, `() => [Report]`. */
export type Returns = () => Class | readonly [Class];

/** A value that came back, or why it did not. */
export type Revived = { readonly value: unknown } | Undecodable;

/**
 * What is stored instead of the value, after trying that it comes back the same.
 * @throws RevivalError if it would not
 * @throws UnstorableError naming the path to what no store can keep
 */
export function toPlain(value: unknown, returns: Returns): Plain {
  const Class = classOf(returns);
  try {
    const data = carry(value, instanceToPlain);
    const seal = sealOf(value, Class);
    const after = bringBack(decodeData(encodeData(data)), Class);
    // Looked at twice, for a key may see less than all of an instance (toCacheKey).
    const difference = differenceOf(value, after);
    if (difference === undefined && sealOf(after, Class) === seal) return new Plain(seal, data);
    throw unlike(difference, Class);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown.toError();
    if (thrown instanceof FlowpondError && !(thrown instanceof UnhashableError)) throw thrown;
    throw failed(thrown, Class);
  }
}

/** The value of what {@link toPlain} made; uses up its data. Undecodable if the class is another than it was. Never throws. */
export function revive(plain: unknown, returns: Returns): Revived {
  if (!Plain.is(plain)) return new Undecodable('it was stored without `returns`');
  try {
    const Class = classOf(returns);
    const value = bringBack(plain.data, Class);
    return sealOf(value, Class) === plain.seal
      ? { value }
      : new Undecodable(`${Class.name} is not what it was when this was stored`);
  } catch (thrown) {
    const cause = thrown instanceof Refusal ? thrown.toError() : thrown;
    return new Undecodable(`it cannot be revived: ${messageOf(cause)}`);
  }
}

function classOf(returns: Returns): Class {
  const given: unknown = returns();
  const asked: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (typeof asked === 'function' && typeof asked.prototype === 'object') return asked as Class;
  throw new InvalidOptionsError({
    where: 'a task',
    option: 'returns',
    value: asked,
    problem: 'must give a class or an array of one',
    remedy: 'Write returns: () => Report, or returns: () => [Report].',
  });
}

function bringBack(data: unknown, Class: Class): unknown {
  return carry(data, (copy) => plainToInstance(Class as new () => object, copy));
}

/**
 * Stands for the class and all that a value consists of, names of nested classes included: what comes back under another seal
 * is of a class that has changed.
 */
function sealOf(value: unknown, Class: Class): string {
  return sha256(`${fieldsOf(Class)} ${encodeValue(value)}`).slice(0, 32);
}

const fields = new WeakMap<Class, string>();

/** The class's name and the fields that it gives to a new instance. */
function fieldsOf(Class: Class): string {
  let text = fields.get(Class);
  if (text === undefined) {
    let names: readonly string[] = [];
    try {
      names = Object.keys(new Class()).sort();
    } catch {
      // class-transformer meets the same, if it has an instance to make
    }
    text = `${Class.name}(${names.join()})`;
    fields.set(Class, text);
  }
  return text;
}

function unlike(difference: Difference | undefined, { name }: Class): RevivalError {
  const { path, before, after, declaredBy } = difference ?? { path: '', before: '', after: '', declaredBy: undefined };
  const lost = classNameOf(before);
  const [was, is] = [kindOf(before), kindOf(after)];
  if (path === '' && was !== is) {
    return new RevivalError(name, '', `it is ${was}`, `Return a ${name}, or leave \`returns\` out.`);
  }
  if (after === undefined) {
    const remedy = 'Take its @Exclude away, or leave `returns` out.';
    return new RevivalError(name, path, 'class-transformer leaves it out', remedy);
  }
  const problem = `it is ${was} and would come back as ${was === is ? 'another' : is}`;
  if (lost === undefined || lost === classNameOf(after) || declaredBy === undefined) {
    const remedy = 'Look for a @Transform, or a constructor or setter that changes it.';
    return new RevivalError(name, path, problem, remedy);
  }
  const { className, field } = declaredBy;
  const remedy = `Declare its class with @Type(() => ${lost}), or Type(() => ${lost})(${className}.prototype, '${field}') in standard decorators.`;
  return new RevivalError(name, path, problem, remedy);
}

function failed(cause: unknown, Class: Class): RevivalError {
  if (cause instanceof UnhashableError) {
    const problem = 'it cannot be compared with what would come back';
    return new RevivalError(Class.name, cause.path, problem, 'See the cause.', { cause });
  }
  const remedy = 'Its constructor must work without arguments, and its @Transform with what is stored.';
  return new RevivalError(Class.name, '', `class-transformer failed with "${messageOf(cause)}"`, remedy, { cause });
}
