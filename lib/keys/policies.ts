import { InvalidOptionsError } from '../base/errors.js';
import { hashObjects } from './hash.js';
import { allOf, inputs } from './helpers.js';
import { type AnyKeyFn, fromContextAlone, keySourceOf } from './key-function.js';

const MADE_OF = Symbol.for('flowpond.cache-policy');

/** A part of a policy: the inputs (of which some may be left out), or a key function. Equal labels are one part. */
type Part = { readonly label: string; readonly keyFn: AnyKeyFn };

/** What a policy is made of. */
interface Made {
  readonly parts: readonly Part[];
  readonly countsInputs: boolean;
  /** Names of inputs that do not count. */
  readonly omitted: readonly string[];
}

/**
 * What makes two calls identical, as Prefect's policies say it: parts that are added and taken away. Thin names over the key
 * helpers: `INPUTS.plus(RUN_ID)` is `allOf(taskInputHash, runId)`. Immutable.
 */
export class CachePolicy {
  // Not #private: a policy of the package's other build is added like one of this.
  readonly [MADE_OF]: Made;

  /** Whether a value is a policy, of whichever build of the package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MADE_OF in value;
  }

  private constructor(parts: readonly Part[], countsInputs: boolean, omitted: readonly string[]) {
    this[MADE_OF] = { parts, countsInputs, omitted };
  }

  /** A policy of one key function. */
  static fromKeyFn<P extends object>(keyFn: (context: never, parameters: P) => ReturnType<AnyKeyFn>): CachePolicy {
    if (typeof keyFn !== 'function') {
      const remedy = 'Give (context, parameters) => string.';
      throw new InvalidOptionsError({
        where: 'CachePolicy.fromKeyFn',
        value: keyFn,
        problem: 'takes a key function',
        remedy,
      });
    }
    return new CachePolicy([{ label: '', keyFn: keyFn as unknown as AnyKeyFn }], false, []);
  }

  /** @internal */
  static ofInputs(): CachePolicy {
    return new CachePolicy([], true, []);
  }

  /** @internal */
  static named(label: string, keyFn: AnyKeyFn): CachePolicy {
    return new CachePolicy([{ label, keyFn: fromContextAlone(keyFn) }], false, []);
  }

  /** @internal */
  static none(): CachePolicy {
    return new CachePolicy([], false, []);
  }

  /** Both must agree. `NO_CACHE` adds nothing; what either leaves out of the inputs is left out. The order does not matter. */
  plus(other: CachePolicy): CachePolicy {
    if (!(other instanceof CachePolicy)) {
      const remedy = 'Give INPUTS, RUN_ID …, or CachePolicy.fromKeyFn(fn).';
      throw new InvalidOptionsError({ where: 'CachePolicy.plus', value: other, problem: 'takes a policy', remedy });
    }
    const own = this[MADE_OF];
    const theirs = other[MADE_OF];
    const added = theirs.parts.filter(({ label }) => label === '' || !own.parts.some((part) => part.label === label));
    const omitted = [...new Set([...own.omitted, ...theirs.omitted])];
    return new CachePolicy([...own.parts, ...added], own.countsInputs || theirs.countsInputs, omitted);
  }

  /** The same without one input. Changes only policies that count the inputs. */
  minus(parameter: string): CachePolicy {
    if (typeof parameter !== 'string') {
      const remedy = "Give its name: INPUTS.minus('debug').";
      throw new InvalidOptionsError({
        where: 'CachePolicy.minus',
        value: parameter,
        problem: 'takes a parameter name',
        remedy,
      });
    }
    const { parts, countsInputs, omitted } = this[MADE_OF];
    return new CachePolicy(parts, countsInputs, [...new Set([...omitted, parameter])]);
  }

  /** What the policy comes to; it never gives a key where the policy is `NO_CACHE`. */
  get keyFn(): AnyKeyFn {
    const { parts, countsInputs, omitted } = this[MADE_OF];
    const named = parts.filter((part) => part.label !== '').sort((a, b) => (a.label < b.label ? -1 : 1));
    const own = parts.filter((part) => part.label === '');
    const keyFns = [...named, ...own].map((part) => part.keyFn);
    if (countsInputs) keyFns.unshift(inputs(omitted.length === 0 ? {} : { omit: omitted }) as AnyKeyFn);
    const [first, ...more] = keyFns;
    if (first === undefined) return NEVER;
    return more.length === 0 ? first : allOf(...keyFns);
  }
}

const NEVER: AnyKeyFn = fromContextAlone(() => null);

/** The task's inputs. */
export const INPUTS: CachePolicy = CachePolicy.ofInputs();

/** The task's source text as the build left it: another build, even a comment, may change it. Prefer `version`. */
export const TASK_SOURCE: CachePolicy = CachePolicy.named('source', (context) =>
  hashObjects(keySourceOf(context).source()),
);

/** The flow run: another run computes anew. Outside a flow there is no key. */
export const RUN_ID: CachePolicy = CachePolicy.named('run', (context) => context.flowRunId);

/** The inputs of the flow run around the task. Outside a flow there is no key. */
export const FLOW_PARAMETERS: CachePolicy = CachePolicy.named('flow', (context) =>
  hashObjects(context.flowRun.parameters),
);

/** Same task, same inputs, same flow run. As in Prefect, but never applied unasked. */
export const DEFAULT: CachePolicy = INPUTS.plus(TASK_SOURCE).plus(RUN_ID);

/** No key: nothing is looked up or stored. Adds nothing to a sum. */
export const NO_CACHE: CachePolicy = CachePolicy.none();
