import { Observable, type Subscription } from 'rxjs';
import { CancelledError } from '../base/errors.js';
import { flow } from '../decorators/flow.js';
import type { Definition } from '../definitions/definition.js';
import { definitionOf } from '../definitions/registry.js';
import { call } from '../engine/call.js';
import { Cancellation } from '../runs/cancellation.js';
import type { FlowFrame } from '../runs/flow-frame.js';
import { currentScope, runInScope } from '../runs/frame.js';
import type { RunValues } from '../runs/run-values.js';
import type { Runtime } from '../runs/runtime.js';
import { ambientScope } from './ambient.js';

/** One request, to be carried out as a flow run. */
export interface RequestRun {
  readonly name: string;
  readonly runtime: Runtime;
  readonly values: RunValues | undefined;
  /** The handler, and the interceptors below. */
  handle(): Observable<unknown>;
  readonly begun?: ((flow: FlowFrame) => void) | undefined;
  readonly ended?: ((flow: FlowFrame) => void) | undefined;
}

/**
 * Carries a request out as a flow run: begun when the answer is asked for, ended with it. Whoever stops listening cancels it. An
 * `HttpException` below 500 is an answer, so that a page that is not there makes no failed run.
 */
export function requestFlow(run: RequestRun): Observable<unknown> {
  return new Observable((subscriber) => {
    const cancellation = Cancellation.following(currentScope()?.cancellation);
    const scope = ambientScope(run.runtime, run.values, cancellation);
    let answering: Subscription | undefined;
    let refusal: { readonly error: unknown } | undefined;
    let frame: FlowFrame | undefined;
    const body = (): Promise<void> =>
      new Promise((resolve, reject) => {
        frame = currentScope()?.flowFrame;
        if (frame !== undefined) run.begun?.(frame);
        answering = run.handle().subscribe({
          next: (value) => subscriber.next(value),
          error: (error: unknown) => {
            if (!isAnswer(error)) return reject(error);
            refusal = { error };
            resolve();
          },
          complete: resolve,
        });
      });
    let over = false;
    const end = (failed: { readonly error: unknown } | undefined): void => {
      over = true;
      if (frame !== undefined) run.ended?.(frame);
      if (failed === undefined) subscriber.complete();
      else subscriber.error(failed.error);
    };
    const definition = definitionNamed(run.name);
    const running = runInScope(scope, () =>
      call(definition, scope.runtime, scope, undefined, [body]),
    ) as Promise<unknown>;
    running.then(
      () => end(refusal),
      (error: unknown) => end({ error }),
    );
    return () => {
      if (over) return;
      answering?.unsubscribe();
      cancellation.cancel(new CancelledError(run.name, 'nobody waits for the answer any more'));
    };
  });
}

/** More routes than this are no routes: a name that holds an id is not remembered. */
const MAX_NAMES = 10_000;

const definitions = new Map<string, Definition>();

function definitionNamed(name: string): Definition {
  let definition = definitions.get(name);
  if (definition === undefined) {
    const twin = flow(async (body: () => Promise<void>) => body(), { name, parameters: [] });
    definition = definitionOf(twin) as Definition;
    if (definitions.size < MAX_NAMES) definitions.set(name, definition);
  }
  return definition;
}

/** By its method: other copies of @nestjs/common make such errors too. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || !('getStatus' in error) || typeof error.getStatus !== 'function') return false;
  const status: unknown = error.getStatus();
  return typeof status === 'number' && status < 500;
}
