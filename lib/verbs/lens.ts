import { InvalidOptionsError, NotATaskError } from '../base/errors.js';
import { mergeOptions } from '../base/option-reader.js';
import { type Definition, plainKey } from '../definitions/definition.js';
import { parseFlowOptions } from '../definitions/flow-options.js';
import { definitionOf } from '../definitions/registry.js';
import { type ParsedTaskOptions, parseTaskOptions } from '../definitions/task-options.js';
import { type CallOptions, frameFor } from '../engine/call.js';
import { resolveRuntime } from '../pond/bindings.js';
import { defaultRuntime } from '../pond/default-pond.js';
import { currentScope, type Frame } from '../runs/frame.js';

/** One call through a verb: which task, on what, under which options. */
export class CallSite {
  constructor(
    readonly definition: Definition,
    readonly receiver: unknown,
    readonly options: Overrides,
  ) {}

  /** The call's frame, in the scope of whoever calls. */
  frame(args: readonly unknown[], more: Partial<CallOptions> = {}): Frame {
    const scope = currentScope();
    const runtime = resolveRuntime(this.receiver, scope, defaultRuntime);
    return frameFor(this.definition, runtime, scope, this.receiver, args, {
      ...this.options.forRole(this.definition),
      ...more,
    });
  }

  /** A frame that is only asked for its key: no run of the flow around it. */
  uncountedFrame(args: readonly unknown[]): Frame {
    const frame = this.frame(args);
    if (frame.kind === 'task') frame.flowFrame?.uncountRun();
    return frame;
  }
}

/** What `withOptions` was given, its signal checked already. */
export type OverridesGiven = Readonly<Record<string, unknown>> & { readonly signal?: AbortSignal | undefined };

/** Options of calls made through a view, as given; read when the first method tells whether it is a task or a flow. */
export class Overrides {
  readonly #given: OverridesGiven;
  readonly #parsed = new Map<'task' | 'flow', CallOptions>();

  constructor(given: OverridesGiven) {
    this.#given = given;
  }

  static readonly none = new Overrides(mergeOptions<OverridesGiven>({}));

  with(given: OverridesGiven): Overrides {
    return new Overrides(mergeOptions(this.#given, given));
  }

  forRole(definition: Definition): CallOptions {
    let options = this.#parsed.get(definition.role);
    if (options === undefined) {
      const { signal, ...given } = this.#given;
      options = { overrides: this.#parse(definition, given), signal };
      this.#parsed.set(definition.role, options);
    }
    return options;
  }

  #parse(definition: Definition, given: object): ParsedTaskOptions | undefined {
    const names = Object.keys(given);
    if (names.length === 0) return undefined;
    const where = `withOptions(${definition.where})`;
    for (const option of OF_THE_TASK_ITSELF) {
      if (!names.includes(option)) continue;
      throw new InvalidOptionsError({
        where,
        option,
        problem: 'belongs to the task, not to a call',
        remedy: 'Give it at decoration.',
      });
    }
    return definition.role === 'task' ? parseTaskOptions(given, where) : parseFlowOptions(given, where);
  }
}

const OF_THE_TASK_ITSELF = ['name', 'identity', 'parameters', 'async'];

/** What a verb does with one call. */
export type Act = (site: CallSite, args: readonly unknown[]) => unknown;

interface View {
  readonly target: object;
  readonly method: ((...args: never[]) => unknown) | undefined;
  readonly overrides: Overrides;
}

/** Views that other verbs look through. */
const views = new WeakMap<object, View>();

/**
 * A verb over a service: `verb(service).method(args)`, `verb(Class).staticMethod(args)`, `verb(taskFunction)(args)`, and for private and
 * generic methods `verb(this, this.method)(args)`. Verbs look through the views of `withOptions`.
 */
export function lens(verb: string, act: Act, overrides?: OverridesGiven) {
  return (target: unknown, ...methods: readonly unknown[]): unknown => {
    if ((typeof target !== 'object' && typeof target !== 'function') || target === null)
      throw new NotATaskError(verb, String(target));
    const seen = views.get(target) ?? { target, method: undefined, overrides: Overrides.none };
    const options = overrides === undefined ? seen.overrides : seen.overrides.with(overrides);
    const base = seen.target;
    const [method] = methods;
    const one = methods.length === 0 ? (seen.method ?? functionTask(base)) : method;
    const whole = one === undefined && methods.length === 0;
    const view = whole ? viewOf(verb, base, options, act) : oneTask(verb, base, one, options, act);
    if (overrides !== undefined) {
      views.set(view, { target: base, method: one as View['method'], overrides: options });
    }
    return view;
  };
}

/** A function twin, or a decorated method on its own. */
function functionTask(target: object): unknown {
  return definitionOf(target) === undefined ? undefined : target;
}

function oneTask(verb: string, receiver: object, method: unknown, options: Overrides, act: Act): object {
  const definition = definitionOf(views.get(method as object)?.method ?? method);
  if (definition === undefined)
    throw new NotATaskError(verb, typeof method === 'function' ? method.name || 'the function' : String(method));
  const self = receiver === method ? undefined : receiver;
  return (...args: readonly unknown[]) => act(new CallSite(definition, self, options), args);
}

/** The service seen through a verb: each method as a task. One that is not decorated is refused when called. */
function viewOf(verb: string, target: object, options: Overrides, act: Act): object {
  return new Proxy(Object.create(null) as object, {
    get(_, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return undefined;
      const definition = definitionOf(method);
      if (definition === undefined) return () => refuse(verb, target, key);
      return (...args: readonly unknown[]) => act(new CallSite(definition, target, options), args);
    },
    has: (_, key) => Reflect.has(target, key),
  });
}

function refuse(verb: string, target: object, key: string | symbol): never {
  const owner =
    typeof target === 'function' ? target.name : (target.constructor as { name?: string } | undefined)?.name;
  throw new NotATaskError(verb, `${owner === undefined || owner === '' ? '' : `${owner}.`}${plainKey(key)}`);
}
