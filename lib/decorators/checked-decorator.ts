import type { Misuse } from '../base/misuse.js';
import type { AnyMethod, Check } from './option-checks.js';

/**
 * A decorator of methods, in both dialects, that checks its options against the method. The method keeps its own type. What a
 * signature answers is the verdict: anything but `void` is the compiler's complaint. The order matters: the first that fits counts.
 */
export interface CheckedDecorator<O, By extends string> {
  (
    value: AnyMethod,
    context: ClassMethodDecoratorContext & { readonly private: true },
  ): Misuse<`${By} cannot take a #private method, which nothing else could call as one; make it private`>;
  <Self extends Receiver<O>, M extends AnyMethod>(
    value: M,
    context: ClassMethodDecoratorContext<Self, M>,
  ): Check<M, O, By>;
  <Self extends Receiver<O>, M extends AnyMethod>(
    target: Self,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): Check<M, O, By>;
  <Self, M extends AnyMethod>(value: M, context: ClassMethodDecoratorContext<Self, M>): Misuse<OtherInstance<By>>;
  <M extends AnyMethod>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): Misuse<OtherInstance<By>>;
  (...elsewhere: readonly unknown[]): Misuse<`${By} belongs on a method, not on a field, accessor, parameter or class`>;
}

type OtherInstance<By extends string> = `${By}: instanceKey takes another instance than this method is called on`;

/** What `instanceKey` takes. A bound rather than a check, so that a generic class counts as what its bounds make of it. */
type Receiver<O> = O extends { readonly instanceKey: (instance: infer Self) => unknown }
  ? [Self] extends [never]
    ? unknown
    : Self
  : unknown;
