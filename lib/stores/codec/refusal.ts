import { FlowpondError, messageOf } from '../../base/errors.js';
import { Fault } from '../../keys/fault.js';

const REMEDY = 'Return plain data, or name its class with `returns`.';

/** A value cannot be written to a persistent store. Names the path to what is in the way. */
export class UnstorableError extends FlowpondError {
  static override readonly code = 'FLOWPOND_UNSTORABLE';
  /** Where it stands in the value, such as `.orders[3].client`. Empty: the value itself. */
  readonly path: string;

  constructor(path: string, why: string, remedy: string = REMEDY, options?: ErrorOptions) {
    super(`cannot store ${path === '' ? 'the value' : path}: ${why}. ${remedy}`, options);
    this.path = path;
  }
}

/** Why a value cannot be written, on its way up; the path is put together while the writer unwinds. */
export class Refusal {
  private readonly segments: string[] = [];

  constructor(
    private readonly why: string,
    private readonly remedy?: string,
    private readonly cause?: unknown,
  ) {}

  /** The refusal that was thrown, or one made of what a getter or a proxy threw; stands under `segment`. */
  static under(segment: string, thrown: unknown): Refusal {
    const refusal = Refusal.from(thrown);
    refusal.segments.push(segment);
    return refusal;
  }

  static from(thrown: unknown): Refusal {
    if (thrown instanceof Refusal) return thrown;
    if (thrown instanceof Fault) return new Refusal(thrown.why);
    const message = messageOf(thrown);
    return message.includes('Maximum call stack')
      ? new Refusal('it is nested too deep for the stack that is left', undefined, thrown)
      : new Refusal(`reading it threw "${message}"`, undefined, thrown);
  }

  static ofLimit(what: string, limit: number): Refusal {
    return new Refusal(`it has more than ${limit.toLocaleString('en')} ${what}`, 'Return less, or where to find it.');
  }

  static ofInstance(name: string): Refusal {
    return name === ''
      ? new Refusal('it is an instance of a class without a name', 'Return plain data.')
      : new Refusal(`it is an instance of ${name}`, `Return plain data, or name the class: returns: () => ${name}.`);
  }

  /** Of a built-in to which somebody added fields. */
  static ofFields(what: string): Refusal {
    return new Refusal(`fields were added to the ${what}`, 'Return them beside it.');
  }

  static ofTrap(what: string): Refusal {
    return new Refusal(
      `it has ${what}, by which data can change what all objects share`,
      'Return it under another name.',
    );
  }

  toError(): UnstorableError {
    const all = this.segments.reverse();
    const path =
      all.length <= SHOWN
        ? all.join('')
        : `${all.slice(0, 12).join('')} …${all.length - SHOWN} more… ${all.slice(-4).join('')}`;
    return new UnstorableError(path, this.why, this.remedy, this.cause === undefined ? {} : { cause: this.cause });
  }
}

const SHOWN = 16;
